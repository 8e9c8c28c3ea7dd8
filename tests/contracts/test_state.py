"""What `Log.load` promises: the state after every entry, whatever the entry is."""

import pytest

from parley.model.conversations import State, fold
from parley.model.entries import (
    Changes,
    ConversationChanged,
    ConversationDeleted,
    Entry,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessagePinned,
    MessageUnpinned,
)
from parley.model.ids import UserId
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN, CAT, Pen, created, said


def left(user_id: UserId, owner_id: UserId | None = None) -> MemberLeft:
    return MemberLeft(actor_id=user_id, user_id=user_id, reason="left", owner_id=owner_id)


def changed(**changes: object) -> ConversationChanged:
    return ConversationChanged(actor_id=ANN, changes=Changes(**changes))


LOGS: dict[str, list[Entry]] = {
    "a group": [created(ANN, BEN, name="Home")],
    "a direct conversation": [created(ANN, BEN, kind="direct")],
    "messages are counted": [created(ANN), said("one"), said("two")],
    "someone joined": [created(ANN), MemberJoined(actor_id=ANN, user_id=BEN, role="guest")],
    "someone left": [created(ANN, BEN, CAT), left(CAT)],
    "someone left and came back": [
        created(ANN, BEN),
        left(BEN),
        MemberJoined(actor_id=ANN, user_id=BEN, role="admin"),
    ],
    "ownership passed on": [created(ANN, BEN, CAT), left(ANN, BEN)],
    "a role changed": [created(ANN, BEN), MemberChanged(actor_id=ANN, user_id=BEN, role="admin")],
    "a stranger has no role": [
        created(ANN),
        MemberChanged(actor_id=ANN, user_id=BEN, role="admin"),
    ],
    "an owner made another one owner": [
        created(ANN, BEN),
        MemberChanged(actor_id=ANN, user_id=BEN, role="owner"),
    ],
    "an owner made a stranger owner": [
        created(ANN),
        MemberChanged(actor_id=ANN, user_id=BEN, role="owner"),
    ],
    "an owner stayed one": [created(ANN), MemberChanged(actor_id=ANN, user_id=ANN, role="owner")],
    "someone else than the owner made an owner": [
        created(ANN, BEN, CAT),
        MemberChanged(actor_id=CAT, user_id=BEN, role="owner"),
    ],
    "an empty room was joined": [
        created(ANN, kind="room"),
        left(ANN),
        MemberJoined(actor_id=BEN, user_id=BEN, role="owner"),
    ],
    "a room was renamed and deleted": [
        created(ANN, kind="room", name="Hall"),
        changed(name="Attic"),
        ConversationDeleted(actor_id=ANN),
    ],
    "a creation was barred": [ConversationDeleted(actor_id=ANN)],
    "the last one left a group": [created(ANN), left(ANN)],
    "the last one left a room": [created(ANN, kind="room"), left(ANN)],
    "it was named": [created(ANN), changed(name="Home", topic="tea", avatar="m", data={"a": [1]})],
    "only the topic changed": [created(ANN, name="Home"), changed(topic="tea")],
    "the name was taken away": [created(ANN, name="Home"), changed(name=None)],
    "it was deleted": [
        created(ANN, BEN),
        said("one"),
        MessagePinned(actor_id=ANN, message_seq=2),
        ConversationDeleted(actor_id=ANN),
    ],
    "a message was pinned": [
        created(ANN, BEN),
        said("one"),
        MessagePinned(actor_id=BEN, message_seq=2),
    ],
    "a message was pinned again by someone else": [
        created(ANN, BEN),
        said("one"),
        MessagePinned(actor_id=BEN, message_seq=2),
        MessagePinned(actor_id=ANN, message_seq=2),
    ],
    "a message was unpinned": [
        created(ANN),
        said("one"),
        MessagePinned(actor_id=ANN, message_seq=2),
        MessageUnpinned(actor_id=ANN, message_seq=2),
    ],
    "a message was deleted": [
        created(ANN),
        said("one"),
        MessageDeleted(actor_id=ANN, message_seq=2),
    ],
}


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS.keys())
async def test_the_state_follows_every_entry(store: Store, pen: Pen, log: list[Entry]) -> None:
    records = pen.records(*log)
    appended = await store.log.append(pen.conversation_id, 0, records)
    assert appended.stopped is None
    expected = fold(pen.conversation_id, [record.entry for record in records])
    assert await store.log.load(pen.conversation_id) == expected


async def test_there_is_no_state_where_there_is_no_entry(store: Store, pen: Pen) -> None:
    assert await store.log.load(pen.conversation_id) == State(pen.conversation_id)


async def test_a_loaded_state_is_the_callers_own(store: Store, pen: Pen) -> None:
    await store.write(pen, created(ANN, BEN))
    loaded = await store.log.load(pen.conversation_id)
    loaded.members.clear()
    loaded.head = 99
    assert (await store.log.load(pen.conversation_id)).members.keys() == {ANN, BEN}
