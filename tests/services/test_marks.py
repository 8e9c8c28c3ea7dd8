"""Marking as received, read and unread, and who is told."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.marks import MemoryMarks
from parley.model.errors import Invalid, NotFound, Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.marks import Mark, MemberMarks, Standing
from parley.ports.marks import Move
from parley.services.messages import Draft
from tests.support.chat import Chat, a_chat
from tests.support.world import ANN, BEN, CAT


@pytest.fixture
async def chat() -> Chat:
    return await a_chat()


@pytest.fixture
async def home(chat: Chat) -> ConversationId:
    """Ann's group with Ben, in which she said three things, 2 to 4."""
    where = await chat.group(BEN)
    await chat.say(ANN, where, *"abc")
    return where


T = TypeVar("T")


class CountingLog(MemoryLog):
    readings = 0

    async def look(self, reading: Callable[[], T]) -> T:
        self.readings += 1
        return await super().look(reading)


class CountingMarks(MemoryMarks):
    writes = 0

    async def advance(self, moves: Sequence[Move]) -> Sequence[Move]:
        self.writes += 1
        return await super().advance(moves)


async def stands(chat: Chat, user_id: UserId, where: ConversationId) -> Standing:
    (found,) = (await chat.sync.catch_up(user_id, {})).marks
    assert found.conversation_id == where
    return found


def told(chat: Chat) -> list[tuple[bool, list[MemberMarks]]]:
    """What was told, to members or not, since this was asked last."""
    found = [(marked.to_members, marked.receipt.marks) for marked in chat.receipts]
    chat.receipts.clear()
    return found


async def test_reading_answers_with_where_one_stands_now(chat: Chat, home: ConversationId) -> None:
    answer = await chat.marks.mark(BEN, home, read=3)
    assert answer.marks == Standing(
        conversation_id=home, head=4, delivered=3, read=3, unread=1, mentions=0
    )
    assert await stands(chat, BEN, home) == answer.marks


async def test_reading_earlier_changes_nothing(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=4)
    answer = await chat.marks.mark(BEN, home, read=2)
    assert answer.marks is not None
    assert (answer.marks.read, answer.marks.unread) == (4, 0)


async def test_my_list_counts_what_i_have_not_read(chat: Chat, home: ConversationId) -> None:
    await chat.messages.send(ANN, home, Draft(body="@ben, look"))
    (mine,) = (await chat.conversations.mine(BEN)).items
    assert (mine.unread, mine.mentions, mine.marks.read) == (4, 1, 1)
    (hers,) = (await chat.conversations.mine(ANN)).items
    assert (hers.unread, hers.mentions, hers.marks.read) == (0, 0, 5)


async def test_from_a_message_on_it_is_unread_again(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=4)
    answer = await chat.marks.mark(BEN, home, unread_from=3)
    assert answer.marks is not None
    assert (answer.marks.read, answer.marks.delivered, answer.marks.unread) == (2, 4, 2)
    assert (await stands(chat, BEN, home)).unread == 2


async def test_everything_can_be_unread_again(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=4)
    answer = await chat.marks.mark(BEN, home, unread_from=1)
    assert answer.marks is not None
    assert (answer.marks.read, answer.marks.unread) == (0, 3)


async def test_what_one_wrote_oneself_can_be_unread_too(chat: Chat, home: ConversationId) -> None:
    answer = await chat.marks.mark(ANN, home, unread_from=3)
    assert answer.marks is not None
    assert answer.marks.unread == 2
    await chat.say(ANN, home, "d")
    assert (await stands(chat, ANN, home)).unread == 0


async def test_what_is_received_is_kept_a_second_later(chat: Chat, home: ConversationId) -> None:
    assert (await chat.marks.mark(BEN, home, delivered=4)).marks is None
    assert (await stands(chat, BEN, home)).delivered == 1
    await chat.a_second_later()
    found = await stands(chat, BEN, home)
    assert (found.delivered, found.read) == (4, 1)


async def test_receiving_never_moves_back(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, delivered=4)
    await chat.marks.mark(BEN, home, delivered=2)
    await chat.a_second_later()
    await chat.marks.mark(BEN, home, delivered=3)
    await chat.a_second_later()
    assert (await stands(chat, BEN, home)).delivered == 4


async def test_reading_and_receiving_are_marked_together(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, delivered=4, read=2)
    await chat.a_second_later()
    found = await stands(chat, BEN, home)
    assert (found.delivered, found.read) == (4, 2)


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"read": 2, "unread_from": 2},
        {"read": 0},
        {"read": 5},
        {"read": -3},
        {"delivered": 0},
        {"delivered": 5},
        {"unread_from": 0},
        {"unread_from": 5},
    ],
)
async def test_a_mark_names_a_seq_that_is_there(
    chat: Chat, home: ConversationId, named: dict[str, int]
) -> None:
    with pytest.raises(Invalid):
        await chat.marks.mark(BEN, home, **named)
    await chat.a_second_later()
    assert told(chat) == []
    assert (await stands(chat, BEN, home)).unread == 3


async def test_what_only_the_store_knows_yet_can_be_read(chat: Chat, home: ConversationId) -> None:
    other = await a_chat(chat.world.log)
    await chat.say(ANN, home, "d")
    await other.marks.mark(BEN, home, read=5)
    await chat.say(ANN, home, "e")
    answer = await other.marks.mark(BEN, home, read=6)
    assert answer.marks is not None
    assert (answer.marks.read, answer.marks.unread) == (6, 0)


async def test_an_outsider_marks_nothing_and_sees_no_marks(
    chat: Chat, home: ConversationId
) -> None:
    with pytest.raises(NotFound):
        await chat.marks.mark(CAT, home, read=2)
    with pytest.raises(NotFound):
        await chat.marks.mark(CAT, home, delivered=2)
    with pytest.raises(NotFound):
        await chat.marks.of_members(CAT, home)


async def test_members_hear_of_what_is_read(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=3)
    assert told(chat) == []
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 3, 3)])]


async def test_a_second_of_marks_is_one_receipt(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=2)
    await chat.marks.mark(ANN, home, read=4)
    await chat.marks.mark(BEN, home, read=4)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4, 4), MemberMarks(ANN, 4, 4)])]
    await chat.a_second_later()
    assert told(chat) == []


async def test_what_changed_nothing_is_not_told(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=4)
    await chat.marks.mark(BEN, home, delivered=4)
    await chat.a_second_later()
    told(chat)
    await chat.marks.mark(BEN, home, read=4)
    await chat.marks.mark(BEN, home, read=3)
    await chat.marks.mark(BEN, home, delivered=2)
    await chat.a_second_later()
    assert told(chat) == []


async def test_who_only_received_says_nothing_of_reading(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, delivered=4)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4)])]


async def test_reading_and_receiving_of_a_second_are_told_together(
    chat: Chat, home: ConversationId
) -> None:
    await chat.marks.mark(BEN, home, delivered=4, read=2)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4, 2)])]


async def test_marking_as_unread_is_told_to_ones_own_devices_alone(
    chat: Chat, home: ConversationId
) -> None:
    await chat.marks.mark(BEN, home, read=4)
    await chat.a_second_later()
    told(chat)
    await chat.marks.mark(BEN, home, unread_from=3)
    await chat.a_second_later()
    assert told(chat) == [(False, [MemberMarks(BEN, 4, 2)])]


async def test_others_never_see_somebody_go_back(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, read=4)
    await chat.marks.mark(BEN, home, unread_from=2)
    await chat.marks.mark(BEN, home, read=3)
    await chat.a_second_later()
    assert told(chat) == [
        (True, [MemberMarks(BEN, 4, 4)]),
        (False, [MemberMarks(BEN, 4, 3)]),
    ]
    page = await chat.marks.of_members(ANN, home)
    assert page.items[1] == MemberMarks(BEN, 4, 4)


async def test_read_after_unread_in_the_same_second_is_what_stays(
    chat: Chat, home: ConversationId
) -> None:
    await chat.marks.mark(BEN, home, unread_from=2)
    await chat.marks.mark(BEN, home, read=4)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4, 4)])]


async def test_of_two_marks_at_once_the_later_is_told_however_late_the_first_is_read(
    chat: Chat, home: ConversationId
) -> None:
    standings, answers = chat.marks._marks.standings, [20, 0]

    async def late(*asked: object) -> object:
        found = await standings(*asked)
        for _ in range(answers.pop(0)):
            await asyncio.sleep(0)
        return found

    chat.marks._marks.standings = late
    first, second = await asyncio.gather(
        chat.marks.mark(BEN, home, read=3), chat.marks.mark(BEN, home, read=4)
    )
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4, 4)])]
    assert first.marks is not None
    assert second.marks is not None
    assert (first.marks.read, second.marks.read) == (3, 4)
    assert not chat.marks._turns


async def test_a_receipt_never_falls_behind_ones_own_message(
    chat: Chat, home: ConversationId
) -> None:
    await chat.say(BEN, home, "mine")
    await chat.marks.mark(BEN, home, read=3)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 5, 5)])]


@pytest.mark.parametrize(("method", "mark"), [("standings", "read"), ("rewind", "unread_from")])
async def test_a_receipt_never_falls_behind_what_one_writes_while_one_marks(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch, method: str, mark: str
) -> None:
    """The store answers with what was before the message, which everybody has by then."""
    before = getattr(chat.marks._marks, method)

    async def late(*asked: object) -> object:
        answer = await before(*asked)
        monkeypatch.undo()
        await chat.say(BEN, home, "mine")
        return answer

    monkeypatch.setattr(chat.marks._marks, method, late)
    answer = await chat.marks.mark(BEN, home, **{mark: 3})
    assert answer.marks == await stands(chat, BEN, home)
    assert answer.marks.read == 5
    await chat.a_second_later()
    assert told(chat)[-1][1] == [MemberMarks(BEN, 5, 5)]


async def test_a_receipt_never_falls_behind_what_one_writes_while_marks_are_kept(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is over, and what was received goes to the store before anything is told."""
    await chat.marks.mark(BEN, home, read=3)
    await chat.marks.mark(BEN, home, delivered=4)
    keep = chat.marks._marks.advance

    async def late(*asked: object) -> object:
        monkeypatch.undo()
        await chat.say(BEN, home, "mine")
        return await keep(*asked)

    monkeypatch.setattr(chat.marks._marks, "advance", late)
    await chat.a_second_later()
    assert told(chat)[-1][1] == [MemberMarks(BEN, 5, 5)]


async def test_what_is_told_late_is_not_how_one_stood_before_a_mark_since(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    standings = chat.marks._marks.standings
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def away(*_asked: object) -> object:
        raise Unavailable

    async def late(*question: object) -> object:
        found = await standings(*question)
        asked.set()
        await let_go.wait()
        return found

    monkeypatch.setattr(chat.marks._marks, "standings", away)
    with pytest.raises(Unavailable):
        await chat.marks.mark(BEN, home, read=4)
    monkeypatch.setattr(chat.marks._marks, "standings", late)
    flushing = asyncio.ensure_future(chat.marks.flush())
    await asked.wait()
    unread = asyncio.ensure_future(chat.marks.mark(BEN, home, unread_from=3))
    for _ in range(20):
        await asyncio.sleep(0)
    let_go.set()
    await flushing
    await unread
    await chat.a_second_later()
    assert told(chat)[-1] == (False, [MemberMarks(BEN, 4, 2)])


async def test_with_many_members_only_ones_own_devices_are_told() -> None:
    chat = await a_chat(most_told=2)
    where = await chat.group(BEN, CAT)
    await chat.marks.mark(BEN, where, read=1)
    await chat.marks.mark(CAT, where, delivered=1)
    await chat.a_second_later()
    (to_members, marks) = told(chat)[0]
    assert not to_members
    assert sorted(marks, key=lambda one: one.user_id) == [
        MemberMarks(BEN, 1, 1),
        MemberMarks(CAT, 1),
    ]


async def test_members_are_asked_for_in_pages(chat: Chat) -> None:
    where = await chat.group(BEN, CAT)
    await chat.marks.mark(CAT, where, read=1)
    first = await chat.marks.of_members(ANN, where, limit=2)
    assert first.next is not None
    second = await chat.marks.of_members(ANN, where, after=first.next, limit=2)
    assert [*first.items, *second.items] == [
        MemberMarks(ANN, 0, 0),
        MemberMarks(BEN, 0, 0),
        MemberMarks(CAT, 1, 1),
    ]
    assert second.next is None


@pytest.mark.parametrize("limit", [0, 201])
async def test_a_page_that_makes_no_sense_is_invalid(
    chat: Chat, home: ConversationId, limit: int
) -> None:
    with pytest.raises(Invalid):
        await chat.marks.of_members(ANN, home, limit=limit)


async def test_stopping_keeps_what_waits(chat: Chat, home: ConversationId) -> None:
    await chat.marks.mark(BEN, home, delivered=4)
    await chat.marks.flush()
    assert (await stands(chat, BEN, home)).delivered == 4


async def test_what_a_store_that_is_away_did_not_take_is_kept_later(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_self: MemoryMarks, _moves: list[Move]) -> list[Move]:
        raise Unavailable

    await chat.marks.mark(BEN, home, delivered=4)
    with monkeypatch.context() as store:
        store.setattr(MemoryMarks, "advance", away)
        await chat.a_second_later()
    assert told(chat) == []
    await chat.a_second_later()
    assert (await stands(chat, BEN, home)).delivered == 4


async def test_what_was_read_is_told_though_the_store_went_away_before_the_answer(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_asked: object) -> dict[ConversationId, Standing]:
        raise Unavailable

    with monkeypatch.context() as store:
        store.setattr(MemoryMarks, "standings", away)
        with pytest.raises(Unavailable):
            await chat.marks.mark(BEN, home, read=4)
        await chat.a_second_later()
        assert told(chat) == []
    await chat.marks.mark(BEN, home, read=4)
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4, 4)])]


async def test_what_was_received_is_told_though_the_store_went_away_in_between(
    chat: Chat, home: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_asked: object) -> bool:
        raise Unavailable

    await chat.marks.mark(BEN, home, delivered=4)
    with monkeypatch.context() as store:
        store.setattr(chat.marks, "_tells_members", away)
        await chat.a_second_later()
        assert told(chat) == []
    await chat.a_second_later()
    assert told(chat) == [(True, [MemberMarks(BEN, 4)])]


async def test_a_sync_that_goes_on_brings_marks_with_its_last_answer(
    chat: Chat, home: ConversationId
) -> None:
    first = await chat.sync.catch_up(BEN, {home: 0}, limit=2)
    last = await chat.sync.catch_up(BEN, {home: 2})
    assert (first.more, first.marks) == (True, [])
    assert (last.more, [mark.unread for mark in last.marks]) == (False, [3])


async def test_receiving_costs_the_store_one_write_a_second() -> None:
    log = CountingLog()
    chat = await a_chat(log)
    store = chat.marks._marks = CountingMarks(log)
    where = await chat.group(BEN, CAT)
    await chat.say(ANN, where, *"abcdefgh")
    before = log.readings
    for seq in range(1, 10):
        for user_id in (BEN, CAT):
            await chat.marks.mark(user_id, where, delivered=seq)
    assert store.writes == 0
    await chat.a_second_later()
    assert (store.writes, log.readings) == (1, before)
    assert log.disk.marks[where, CAT] == Mark(delivered=9)


async def test_reading_the_head_costs_one_write_and_one_reading() -> None:
    log = CountingLog()
    chat = await a_chat(log)
    where = await chat.group(BEN)
    await chat.say(ANN, where, "a")
    before = log.readings
    await chat.marks.mark(BEN, where, read=2)
    await chat.a_second_later()
    assert log.readings == before + 1
