"""What `Replays` promises."""

from collections.abc import Sequence

from parley.model.entries import (
    ConversationDeleted,
    Entry,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.ports.recovery import Bounds, Placed
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, Pen, created, said

PLENTY = Bounds(500, 1_000_000)
LEAVING = MemberLeft(actor_id=ANN, user_id=ANN, reason="left")
JOINING = MemberJoined(actor_id=BEN, user_id=ANN, role="member")


async def deliver(store: Store, pen: Pen, *entries: Entry) -> int:
    """Append, and have each delivered; the position of the last one."""
    after = pen.head
    await store.write(pen, *entries)
    for record in await store.log.read(pen.conversation_id, after):
        position = store.replays.heard(record)
    return position


async def missed(
    store: Store, after: int, until: int | None = None, bounds: Bounds = PLENTY
) -> Sequence[Placed] | None:
    end = store.replays.tail if until is None else until
    return await store.replays.missed(ANN, after, end, bounds)


async def seqs(store: Store, after: int) -> list[int] | None:
    found = await missed(store, after)
    return None if found is None else [placed.entry.seq for placed in found]


async def test_what_came_after_an_offset_comes_in_the_order_of_delivery(
    store: Store, new_pen: NewPen
) -> None:
    one, two = new_pen(), new_pen()
    await deliver(store, one, created(ANN))
    await deliver(store, two, created(ANN))
    offset = await deliver(store, one, said("before"))
    expected = [
        await deliver(store, pen, said(body)) for pen, body in ((two, "a"), (one, "b"), (two, "c"))
    ]
    found = await missed(store, offset)
    assert [placed.position for placed in found] == expected
    assert [placed.entry.body for placed in found] == ["a", "b", "c"]
    assert await missed(store, expected[-1]) == []


async def test_the_tail_is_the_position_heard_last(store: Store, pen: Pen) -> None:
    first = await deliver(store, pen, created(ANN))
    assert store.replays.tail == first
    assert await deliver(store, pen, said("on")) == first + 1 == store.replays.tail


async def test_what_was_delivered_after_the_end_is_left_out(store: Store, pen: Pen) -> None:
    offset = await deliver(store, pen, created(ANN))
    until = await deliver(store, pen, said("within"))
    await deliver(store, pen, said("behind"))
    assert [placed.position for placed in await missed(store, offset, until)] == [until]


async def test_what_was_missed_comes_with_its_present_content(store: Store, pen: Pen) -> None:
    offset = await deliver(store, pen, created(ANN))
    await deliver(store, pen, said("first"), said("gone"))
    await deliver(store, pen, MessageEdited(actor_id=ANN, message_seq=2, body="second"))
    await deliver(store, pen, MessageDeleted(actor_id=ANN, message_seq=3))
    found = [placed.entry for placed in await missed(store, offset)]
    assert [entry.seq for entry in found] == [2, 3, 4, 5]
    assert [entry.body for entry in found if isinstance(entry, MessageNew)] == ["second", ""]


async def test_what_is_of_others_is_not_given(store: Store, new_pen: NewPen) -> None:
    mine, theirs = new_pen(), new_pen()
    offset = await deliver(store, mine, created(ANN))
    await deliver(store, theirs, created(BEN), said("secret", BEN))
    assert await missed(store, offset) == []


async def test_of_a_conversation_left_meanwhile_the_leaving_alone_is_given(
    store: Store, pen: Pen
) -> None:
    offset = await deliver(store, pen, created(BEN, ANN))
    await deliver(store, pen, said("before", BEN), LEAVING, said("after", BEN))
    (placed,) = await missed(store, offset)
    assert placed.entry.seq == 3
    assert isinstance(placed.entry, MemberLeft)


async def test_who_left_and_came_back_is_given_what_begins_with_the_last_joining(
    store: Store, pen: Pen
) -> None:
    offset = await deliver(store, pen, created(BEN, ANN))
    await deliver(store, pen, said("with me", BEN), LEAVING, said("without me", BEN))
    await deliver(store, pen, JOINING, said("with me again", BEN))
    assert await seqs(store, offset) == [5, 6]


async def test_who_came_in_meanwhile_is_given_what_begins_with_their_joining(
    store: Store, new_pen: NewPen
) -> None:
    home, other = new_pen(), new_pen()
    await deliver(store, other, created(BEN), said("without me", BEN))
    offset = await deliver(store, home, created(ANN))
    await deliver(store, other, said("still", BEN), JOINING, said("welcome", BEN))
    assert await seqs(store, offset) == [4, 5]


async def test_a_conversation_made_meanwhile_is_given_whole(store: Store, new_pen: NewPen) -> None:
    home, other = new_pen(), new_pen()
    offset = await deliver(store, home, created(ANN))
    await deliver(store, other, created(BEN, ANN), said("hi", BEN))
    assert await seqs(store, offset) == [1, 2]


async def test_of_a_conversation_deleted_meanwhile_that_alone_is_given_or_nothing_at_all(
    store: Store, new_pen: NewPen
) -> None:
    first, later, home = new_pen(), new_pen(), new_pen()
    await deliver(store, first, created(BEN, ANN))
    await deliver(store, later, created(BEN), JOINING)
    offset = await deliver(store, home, created(ANN))
    for pen in (first, later):
        await deliver(store, pen, said("last words", BEN), ConversationDeleted(actor_id=BEN))
    found = await missed(store, offset)
    if found is not None:  # a store that does not remember who was in it refuses
        assert [type(placed.entry) for placed in found] == [ConversationDeleted] * 2


async def test_a_deletion_that_is_still_to_be_delivered_leaves_nothing_to_be_given(
    store: Store, new_pen: NewPen
) -> None:
    """The list by which somebody comes in is without that conversation already, so nobody would tell them."""
    gone, other, home = new_pen(), new_pen(), new_pen()
    await deliver(store, gone, created(BEN, ANN))
    await deliver(store, other, created(BEN))
    offset = await deliver(store, home, created(ANN))
    await deliver(store, home, said("missed"))
    await store.write(other, ConversationDeleted(actor_id=BEN))
    assert await seqs(store, offset) == [2]
    await store.write(gone, ConversationDeleted(actor_id=BEN))
    if store.replays.bus_epoch == "log":  # of this process's own order nobody knows what is to come
        assert await missed(store, offset) is None


async def test_who_had_left_a_conversation_is_not_told_that_it_was_deleted(
    store: Store, new_pen: NewPen
) -> None:
    gone, never, home = new_pen(), new_pen(), new_pen()
    await deliver(store, gone, created(BEN, ANN), LEAVING)
    await deliver(store, never, created(BEN))
    offset = await deliver(store, home, created(ANN))
    for pen in (gone, never):
        await deliver(store, pen, ConversationDeleted(actor_id=BEN))
    assert await missed(store, offset) in ([], None)


async def test_more_than_the_bounds_allow_is_not_given_at_all(store: Store, pen: Pen) -> None:
    offset = await deliver(store, pen, created(ANN))
    await deliver(store, pen, *(said("x" * 100) for _ in range(5)))
    assert len(await missed(store, offset, bounds=Bounds(5, 10_000))) == 5
    assert await missed(store, offset, bounds=Bounds(4, 10_000)) is None
    assert await missed(store, offset, bounds=Bounds(5, 500)) is None


async def test_who_is_nobody_missed_nothing(store: Store, pen: Pen) -> None:
    offset = await deliver(store, pen, created(BEN))
    await deliver(store, pen, said("on", BEN))
    assert await missed(store, offset) == []
