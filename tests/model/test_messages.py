"""What is folded from the entries aimed at a message."""

from parley.model.entries import (
    Entry,
    MessageDeleted,
    MessageEdited,
    MessageNew,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
)
from parley.model.ids import UserId
from parley.model.instants import timestamp
from parley.model.messages import Facts, advanced, as_shown, folded_facts, versions

ANN, BEN = UserId("ann"), UserId("ben")
MESSAGE = MessageNew(actor_id=ANN, seq=2, at=timestamp(2), body="hello")


def added(emoji: str, by: UserId = BEN, seq: int = 3) -> Entry:
    return ReactionAdded(actor_id=by, seq=seq, message_seq=2, emoji=emoji)


def removed(emoji: str, by: UserId = BEN, seq: int = 4) -> Entry:
    return ReactionRemoved(actor_id=by, seq=seq, message_seq=2, emoji=emoji)


def test_a_message_has_its_sender_and_what_people_reacted_with() -> None:
    facts = folded_facts(MESSAGE, [added("+"), added("+", ANN), added("-"), removed("-")])
    assert facts == Facts(ANN, False, {"+": frozenset({ANN, BEN})})


def test_the_same_entry_again_changes_nothing() -> None:
    facts = folded_facts(MESSAGE, [added("+")])
    assert advanced(facts, added("+")) == facts


def test_a_deleted_message_has_no_reactions_left() -> None:
    deletion = MessageDeleted(actor_id=ANN, message_seq=2)
    assert folded_facts(MESSAGE, [added("+"), deletion, added("-")]) == Facts(ANN, deleted=True)


def test_history_shows_reactions_pin_and_what_changed_a_message_last() -> None:
    pin = MessagePinned(actor_id=BEN, seq=5, message_seq=2)
    shown = as_shown(MESSAGE, [added("+"), pin])
    assert (shown.reactions, shown.pinned, shown.changed_seq) == ({"+": [BEN]}, True, 5)
    unpin = MessageUnpinned(actor_id=BEN, seq=6, message_seq=2)
    assert not as_shown(MESSAGE, [pin, unpin]).pinned


def test_a_message_that_nobody_spoke_of_is_shown_as_it_is() -> None:
    assert as_shown(MESSAGE, []) is MESSAGE


def test_every_body_that_a_message_had_is_a_version() -> None:
    edit = MessageEdited(actor_id=ANN, at=timestamp(9), message_seq=2, body="hello!")
    found = versions("hello", MESSAGE.at, [added("+"), edit])
    assert [(version.body, version.at) for version in found] == [
        ("hello", timestamp(2)),
        ("hello!", timestamp(9)),
    ]
