"""Entries have one shape on every wire."""

import msgspec
import pytest

from parley.model.entries import AnyEntry, Entry, MemberJoined, MessageNew, people_named
from parley.model.ids import ConversationId, UserId
from parley.model.instants import timestamp

MESSAGE = MessageNew(
    conversation_id=ConversationId("c"),
    seq=3,
    at=timestamp(1_700_000_000_123),
    actor_id=UserId("ann"),
    client_id="x",
    messages=2,
    body="hi",
)


def test_an_entry_shows_its_header_and_what_is_not_at_its_default() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MESSAGE)) == {
        "type": "message.new",
        "conversation_id": "c",
        "seq": 3,
        "at": "2023-11-14T22:13:20.123Z",
        "actor_id": "ann",
        "client_id": "x",
        "messages": 2,
        "body": "hi",
    }


def test_a_count_of_no_messages_is_shown() -> None:
    entry = MemberJoined(actor_id=UserId("a"), messages=0, user_id=UserId("b"), role="member")
    assert b'"messages":0' in msgspec.json.encode(entry)


def test_an_entry_is_read_back_by_its_type() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MESSAGE), type=AnyEntry) == MESSAGE


@pytest.mark.parametrize("kind", Entry.__subclasses__())
def test_every_type_is_one_of_any_entry(kind: type[Entry]) -> None:
    assert kind in AnyEntry.__args__


def test_a_message_names_nobody() -> None:
    assert people_named(MESSAGE) == ()
