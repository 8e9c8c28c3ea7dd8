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
from parley.model.messages import Facts, advanced, as_shown, facts_of, followed, versions

ANN, BEN = UserId("ann"), UserId("ben")
MESSAGE = MessageNew(actor_id=ANN, seq=2, at=timestamp(2), body="hello")


def added(emoji: str, by: UserId = BEN, seq: int = 3) -> Entry:
    return ReactionAdded(actor_id=by, seq=seq, message_seq=2, emoji=emoji)


def removed(emoji: str, by: UserId = BEN, seq: int = 4) -> Entry:
    return ReactionRemoved(actor_id=by, seq=seq, message_seq=2, emoji=emoji)


def test_a_message_has_its_sender_and_what_people_reacted_with() -> None:
    aftermath = followed([added("+"), added("+", ANN), added("-"), removed("-")])
    assert facts_of(MESSAGE, aftermath) == Facts(ANN, False, {"+": frozenset({ANN, BEN})})


def test_the_same_entry_again_changes_nothing() -> None:
    aftermath = followed([added("+")])
    assert followed([added("+")], aftermath) == aftermath
    facts = facts_of(MESSAGE, aftermath)
    assert advanced(facts, added("+")) == facts


def test_what_is_reflected_already_may_be_followed_again() -> None:
    entries = [added("+", seq=3), removed("+", seq=4), added("+", seq=5), removed("+", seq=6)]
    for known in range(len(entries) + 1):
        since = followed(entries[:known])
        for start in range(known + 1):
            assert followed(entries[start:], since) == followed(entries)


def test_a_deleted_message_has_no_reactions_left() -> None:
    deletion = MessageDeleted(actor_id=ANN, seq=4, message_seq=2)
    aftermath = followed([added("+"), deletion, added("-", seq=5)])
    assert facts_of(MESSAGE, aftermath) == Facts(ANN, deleted=True)
    assert aftermath.changed_seq == 5


def test_history_shows_reactions_pin_and_what_changed_a_message_last() -> None:
    pin = MessagePinned(actor_id=BEN, seq=5, message_seq=2)
    shown = as_shown(MESSAGE, followed([added("+"), pin]))
    assert (shown.reactions, shown.pinned, shown.changed_seq) == ({"+": [BEN]}, True, 5)
    unpin = MessageUnpinned(actor_id=BEN, seq=6, message_seq=2)
    assert not as_shown(MESSAGE, followed([pin, unpin])).pinned


def test_reactions_are_shown_in_order_of_the_oldest_that_stands() -> None:
    entries = [added("+", ANN, 3), added("-", ANN, 4), added("+", BEN, 5), removed("+", ANN, 6)]
    assert list(as_shown(MESSAGE, followed(entries)).reactions) == ["-", "+"]


def test_a_message_that_nobody_spoke_of_is_shown_as_it_is() -> None:
    assert as_shown(MESSAGE, followed([])) is MESSAGE


def test_every_body_that_a_message_had_is_a_version() -> None:
    edit = MessageEdited(actor_id=ANN, at=timestamp(9), message_seq=2, body="hello!")
    found = versions("hello", MESSAGE.at, [edit])
    assert [(version.body, version.at) for version in found] == [
        ("hello", timestamp(2)),
        ("hello!", timestamp(9)),
    ]
