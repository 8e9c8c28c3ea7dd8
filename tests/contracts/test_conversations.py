"""What `Conversations` promises."""

import pytest

from parley.model.entries import (
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
)
from parley.model.ids import ConversationId
from parley.ports.conversations import Membership
from tests.contracts.conftest import NewPen, Store
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


async def listed(
    store: Store, *, kind: str | None = None, before: int | None = None, limit: int = 50
) -> list[ConversationId]:
    found = await store.conversations.listed(ANN, kind=kind, before=before, limit=limit)
    return [conversation.conversation_id for conversation in found]


async def test_memberships_name_every_conversation_with_its_head_and_the_joining(
    store: Store, new_pen: NewPen
) -> None:
    mine, joined, others = new_pen(), new_pen(), new_pen()
    await store.write(mine, created(ANN), said("one"))
    await store.write(
        joined, created(BEN), MemberJoined(actor_id=BEN, user_id=ANN, role="guest"), said("x", BEN)
    )
    await store.write(others, created(BEN))
    assert await store.conversations.memberships(ANN) == {
        mine.conversation_id: Membership(2, 1),
        joined.conversation_id: Membership(3, 2),
    }


async def test_a_conversation_that_was_left_is_no_membership(store: Store, pen: Pen) -> None:
    leaving = MemberLeft(actor_id=ANN, user_id=ANN, reason="left")
    await store.write(pen, created(BEN, ANN), leaving)
    assert await store.conversations.memberships(ANN) == {}
    assert await listed(store) == []


async def test_who_comes_back_is_in_again(store: Store, pen: Pen) -> None:
    leaving = MemberLeft(actor_id=ANN, user_id=ANN, reason="left")
    back = MemberJoined(actor_id=BEN, user_id=ANN, role="member")
    await store.write(pen, created(BEN, ANN), leaving, back)
    assert await store.conversations.memberships(ANN) == {pen.conversation_id: Membership(3, 3)}


async def test_the_list_begins_with_the_latest_message_or_creation(
    store: Store, new_pen: NewPen
) -> None:
    pens = [new_pen() for _ in range(3)]
    first, second, third = pens
    for pen in pens:
        await store.write(pen, created(ANN))
    assert await listed(store) == [pen.conversation_id for pen in (third, second, first)]
    await store.write(first, said("up"))
    assert await listed(store) == [pen.conversation_id for pen in (first, third, second)]


async def test_only_messages_move_a_conversation_up(store: Store, new_pen: NewPen) -> None:
    old, young = new_pen(), new_pen()
    await store.write(old, created(ANN), said("one"))
    await store.write(young, created(ANN))
    await store.write(
        old,
        ReactionAdded(actor_id=ANN, message_seq=2, emoji="+"),
        MessageEdited(actor_id=ANN, message_seq=2, body="two"),
        MemberJoined(actor_id=ANN, user_id=BEN, role="member"),
    )
    assert await listed(store) == [young.conversation_id, old.conversation_id]


async def test_the_list_is_never_stale(store: Store, new_pen: NewPen) -> None:
    pens = [new_pen() for _ in range(3)]
    for pen in pens:
        await store.write(pen, created(ANN))
    for turn in range(30):
        pen = pens[turn % 3]
        await store.write(pen, said(str(turn)))
        assert (await listed(store))[0] == pen.conversation_id


async def test_the_list_is_paged_by_activity(store: Store, new_pen: NewPen) -> None:
    pens = [new_pen() for _ in range(5)]
    for pen in pens:
        await store.write(pen, created(ANN), said("hi"))
    first = await store.conversations.listed(ANN, kind=None, before=None, limit=2)
    second = await store.conversations.listed(ANN, kind=None, before=first[-1].activity, limit=9)
    order = [conversation.conversation_id for conversation in [*first, *second]]
    assert order == [pen.conversation_id for pen in reversed(pens)]
    activities = [conversation.activity for conversation in [*first, *second]]
    assert activities == sorted(set(activities), reverse=True)


@pytest.mark.parametrize("kind", ["direct", "group", "room"])
async def test_the_list_can_be_of_one_kind(store: Store, new_pen: NewPen, kind: str) -> None:
    pens = {name: new_pen() for name in ("direct", "group", "room")}
    for name, pen in pens.items():
        await store.write(pen, created(ANN, kind=name))
    assert await listed(store, kind=kind) == [pens[kind].conversation_id]


async def test_the_list_shows_the_last_message_as_it_is_now(store: Store, pen: Pen) -> None:
    edit = MessageEdited(actor_id=ANN, message_seq=3, body="better")
    await store.write(pen, created(ANN), said("one"), said("two"), edit)
    (conversation,) = await store.conversations.listed(ANN, kind=None, before=None, limit=1)
    assert conversation.last_message is not None
    assert (conversation.last_message.seq, conversation.last_message.body) == (3, "better")


async def test_a_deleted_last_message_is_shown_emptied(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN), said("one"), MessageDeleted(actor_id=ANN, message_seq=2))
    (conversation,) = await store.conversations.listed(ANN, kind=None, before=None, limit=1)
    assert conversation.last_message is not None
    assert conversation.last_message.body == ""
    assert conversation.last_message.deleted_at is not None


async def test_a_conversation_without_messages_has_no_last_one(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN))
    (conversation,) = await store.conversations.listed(ANN, kind=None, before=None, limit=1)
    assert conversation.last_message is None


async def test_a_stranger_has_no_conversations(store: Store, pen: Pen) -> None:
    await store.write(pen, created(BEN))
    assert await store.conversations.memberships(ANN) == {}
    assert await listed(store) == []


async def test_who_is_in_as_many_as_one_may_be_is_known(store: Store, new_pen: NewPen) -> None:
    for _ in range(2):
        await store.write(new_pen(), created(ANN))
    left = MemberLeft(actor_id=BEN, user_id=BEN, reason="left")
    await store.write(new_pen(), created(ANN, BEN), left)
    assert await store.conversations.full([ANN, BEN, CAT], 3) == {ANN}
    assert await store.conversations.full([ANN, BEN], 4) == set()
    assert await store.conversations.full([], 1) == set()
