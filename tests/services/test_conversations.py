"""Opening conversations, listing them, and who is in."""

import asyncio

import pytest

from parley.journal.sequencer import Sequencer
from parley.model.errors import (
    ChatError,
    ClientIdReused,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
)
from parley.model.ids import UserId, created_id, direct_id
from parley.ports.log import Record
from parley.services.conversations import NewGroup
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


async def test_a_pair_has_exactly_one_direct_conversation_under_a_race_too(chat: Chat) -> None:
    pairs = [(ANN, BEN), (BEN, ANN)] * 5
    opened = await asyncio.gather(*(chat.conversations.open_direct(a, b) for a, b in pairs))
    assert {one.conversation_id for one in opened} == {direct_id(ANN, BEN)}
    log = chat.world.log.disk.log(direct_id(ANN, BEN))
    assert [record.entry.type for record in log] == ["conversation.created"]


async def test_a_direct_conversation_shows_its_people(chat: Chat) -> None:
    opened = await chat.conversations.open_direct(BEN, ANN)
    assert (opened.kind, opened.user_ids, opened.member_count) == ("direct", (ANN, BEN), 2)


async def test_nobody_opens_a_conversation_with_nobody(chat: Chat) -> None:
    with pytest.raises(NotFound):
        await chat.conversations.open_direct(ANN, UserId("nobody"))


async def test_a_group_has_its_creator_as_owner_and_its_first_members(chat: Chat) -> None:
    where = await chat.group(BEN, ANN, name="Home")
    page = await chat.conversations.members(BEN, where)
    assert {(member.user_id, member.role) for member in page.items} == {
        (ANN, "owner"),
        (BEN, "member"),
    }
    assert (await chat.conversations.get(BEN, where)).name == "Home"


async def test_a_group_made_twice_under_one_client_id_is_one(chat: Chat) -> None:
    group = NewGroup(name="Home", members=[BEN], client_id="x")
    first = await chat.conversations.create_group(ANN, group)
    again = await chat.conversations.create_group(ANN, group)
    assert first.entry is not None
    assert first.entry.conversation_id == created_id(ANN, "x")
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_another_group_under_the_same_client_id_is_refused(chat: Chat) -> None:
    await chat.conversations.create_group(ANN, NewGroup(name="Home", client_id="x"))
    with pytest.raises(ClientIdReused):
        await chat.conversations.create_group(ANN, NewGroup(name="Away", client_id="x"))


@pytest.mark.parametrize(
    ("group", "error"),
    [
        (NewGroup(name=" "), Invalid),
        (NewGroup(name="x" * 201), TooLarge),
        (NewGroup(name="Home", members=[UserId("nobody")]), NotFound),
        (NewGroup(name="Home", members=[UserId(f"u{n}") for n in range(3)]), TooLarge),
        (NewGroup(name="Home", data={"k": "x" * 5_000}), TooLarge),
    ],
)
async def test_a_group_that_cannot_be_is_refused(
    chat: Chat, group: NewGroup, error: type[ChatError]
) -> None:
    with pytest.raises(error):
        await chat.conversations.create_group(ANN, group)


async def test_my_list_has_the_latest_activity_first(chat: Chat) -> None:
    first = await chat.group(BEN, name="first")
    second = await chat.group(name="second")
    third = await chat.conversations.open_direct(ANN, CAT)
    await chat.say(ANN, first, "newest")
    page = await chat.conversations.mine(ANN)
    assert [item.conversation_id for item in page.items] == [first, third.conversation_id, second]
    last = page.items[0].last_message
    assert last is not None
    assert (last.body, page.items[0].head) == ("newest", 2)


async def test_my_list_comes_in_pages_and_by_kind(chat: Chat) -> None:
    groups = [await chat.group(name=f"g{n}") for n in range(3)]
    await chat.conversations.open_direct(ANN, BEN)
    page = await chat.conversations.mine(ANN, kind="group", limit=2)
    rest = await chat.conversations.mine(ANN, kind="group", limit=2, before=page.next)
    assert [item.conversation_id for item in page.items + rest.items] == groups[::-1]
    assert rest.next is None


async def test_what_a_list_says_of_a_conversation_is_of_one_moment(chat: Chat) -> None:
    """Clients count what comes behind its head, so it may neither lack nor hold more than what is before."""
    home = await chat.group(BEN)
    await chat.say(ANN, home, "one")

    async def meanwhile(kept: object, name: str) -> None:
        """Somebody says something right before this is read, once, and right after it."""
        read, before, after = getattr(kept, name), ["two"], ["three"]

        async def reading(*given: object, **named: object) -> object:
            await chat.say(ANN, home, *before)
            before.clear()
            found = await read(*given, **named)
            await chat.say(ANN, home, *after)
            after.clear()
            return found

        setattr(kept, name, reading)

    for kept, name in (
        (chat.conversations._marks, "standings"),
        (chat.conversations._views, "listed"),
    ):
        await meanwhile(kept, name)
        (item,) = (await chat.conversations.mine(BEN)).items
        assert item.unread == item.messages
        assert item.last_message is not None
        assert item.last_message.seq == item.head


async def test_a_list_shows_the_last_message_as_it_was_at_its_head(chat: Chat) -> None:
    """The edit is pushed before the list is there, and clients leave out what is not behind its head."""
    home = await chat.group(BEN)
    await chat.say(ANN, home, "one")
    listed, edits = chat.conversations._views.listed, ["two"]

    async def then_edited(*given: object, **named: object) -> object:
        found = await listed(*given, **named)
        for body in edits:
            edits.clear()
            await chat.messages.edit(ANN, home, 2, body)
        return found

    chat.conversations._views.listed = then_edited
    (item,) = (await chat.conversations.mine(BEN)).items
    assert item.last_message is not None
    assert (item.last_message.body, item.head) == ("two", 3)


async def test_a_list_counts_nothing_as_unread_that_is_behind_its_head(chat: Chat) -> None:
    """The store has an entry before the journal hears of it."""
    home = await chat.group(BEN)
    learn = Sequencer._learn
    on_its_way: list[tuple[Sequencer, list[Record]]] = []
    in_the_store = asyncio.Event()
    standings = chat.conversations._marks.standings

    async def then_heard(*asked: object) -> object:
        Sequencer._learn = lambda *heard: in_the_store.set() or on_its_way.append(heard)
        chat.world.send(ANN, "in the store", where=home)
        await in_the_store.wait()
        Sequencer._learn = learn
        chat.conversations._marks.standings = standings
        found = await standings(*asked)
        asyncio.get_running_loop().call_soon(learn, *on_its_way[0])
        return found

    chat.conversations._marks.standings = then_heard
    (item,) = (await chat.conversations.mine(BEN)).items
    assert item.unread == item.messages


async def test_others_do_not_list_my_groups(chat: Chat) -> None:
    await chat.group(BEN)
    assert (await chat.conversations.mine(CAT)).items == []


async def test_who_is_added_is_in_and_who_was_removed_is_not(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.conversations.add(BEN, where, CAT)
    await chat.conversations.remove(ANN, where, BEN)
    page = await chat.conversations.members(CAT, where)
    assert [member.user_id for member in page.items] == [ANN, CAT]
    with pytest.raises(NotFound):
        await chat.conversations.get(BEN, where)


async def test_adding_or_removing_twice_changes_nothing(chat: Chat) -> None:
    where = await chat.group(BEN)
    assert (await chat.conversations.add(ANN, where, BEN)).entry is None
    await chat.conversations.remove(ANN, where, BEN)
    assert (await chat.conversations.remove(ANN, where, BEN)).entry is None


async def test_an_outsider_can_neither_add_nor_remove(chat: Chat) -> None:
    where = await chat.group(BEN)
    with pytest.raises(NotFound):
        await chat.conversations.add(CAT, where, CAT)
    with pytest.raises(NotFound):
        await chat.conversations.remove(CAT, where, BEN)


async def test_a_member_cannot_remove_another(chat: Chat) -> None:
    where = await chat.group(BEN, CAT)
    with pytest.raises(Forbidden):
        await chat.conversations.remove(BEN, where, CAT)


async def test_nobody_who_does_not_exist_is_added(chat: Chat) -> None:
    where = await chat.group(BEN)
    with pytest.raises(NotFound):
        await chat.conversations.add(ANN, where, UserId("nobody"))


async def test_a_group_takes_so_many_members_and_no_more(chat: Chat) -> None:
    chat.conversations._most_group_members = 2
    where = await chat.group(BEN)
    with pytest.raises(Conflict):
        await chat.conversations.add(ANN, where, CAT)


async def test_the_owner_leaving_passes_ownership_on(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.conversations.remove(ANN, where, ANN)
    assert (await chat.conversations.get(BEN, where)).role == "owner"


async def test_the_last_one_leaving_ends_a_group(chat: Chat) -> None:
    where = await chat.group()
    await chat.conversations.remove(ANN, where, ANN)
    with pytest.raises(NotFound):
        await chat.conversations.get(ANN, where)
    assert (await chat.conversations.mine(ANN)).items == []


async def test_members_come_in_pages_longest_in_first(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.conversations.add(ANN, where, CAT)
    page = await chat.conversations.members(ANN, where, limit=2)
    rest = await chat.conversations.members(ANN, where, limit=2, after=page.next or "")
    assert [member.user_id for member in page.items + rest.items] == [ANN, BEN, CAT]
    assert rest.next is None
