"""What those in charge of a conversation decide."""

import asyncio

import pytest

from parley.model.entries import Changes, ConversationChanged
from parley.model.errors import (
    ChatError,
    Forbidden,
    Invalid,
    LastOwner,
    NameTaken,
    NotFound,
    TooLarge,
)
from parley.model.ids import ConversationId
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


async def roles(chat: Chat, where: ConversationId) -> dict[str, str]:
    state = await chat.world.journal.state(where)
    return {user_id: member.role for user_id, member in state.members.items()}


async def name_is_free(chat: Chat, name: str) -> bool:
    try:
        await chat.room(CAT, name=name)
    except NameTaken:
        return False
    return True


async def test_a_group_is_changed_for_all_its_members(chat: Chat) -> None:
    where = await chat.group(BEN)
    changes = Changes(name="Away", topic="tea", avatar="m-1", data={"a": 1})
    committed = await chat.administration.change(ANN, where, changes)
    assert isinstance(committed.entry, ConversationChanged)
    assert committed.entry.changes == changes
    seen = await chat.conversations.get(BEN, where)
    assert (seen.name, seen.topic, seen.avatar, seen.data) == ("Away", "tea", "m-1", {"a": 1})


async def test_none_takes_away_and_what_is_not_named_stays(chat: Chat) -> None:
    where = await chat.group()
    await chat.administration.change(ANN, where, Changes(topic="tea", data={"a": 1}))
    await chat.administration.change(ANN, where, Changes(topic=None))
    seen = await chat.conversations.get(ANN, where)
    assert (seen.name, seen.topic, seen.data) == ("Home", None, {"a": 1})


async def test_what_is_so_already_appends_nothing(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    assert (await chat.administration.change(ANN, where, Changes(name="Hall"))).entry is None
    assert (await chat.administration.change(ANN, where, Changes())).entry is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (Changes(name=" "), Invalid),
        (Changes(name=None), Invalid),
        (Changes(name="x" * 201), TooLarge),
        (Changes(topic="x" * 1_001), TooLarge),
        (Changes(avatar="a\0"), Invalid),
        (Changes(data={"k": "x" * 5_000}), TooLarge),
    ],
)
async def test_what_cannot_be_is_refused(
    chat: Chat, changes: Changes, error: type[ChatError]
) -> None:
    where = await chat.group()
    with pytest.raises(error):
        await chat.administration.change(ANN, where, changes)


async def test_a_renamed_room_takes_its_new_name_and_frees_its_old_one(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    chat.world.clock.advance(seconds=61)
    await chat.administration.change(ANN, where, Changes(name="Attic"))
    assert await chat.room_store.claimed("hall") is None
    assert not await name_is_free(chat, "attic")
    assert await name_is_free(chat, "hall")


async def test_a_name_that_a_room_had_for_less_than_a_minute_is_free_after_it(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    await chat.administration.change(ANN, where, Changes(name="Attic"))
    assert not await name_is_free(chat, "hall")
    chat.world.clock.advance(seconds=61)
    assert await name_is_free(chat, "hall")


async def test_a_room_is_not_called_as_another_one_is(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    await chat.room(BEN, name="Attic")
    with pytest.raises(NameTaken):
        await chat.administration.change(ANN, where, Changes(name="ATTIC"))
    assert (await chat.conversations.get(ANN, where)).name == "Hall"
    assert not await name_is_free(chat, "hall")


async def test_a_room_keeps_its_name_when_only_the_case_changes(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    await chat.administration.change(ANN, where, Changes(name="HALL"))
    assert (await chat.conversations.get(ANN, where)).name == "HALL"
    assert not await name_is_free(chat, "hall")


async def test_a_room_that_gets_its_old_name_back_has_it(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    for name in ("Attic", "Hall"):
        chat.world.clock.advance(seconds=61)
        await chat.administration.change(ANN, where, Changes(name=name))
    assert not await name_is_free(chat, "hall")
    assert await name_is_free(chat, "attic")


async def test_renames_back_and_forth_at_once_leave_the_last_name_taken(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    wanted = ["Attic", "Hall", "Cellar", "Attic", "Hall"]
    await asyncio.gather(
        *(chat.administration.change(ANN, where, Changes(name=name)) for name in wanted)
    )
    name = (await chat.conversations.get(ANN, where)).name
    assert name is not None
    chat.world.clock.advance(seconds=61)
    assert not await name_is_free(chat, name)


async def test_two_rooms_renamed_alike_at_once_are_not_both(chat: Chat) -> None:
    rooms = [await chat.room(ANN, name=name) for name in ("one", "two")]
    outcomes = await asyncio.gather(
        *(chat.administration.change(ANN, where, Changes(name="Attic")) for where in rooms),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 1


async def test_a_retried_rename_is_the_first_and_moves_no_name(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    attic = Changes(name="Attic")
    first = await chat.administration.change(ANN, where, attic, client_id="r")
    await chat.administration.change(ANN, where, Changes(name="Cellar"))
    again = await chat.administration.change(ANN, where, attic, client_id="r")
    assert (again.entry, again.duplicate) == (first.entry, True)
    assert (await chat.conversations.get(ANN, where)).name == "Cellar"
    assert not await name_is_free(chat, "cellar")


async def test_a_retried_rename_is_the_first_even_where_another_room_has_the_name(
    chat: Chat,
) -> None:
    where = await chat.room(ANN, name="Hall")
    attic = Changes(name="Attic")
    first = await chat.administration.change(ANN, where, attic, client_id="r")
    chat.world.clock.advance(seconds=61)
    await chat.administration.change(ANN, where, Changes(name="Cellar"))
    await chat.room(BEN, name="Attic")
    again = await chat.administration.change(ANN, where, attic, client_id="r")
    assert (again.entry, again.duplicate) == (first.entry, True)


async def test_who_may_not_rename_a_room_keeps_no_name_from_others(chat: Chat) -> None:
    where = await chat.room(ANN, BEN, name="Hall")
    for user_id in (BEN, CAT):
        with pytest.raises(Forbidden):
            await chat.administration.change(user_id, where, Changes(name="Attic"))
    assert await name_is_free(chat, "attic")


async def test_a_rename_judged_too_long_after_its_claim_is_left_open(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    await chat.administration.change(ANN, where, Changes(topic="tea"))
    committing = chat.world.journal.commit
    late = []

    def later(*arguments, **options):
        chat.world.clock.jump(seconds=31)
        late.append(True)
        return committing(*arguments, **options)

    chat.world.journal.commit = later
    with pytest.raises(ChatError) as refused:
        await chat.administration.change(ANN, where, Changes(name="Attic"))
    assert (refused.value.code, late) == ("unavailable", [True])


async def test_a_group_is_renamed_without_a_claim(chat: Chat) -> None:
    where = await chat.group()
    await chat.administration.change(ANN, where, Changes(name="Hall"))
    assert await name_is_free(chat, "hall")


async def test_a_deleted_conversation_is_gone_for_all(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.administration.delete(ANN, where)
    for user_id in (ANN, BEN):
        with pytest.raises(NotFound):
            await chat.conversations.get(user_id, where)
        assert (await chat.conversations.mine(user_id)).items == []
    answer = await chat.sync.catch_up(BEN, {where: 1})
    assert [lost.conversation_id for lost in answer.lost] == [where]
    with pytest.raises(NotFound):
        await chat.administration.delete(ANN, where)


async def test_a_deleted_room_frees_its_name_and_is_not_found(chat: Chat) -> None:
    where = await chat.room(ANN, name="Hall")
    await chat.administration.delete(ANN, where)
    assert (await chat.rooms.directory(limit=9)).items == []
    with pytest.raises(NotFound):
        await chat.rooms.join(BEN, where)
    assert await name_is_free(chat, "hall")


async def test_only_its_owner_deletes_it_and_nobody_a_direct_one(chat: Chat) -> None:
    group = await chat.group(BEN)
    direct = (await chat.conversations.open_direct(ANN, BEN)).conversation_id
    for user_id, where in ((BEN, group), (ANN, direct)):
        with pytest.raises(Forbidden):
            await chat.administration.delete(user_id, where)


async def test_a_role_given_holds_at_once(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.administration.change_role(ANN, where, BEN, "guest")
    with pytest.raises(Forbidden):
        await chat.say(BEN, where, "hello")
    await chat.administration.change_role(ANN, where, BEN, "admin")
    await chat.administration.change(BEN, where, Changes(topic="tea"))


async def test_ownership_passes_on_whole_in_one_entry(chat: Chat) -> None:
    where = await chat.group(BEN, CAT)
    await chat.administration.change_role(ANN, where, BEN, "owner")
    assert await roles(chat, where) == {ANN: "admin", BEN: "owner", CAT: "member"}
    assert (await chat.conversations.get(ANN, where)).head == 2


async def test_of_two_heirs_made_at_once_one_owns(chat: Chat) -> None:
    where = await chat.group(BEN, CAT)
    outcomes = await asyncio.gather(
        *(chat.administration.change_role(ANN, where, heir, "owner") for heir in (BEN, CAT)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Forbidden) for outcome in outcomes) == 1
    assert sorted((await roles(chat, where)).values()) == ["admin", "member", "owner"]


async def test_the_owner_does_not_step_down_without_an_heir(chat: Chat) -> None:
    where = await chat.group(BEN)
    with pytest.raises(LastOwner):
        await chat.administration.change_role(ANN, where, ANN, "member")


async def test_a_retried_change_of_a_role_is_the_first(chat: Chat) -> None:
    where = await chat.group(BEN)
    first = await chat.administration.change_role(ANN, where, BEN, "owner", client_id="r")
    again = await chat.administration.change_role(ANN, where, BEN, "owner", client_id="r")
    assert (again.entry, again.duplicate) == (first.entry, True)
