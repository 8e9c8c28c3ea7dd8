"""Making, finding and joining rooms."""

import asyncio

import pytest

from parley.model.entries import Changes
from parley.model.errors import (
    ChatError,
    ClientIdReused,
    Conflict,
    Invalid,
    NameTaken,
    NotAMember,
    NotFound,
    TooLarge,
)
from parley.model.ids import ConversationId, created_id
from parley.services.conversations import NewGroup
from parley.services.rooms import NewRoom
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


async def names(chat: Chat, query: str = "") -> list[str]:
    return [room.name for room in (await chat.rooms.directory(query=query, limit=9)).items]


async def test_who_makes_a_room_owns_it(chat: Chat) -> None:
    made = await chat.rooms.create(ANN, NewRoom(name="Hall", topic="tea", data={"a": 1}))
    assert made.entry is not None
    seen = await chat.conversations.get(ANN, made.entry.conversation_id)
    assert (seen.kind, seen.name, seen.topic, seen.data) == ("room", "Hall", "tea", {"a": 1})
    assert (seen.role, seen.member_count) == ("owner", 1)


@pytest.mark.parametrize("name", ["Hall", "HALL", " hall ", "Ｈａｌｌ"])
async def test_a_name_is_one_rooms_alone(chat: Chat, name: str) -> None:
    await chat.room(ANN, name="Hall")
    with pytest.raises(NameTaken):
        await chat.rooms.create(BEN, NewRoom(name=name))
    assert await names(chat) == ["Hall"]


async def test_of_many_who_want_a_name_at_once_one_gets_it(chat: Chat) -> None:
    wanted = (chat.rooms.create(user_id, NewRoom(name="Hall")) for user_id in (ANN, BEN, CAT) * 3)
    outcomes = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 8
    assert await names(chat) == ["Hall"]


async def test_groups_may_be_called_alike_and_as_a_room(chat: Chat) -> None:
    await chat.room(ANN, name="Hall")
    await chat.group(name="Hall")
    await chat.group(name="Hall")


async def test_a_room_made_twice_under_one_client_id_is_one(chat: Chat) -> None:
    room = NewRoom(name="Hall", client_id="x")
    first = await chat.rooms.create(ANN, room)
    again = await chat.rooms.create(ANN, room)
    assert first.entry is not None
    assert first.entry.conversation_id == created_id(ANN, "x")
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_a_retry_finds_its_room_even_where_another_one_has_the_name_now(chat: Chat) -> None:
    room = NewRoom(name="Hall", client_id="x")
    first = await chat.rooms.create(ANN, room)
    assert first.entry is not None
    where = first.entry.conversation_id
    chat.world.clock.advance(seconds=61)
    await chat.administration.change(ANN, where, Changes(name="Attic"))
    await chat.room(BEN, name="Hall")
    again = await chat.rooms.create(ANN, room)
    assert (again.entry, again.duplicate) == (first.entry, True)
    with pytest.raises(NameTaken):
        await chat.room(CAT, name="Attic")


async def test_another_room_under_the_same_client_id_is_refused(chat: Chat) -> None:
    await chat.rooms.create(ANN, NewRoom(name="Hall", client_id="x"))
    with pytest.raises(ClientIdReused):
        await chat.rooms.create(ANN, NewRoom(name="Hall", topic="tea", client_id="x"))
    with pytest.raises(ClientIdReused):
        await chat.conversations.create_group(ANN, NewGroup(name="Hall", client_id="x"))
    with pytest.raises(NameTaken):
        await chat.room(BEN, name="Hall")


@pytest.mark.parametrize(
    ("room", "error"),
    [
        (NewRoom(name=" "), Invalid),
        (NewRoom(name="x" * 201), TooLarge),
        (NewRoom(name="Hall", topic="x" * 1_001), TooLarge),
        (NewRoom(name="Hall", topic="\0"), Invalid),
        (NewRoom(name="Hall", data={"k": "x" * 5_000}), TooLarge),
    ],
)
async def test_a_room_that_cannot_be_is_refused_and_takes_no_name(
    chat: Chat, room: NewRoom, error: type[ChatError]
) -> None:
    with pytest.raises(error):
        await chat.rooms.create(ANN, room)
    await chat.room(BEN, name="Hall")


async def test_who_joins_is_in_and_reads_what_came_before(chat: Chat) -> None:
    where = await chat.room(ANN)
    await chat.say(ANN, where, "early")
    with pytest.raises(NotAMember):
        await chat.messages.page(BEN, where)
    await chat.rooms.join(BEN, where)
    page = await chat.messages.page(BEN, where)
    assert [message.body for message in page.items] == ["early"]


async def test_joining_twice_changes_nothing(chat: Chat) -> None:
    where = await chat.room(ANN, BEN)
    assert (await chat.rooms.join(BEN, where)).entry is None


async def test_a_retried_joining_is_the_first(chat: Chat) -> None:
    where = await chat.room(ANN)
    first = await chat.rooms.join(BEN, where, client_id="j")
    again = await chat.rooms.join(BEN, where, client_id="j")
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_only_rooms_are_joined(chat: Chat) -> None:
    group = await chat.group(BEN)
    for where in (group, ConversationId("nowhere")):
        with pytest.raises(NotFound):
            await chat.rooms.join(CAT, where)


async def test_a_room_takes_so_many_members_and_no_more(chat: Chat) -> None:
    chat.rooms._most_members = 2
    where = await chat.room(ANN, BEN)
    with pytest.raises(Conflict):
        await chat.rooms.join(CAT, where)


async def test_being_brought_in_counts_the_rooms_own_limit(chat: Chat) -> None:
    chat.conversations._most_group_members = 2
    where = await chat.room(ANN, BEN)
    await chat.conversations.add(ANN, where, CAT)
    chat.conversations._most_room_members = 2
    await chat.conversations.remove(ANN, where, CAT)
    with pytest.raises(Conflict):
        await chat.conversations.add(ANN, where, CAT)


async def test_a_room_stays_when_the_last_one_leaves_and_its_next_joiner_owns_it(
    chat: Chat,
) -> None:
    where = await chat.room(ANN)
    await chat.conversations.remove(ANN, where, ANN)
    assert await names(chat) == ["Hall"]
    with pytest.raises(NameTaken):
        await chat.room(CAT, name="Hall")
    await chat.rooms.join(BEN, where)
    await chat.rooms.join(ANN, where)
    assert (await chat.conversations.get(BEN, where)).role == "owner"
    assert (await chat.conversations.get(ANN, where)).role == "member"


async def test_of_many_who_come_into_an_empty_room_one_owns_it(chat: Chat) -> None:
    where = await chat.room(ANN)
    await chat.conversations.remove(ANN, where, ANN)
    await asyncio.gather(*(chat.rooms.join(user_id, where) for user_id in (ANN, BEN, CAT)))
    members = (await chat.conversations.members(ANN, where)).items
    assert sorted(member.role for member in members) == ["member", "member", "owner"]


async def test_the_directory_shows_rooms_with_their_members_to_anyone(chat: Chat) -> None:
    where = await chat.room(ANN, BEN, name="Hall")
    await chat.group(name="Home")
    (room,) = (await chat.rooms.directory(limit=9)).items
    assert (room.conversation_id, room.name, room.member_count) == (where, "Hall", 2)


async def test_the_directory_comes_in_pages_and_is_searched(chat: Chat) -> None:
    for name in ("Tea", "Green Tea", "Coffee"):
        await chat.room(ANN, name=name)
    first = await chat.rooms.directory(query="tea", limit=1)
    rest = await chat.rooms.directory(query="tea", limit=1, after=first.next or "")
    assert [room.name for room in (*first.items, *rest.items)] == ["Green Tea", "Tea"]
    assert rest.next is None


async def test_a_query_that_is_no_text_is_refused(chat: Chat) -> None:
    with pytest.raises(Invalid):
        await chat.rooms.directory(query="\0", limit=9)
