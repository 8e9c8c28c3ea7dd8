"""What `MarkStore` promises."""

import asyncio

from parley.model.entries import (
    Entry,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
)
from parley.model.ids import UserId
from parley.model.marks import Mark, Point, Standing, read_up_to, unread_after
from parley.ports.marks import Move
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


def move(pen: Pen, mark: Mark, who: UserId = BEN) -> Move:
    return Move(pen.conversation_id, who, mark)


def read(pen: Pen, seq: int, messages: int, who: UserId = BEN) -> Move:
    return move(pen, read_up_to(Point(seq, messages)), who)


async def standing(store: Store, pen: Pen, who: UserId = BEN) -> Standing:
    return (await store.marks.standings(who, [pen.conversation_id]))[pen.conversation_id]


async def mentions(store: Store, pen: Pen, who: UserId = BEN) -> int:
    return (await standing(store, pen, who)).mentions


async def talk(store: Store, pen: Pen, *more: Entry) -> None:
    """Ann's group with Ben: the creation, then three messages of hers, 2 to 4."""
    await store.write(pen, created(ANN, BEN), said("a"), said("b"), said("c"), *more)


async def test_who_marked_nothing_has_read_nothing_of_others(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    assert await standing(store, pen) == Standing(
        conversation_id=pen.conversation_id, head=4, delivered=1, read=1, unread=3, mentions=0
    )
    assert await store.marks.of(pen.conversation_id, [ANN, BEN]) == {}


async def test_what_is_read_is_not_unread(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    (moved,) = await store.marks.advance([read(pen, 3, 2)])
    assert moved == read(pen, 3, 2)
    found = await standing(store, pen)
    assert (found.read, found.delivered, found.unread) == (3, 3, 1)


async def test_a_mark_moves_forwards_only(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.advance([read(pen, 4, 3)])
    assert await store.marks.advance([read(pen, 2, 1)]) == []
    assert (await standing(store, pen)).read == 4


async def test_receiving_is_kept_apart_from_reading(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.advance([read(pen, 2, 1)])
    (moved,) = await store.marks.advance([move(pen, Mark(delivered=4))])
    assert moved.mark == Mark(delivered=4, read=2, messages=1, seen=2)
    found = await standing(store, pen)
    assert (found.delivered, found.read, found.unread) == (4, 2, 2)


async def test_of_several_only_those_that_moved_are_told(store: Store, new_pen: NewPen) -> None:
    first, second = new_pen(), new_pen()
    await talk(store, first)
    await talk(store, second)
    await store.marks.advance([read(first, 4, 3)])
    moves = [read(first, 4, 3), read(second, 3, 2), read(first, 2, 1, ANN)]
    assert await store.marks.advance(moves) == moves[1:]


async def test_of_two_marks_at_once_neither_is_lost(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await asyncio.gather(
        store.marks.advance([move(pen, Mark(delivered=4))]),
        store.marks.advance([read(pen, 2, 1)]),
        store.marks.advance([read(pen, 3, 2)]),
    )
    kept = (await store.marks.of(pen.conversation_id, [BEN]))[BEN]
    assert kept == Mark(delivered=4, read=3, messages=2, seen=3)


async def test_a_mark_can_be_set_back(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.advance([read(pen, 4, 3)])
    kept = await store.marks.rewind(move(pen, unread_after(Point(2, 1), head=4)))
    assert kept == Mark(delivered=4, read=2, messages=1, seen=4, unread_at=4)
    found = await standing(store, pen)
    assert (found.read, found.delivered, found.unread) == (2, 4, 2)


async def test_what_was_never_marked_can_be_set_back_too(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.rewind(move(pen, unread_after(Point(3, 2), head=4), ANN))
    assert (await standing(store, pen, ANN)).unread == 1


async def test_after_setting_back_one_reads_forwards_again(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.rewind(move(pen, unread_after(Point(1, 0), head=4)))
    await store.marks.advance([read(pen, 3, 2)])
    assert (await standing(store, pen)).unread == 1


async def test_who_writes_has_read_what_is_before(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("mine", BEN), said("d"))
    found = await standing(store, pen)
    assert (found.read, found.delivered, found.unread) == (5, 5, 1)


async def test_to_react_is_not_to_read(store: Store, pen: Pen) -> None:
    await talk(store, pen, ReactionAdded(actor_id=BEN, message_seq=2, emoji="+"))
    assert (await standing(store, pen)).unread == 3


async def test_ones_own_words_before_setting_back_count_no_longer(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("mine", BEN))
    await store.marks.rewind(move(pen, unread_after(Point(2, 1), head=5)))
    assert (await standing(store, pen)).unread == 3
    await store.write(pen, said("mine again", BEN))
    assert (await standing(store, pen)).unread == 0


async def test_a_message_of_ones_own_is_found_however_long_ago(store: Store, pen: Pen) -> None:
    others = [said("x") for _ in range(1_100)]
    await talk(store, pen, said("mine", BEN), *others)
    found = await standing(store, pen)
    assert (found.read, found.unread) == (5, 1_100)


async def test_what_was_said_before_one_came_is_not_unread(store: Store, pen: Pen) -> None:
    joined = MemberJoined(actor_id=ANN, user_id=CAT, role="member")
    await talk(store, pen, joined, said("welcome"))
    found = await standing(store, pen, CAT)
    assert (found.read, found.unread) == (5, 1)


async def test_nobody_stands_where_they_are_not_in(store: Store, pen: Pen) -> None:
    await talk(store, pen, MemberLeft(actor_id=BEN, user_id=BEN, reason="left"))
    asked = [pen.conversation_id]
    assert await store.marks.standings(BEN, asked) == {}
    assert await store.marks.standings(CAT, asked) == {}


async def test_standings_are_of_those_asked_for(store: Store, new_pen: NewPen) -> None:
    pens = [new_pen() for _ in range(3)]
    for pen in pens:
        await talk(store, pen)
    asked = [pens[2].conversation_id, pens[0].conversation_id]
    assert set(await store.marks.standings(BEN, asked)) == set(asked)
    assert await store.marks.standings(BEN, []) == {}


async def test_marks_of_several_people_are_read_together(store: Store, pen: Pen) -> None:
    await talk(store, pen)
    await store.marks.advance([read(pen, 4, 3), read(pen, 2, 1, ANN)])
    found = await store.marks.of(pen.conversation_id, [ANN, BEN, CAT])
    assert found == {ANN: read(pen, 2, 1).mark, BEN: read(pen, 4, 3).mark}


async def test_unread_mentions_are_counted(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("@ben", mentions=(BEN, CAT)), said("@ben", mentions=(BEN,)))
    assert await mentions(store, pen) == 2
    await store.marks.advance([read(pen, 5, 4)])
    assert await mentions(store, pen) == 1


async def test_a_mention_is_of_one_person_in_one_conversation(
    store: Store, new_pen: NewPen
) -> None:
    mentioned, other = new_pen(), new_pen()
    await talk(store, mentioned, said("@ben", mentions=(BEN,)))
    await talk(store, other)
    assert await mentions(store, other) == 0
    assert await mentions(store, mentioned) == 1


async def test_who_names_oneself_is_not_mentioned(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("I, ben", BEN, mentions=(BEN,)))
    await store.marks.rewind(move(pen, unread_after(Point(4, 3), head=5)))
    found = await standing(store, pen)
    assert (found.unread, found.mentions) == (1, 0)


async def test_an_edit_mentions_whom_the_text_names_now(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("@ben", mentions=(BEN,)))
    await store.write(pen, MessageEdited(actor_id=ANN, message_seq=5, body="nobody"))
    assert await mentions(store, pen) == 0
    again = MessageEdited(actor_id=ANN, message_seq=5, body="@ben", mentions=(BEN,))
    await store.write(pen, again, again)
    assert await mentions(store, pen) == 1


async def test_a_deleted_message_mentions_nobody(store: Store, pen: Pen) -> None:
    await talk(store, pen, said("@ben", mentions=(BEN,)))
    await store.write(
        pen,
        MessageDeleted(actor_id=ANN, message_seq=5),
        MessageEdited(actor_id=ANN, message_seq=5, body="@ben", mentions=(BEN,)),
    )
    found = await standing(store, pen)
    assert (found.unread, found.mentions) == (4, 0)


async def test_a_message_that_mentions_is_the_latest_activity(
    store: Store, new_pen: NewPen
) -> None:
    old, young = new_pen(), new_pen()
    await talk(store, old)
    await talk(store, young)
    await store.write(old, said("@ben", mentions=(BEN,)))
    (first, _) = await store.conversations.listed(BEN, kind=None, before=None, limit=2)
    assert first.conversation_id == old.conversation_id
    assert first.last_message is not None
    assert first.last_message.mentions == (BEN,)
