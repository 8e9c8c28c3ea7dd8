"""What `Log.catch_up` promises."""

from collections.abc import Mapping

from parley.model.entries import MemberJoined, MemberLeft, MessageDeleted, MessageEdited, MessageNew
from parley.model.ids import ConversationId
from parley.ports.log import CatchUp
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, Pen, created, said

PLENTY = 1_000_000


async def missed_by_ann(
    store: Store,
    cursors: Mapping[ConversationId, int],
    *,
    limit: int = 500,
    most_bytes: int = PLENTY,
) -> CatchUp:
    return await store.log.catch_up(ANN, cursors, limit, most_bytes)


async def test_a_conversation_not_named_comes_with_its_head_alone(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("one"))
    (caught,) = (await missed_by_ann(store, {})).conversations
    assert caught.conversation_id == pen.conversation_id
    assert caught.head == 2
    assert list(caught.entries) == []


async def test_the_entries_after_the_cursor_come_in_order(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("2"), said("3"), said("4"))
    (caught,) = (await missed_by_ann(store, {pen.conversation_id: 2})).conversations
    assert [entry.seq for entry in caught.entries] == [3, 4]
    assert caught.head == 4


async def test_entries_come_with_their_present_content(store: Store, pen: Pen) -> None:
    await store.write(
        pen,
        created(ANN),
        said("first"),
        said("gone"),
        MessageEdited(actor_id=ANN, message_seq=2, body="second"),
        MessageDeleted(actor_id=ANN, message_seq=3),
    )
    (caught,) = (await missed_by_ann(store, {pen.conversation_id: 1})).conversations
    bodies = [entry.body for entry in caught.entries if isinstance(entry, MessageNew)]
    assert bodies == ["second", ""]


async def test_a_cursor_at_or_beyond_the_head_brings_nothing(store: Store, new_pen: NewPen) -> None:
    at, beyond = new_pen(), new_pen()
    for pen in (at, beyond):
        await store.write(pen, created(ANN), said("one"))
    caught_up = await missed_by_ann(store, {at.conversation_id: 2, beyond.conversation_id: 9})
    assert [(caught.head, list(caught.entries)) for caught in caught_up.conversations] == [
        (2, []),
        (2, []),
    ]


async def test_the_latest_active_comes_first(store: Store, new_pen: NewPen) -> None:
    first, second, third = new_pen(), new_pen(), new_pen()
    for pen in (first, second, third):
        await store.write(pen, created(ANN))
    await store.write(first, said("awake"))
    order = [caught.conversation_id for caught in (await missed_by_ann(store, {})).conversations]
    assert order == [pen.conversation_id for pen in (first, third, second)]


async def test_the_limit_holds_over_all_conversations(store: Store, new_pen: NewPen) -> None:
    quiet, busy = new_pen(), new_pen()
    await store.write(quiet, created(ANN), said("2"), said("3"))
    await store.write(busy, created(ANN), said("2"), said("3"))
    cursors = {quiet.conversation_id: 0, busy.conversation_id: 0}
    caught_up = await missed_by_ann(store, cursors, limit=4)
    assert [[entry.seq for entry in caught.entries] for caught in caught_up.conversations] == [
        [1, 2, 3],
        [1],
    ]


async def test_an_answer_holds_about_so_many_bytes_and_at_least_one_entry(
    store: Store, pen: Pen
) -> None:
    await store.write(pen, created(ANN), *(said("x" * 1000) for _ in range(10)))
    cursors = {pen.conversation_id: 1}
    (caught,) = (await missed_by_ann(store, cursors, most_bytes=3500)).conversations
    assert 2 <= len(caught.entries) <= 4
    (caught,) = (await missed_by_ann(store, cursors, most_bytes=1)).conversations
    assert [entry.seq for entry in caught.entries] == [2]


async def test_who_left_is_told_when(store: Store, pen: Pen) -> None:
    leaving = MemberLeft(actor_id=ANN, user_id=ANN, reason="left")
    back = MemberJoined(actor_id=BEN, user_id=ANN, role="member")
    await store.write(pen, created(BEN, ANN), leaving, back, said("hi", BEN), leaving)
    await store.write(pen, said("after", BEN))
    caught_up = await missed_by_ann(store, {pen.conversation_id: 1})
    assert list(caught_up.conversations) == []
    assert caught_up.lost == {pen.conversation_id: 5}


async def test_what_is_not_theirs_is_lost_at_0(store: Store, pen: Pen) -> None:
    await store.write(
        pen, created(BEN), MemberLeft(actor_id=BEN, user_id=BEN, reason="left"), said("x", BEN)
    )
    nowhere = ConversationId("nowhere")
    caught_up = await missed_by_ann(store, {pen.conversation_id: 3, nowhere: 1})
    assert caught_up.lost == {pen.conversation_id: 0, nowhere: 0}


async def test_what_was_left_unnamed_is_not_told(store: Store, pen: Pen) -> None:
    leaving = MemberLeft(actor_id=ANN, user_id=ANN, reason="left")
    await store.write(pen, created(BEN, ANN), leaving)
    assert await missed_by_ann(store, {}) == CatchUp([], {})
