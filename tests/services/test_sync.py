"""Catching up by cursors."""

import asyncio
import inspect

import msgspec
import pytest

from parley.adapters.memory.faults import Fate, Faults
from parley.adapters.memory.log import MemoryLog
from parley.journal.capacity import Capacity
from parley.model.entries import Changes
from parley.model.errors import Invalid
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Standing
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


async def test_what_came_after_the_cursor_comes_in_order_and_nothing_else(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abc")
    answer = await chat.sync.catch_up(BEN, {where: 2})
    (missed,) = answer.conversations
    assert [entry.seq for entry in missed.entries] == [3, 4]
    assert (missed.head, missed.more, answer.more, answer.lost) == (4, False, False, [])


async def test_who_missed_nothing_is_told_nothing(chat: Chat) -> None:
    where = await chat.group(BEN)
    answer = await chat.sync.catch_up(BEN, {where: 1})
    assert (answer.conversations, answer.lost, answer.more) == ([], [], False)


async def test_a_conversation_not_named_is_gained_with_a_summary_and_no_replay(chat: Chat) -> None:
    where = await chat.group(BEN, name="Home")
    await chat.say(ANN, where, *"abc")
    (missed,) = (await chat.sync.catch_up(BEN, {})).conversations
    assert (missed.head, missed.entries) == (4, [])
    assert missed.gained is not None
    assert (missed.gained.name, missed.gained.role) == ("Home", "member")


async def test_a_gained_conversation_begins_no_later_than_its_summary() -> None:
    """The store may have an entry for a while before it answers: passed over by the head, it would be lost."""
    log = MemoryLog()
    chat = await a_chat(log)
    where = await chat.group(BEN, name="Home")
    log.faults = Faults([Fate(ticks=50)])
    renaming = asyncio.ensure_future(chat.administration.change(ANN, where, Changes(name="Away")))
    while len(await log.read(where, 0)) == 1:  # noqa: ASYNC110  # nobody sets an event
        await asyncio.sleep(0)
    (missed,) = (await chat.sync.catch_up(BEN, {})).conversations
    assert not renaming.done()
    await renaming
    assert missed.gained is not None
    (rest,) = (await chat.sync.catch_up(BEN, {where: missed.head})).conversations
    assert [entry.type for entry in rest.entries] == ["conversation.changed"]
    assert (missed.gained.name, missed.gained.head, missed.head) == ("Home", 1, 1)


async def test_a_conversation_that_is_no_longer_mine_is_lost_at_my_leaving(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.conversations.remove(ANN, where, BEN)
    await chat.say(ANN, where, "secret")
    answer = await chat.sync.catch_up(BEN, {where: 1})
    assert answer.conversations == []
    assert [(lost.conversation_id, lost.seq) for lost in answer.lost] == [(where, 2)]


async def test_what_was_never_mine_looks_like_what_does_not_exist(chat: Chat) -> None:
    theirs, nowhere = await chat.group(BEN), ConversationId("nowhere")
    answer = await chat.sync.catch_up(CAT, {theirs: 0, nowhere: 0})
    assert {(lost.conversation_id, lost.seq) for lost in answer.lost} == {(theirs, 0), (nowhere, 0)}


async def test_a_cursor_beyond_the_head_is_reset(chat: Chat) -> None:
    where = await chat.group(BEN)
    (missed,) = (await chat.sync.catch_up(BEN, {where: 99})).conversations
    assert (missed.reset, missed.head, missed.entries) == (True, 1, [])


async def test_a_cursor_beyond_the_head_of_the_same_epoch_is_a_sign_of_a_rollback(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    where = await chat.group(BEN)
    epoch = (await chat.sync.catch_up(BEN, {})).epoch
    signs = chat.sync._rollbacks.signs
    await chat.sync.catch_up(BEN, {where: 1}, epoch=epoch)
    await chat.sync.catch_up(BEN, {where: 99}, epoch="of another store")
    await chat.sync.catch_up(BEN, {where: 99})
    assert signs["cursor"] == 0
    (missed,) = (await chat.sync.catch_up(BEN, {where: 99}, epoch=epoch)).conversations
    assert (missed.reset, missed.head, signs["cursor"]) == (True, 1, 1)
    assert f"entries up to 99 of conversation {where}, which ends at 1." in caplog.text
    for _ in range(8):
        await chat.sync.catch_up(BEN, {where: 99}, epoch=epoch)
    assert signs["cursor"] == 9
    assert caplog.text.count("which ends at 1.") == 4, "the first, second, fourth and eighth"


async def test_another_epoch_resets_everything(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    answer = await chat.sync.catch_up(BEN, {where: 1}, epoch="of another store")
    assert [missed.reset for missed in answer.conversations] == [True]
    again = await chat.sync.catch_up(BEN, {where: 1}, epoch=answer.epoch)
    assert [missed.reset for missed in again.conversations] == [False]


async def test_a_long_absence_comes_in_pages_that_join_without_a_gap(chat: Chat) -> None:
    places = [await chat.group(BEN, name=f"g{n}") for n in range(3)]
    for where in places:
        await chat.say(ANN, where, *"abcde")
    cursors = dict.fromkeys(places, 1)
    got: dict[ConversationId, list[int]] = {where: [] for where in places}
    more, pages = True, 0
    while more:
        answer = await chat.sync.catch_up(BEN, cursors, limit=4)
        pages += 1
        more = answer.more
        assert sum(len(missed.entries) for missed in answer.conversations) <= 4
        for missed in answer.conversations:
            got[missed.conversation_id] += [entry.seq for entry in missed.entries]
            if missed.entries:
                cursors[missed.conversation_id] = missed.entries[-1].seq
    assert got == {where: [2, 3, 4, 5, 6] for where in places}
    assert pages == 4


async def test_thousands_of_gained_conversations_come_in_pages(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.services.sync.MOST_GAINED", 2)
    places = {await chat.group(BEN, name=f"g{n}") for n in range(5)}
    cursors: dict[ConversationId, int] = {}
    more = True
    while more:
        answer = await chat.sync.catch_up(BEN, cursors)
        more = answer.more
        assert len(answer.conversations) <= 2
        cursors |= {missed.conversation_id: missed.head for missed in answer.conversations}
    assert cursors.keys() == places


class Device:
    """Syncs as it should until there is no more, by what it has got; notes how large the answers were."""

    def __init__(self, chat: Chat, user_id: UserId) -> None:
        self._chat, self._user_id = chat, user_id
        self.cursors: dict[ConversationId, int] = {}
        self.epoch: str | None = None
        self.sizes: list[int] = []
        self.reset: set[ConversationId] = set()
        self.lost: set[ConversationId] = set()
        self.marks: list[Standing] = []

    async def sync(self) -> None:
        more = True
        while more:
            answer = await self._chat.sync.catch_up(self._user_id, self.cursors, epoch=self.epoch)
            self.sizes.append(len(msgspec.json.encode(answer)))
            if answer.epoch != self.epoch:
                self.epoch, self.cursors = answer.epoch, {}
            for missed in answer.conversations:
                self.reset |= {missed.conversation_id} if missed.reset else set()
                entries = missed.entries
                last = entries[-1].seq if entries else missed.head
                self.cursors[missed.conversation_id] = last
            for lost in answer.lost:
                self.cursors.pop(lost.conversation_id, None)
                self.lost.add(lost.conversation_id)
            more, self.marks = answer.more, answer.marks


ROOM = 4_000


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley.services.sync.MOST_BYTES", ROOM)
    monkeypatch.setattr("parley.services.sync.MOST_MARKS", ROOM // 200)


@pytest.mark.usefixtures("little_room")
async def test_an_answer_is_bounded_whatever_is_in_it(chat: Chat) -> None:
    mine = [await chat.group(BEN, name=f"group {n} {'x' * 40}") for n in range(30)]
    device = Device(chat, BEN)
    await device.sync()
    assert device.cursors.keys() == set(mine)
    for where in mine:
        await chat.say(ANN, where, *("y" * 100 for _ in range(3)))
    await device.sync()
    assert device.cursors == dict.fromkeys(mine, 4)
    for where in mine[:28]:
        await chat.conversations.remove(ANN, where, BEN)
    await device.sync()
    assert device.lost == set(mine[:28])
    assert {standing.conversation_id for standing in device.marks} == set(mine[28:])
    assert len(device.sizes) > 10
    assert max(device.sizes) <= ROOM


@pytest.mark.usefixtures("little_room")
async def test_all_conversations_of_another_store_are_got_afresh_in_bounded_answers(
    chat: Chat,
) -> None:
    mine = [await chat.group(BEN, name=f"group {n} {'x' * 40}") for n in range(60)]
    device = Device(chat, BEN)
    device.epoch, device.cursors = "of another store", dict.fromkeys(mine, 1)
    await device.sync()
    assert device.epoch == chat.world.journal.epoch
    assert device.cursors.keys() == set(mine)
    assert device.reset < set(mine), "the rest came as gained"
    assert max(device.sizes) <= ROOM


@pytest.mark.usefixtures("little_room")
async def test_an_entry_larger_than_an_answer_comes_alone(chat: Chat) -> None:
    where = await chat.group(BEN)
    await chat.say(ANN, where, "small", "z" * 2 * ROOM, "small")
    answers = []
    cursor = 1
    for _ in range(3):
        (missed,) = (await chat.sync.catch_up(BEN, {where: cursor})).conversations
        answers.append([entry.seq for entry in missed.entries])
        cursor = missed.entries[-1].seq
    assert answers == [[2], [3], [4]]


@pytest.mark.parametrize(
    ("cursors", "limit"), [({"c": -1}, 1), ({}, 0), ({str(n): 0 for n in range(22_001)}, 1)]
)
async def test_cursors_that_make_no_sense_are_invalid(
    chat: Chat, cursors: dict[ConversationId, int], limit: int
) -> None:
    with pytest.raises(Invalid):
        await chat.sync.catch_up(ANN, cursors, limit=limit)


async def test_whoever_is_in_as_many_conversations_as_one_may_be_catches_up_in_one_go(
    chat: Chat,
) -> None:
    most = inspect.signature(Capacity).parameters["most"].default
    here = await chat.group(ANN)
    left = {ConversationId(f"left meanwhile {number}"): 1 for number in range(2 * most)}
    answer = await chat.sync.catch_up(ANN, {**left, here: 1})
    assert answer.lost
