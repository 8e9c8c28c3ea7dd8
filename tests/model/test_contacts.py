"""What becomes of two people's lists."""

import pytest

from parley.model.contacts import (
    Contact,
    ContactChanges,
    Pair,
    accepted,
    added,
    changed,
    check_changes,
    declined,
    removed,
    withdrawn,
)
from parley.model.errors import Invalid, NotFound, TooLarge
from parley.model.ids import UserId
from parley.model.instants import timestamp

ANN, BEN = UserId("ann"), UserId("ben")
THEN, NOW = timestamp(0), timestamp(1)


def contact(user_id: UserId, status: str = "accepted", **more: object) -> Contact:
    return Contact(user_id=user_id, status=status, since=THEN, **more)


def add(pair: Pair, *, by_request: bool = False) -> Pair:
    return added(pair, ANN, BEN, NOW, by_request=by_request)


BOTH = Pair(contact(BEN), contact(ANN))
ASKED = Pair(contact(BEN, "outgoing"), contact(ANN, "incoming"))
ASKING = Pair(contact(BEN, "incoming"), contact(ANN, "outgoing"))


def statuses(pair: Pair) -> tuple[str | None, str | None]:
    mine, theirs = (one and one.status for one in (pair.mine, pair.theirs))
    return mine, theirs


@pytest.mark.parametrize(
    ("before", "by_request", "after"),
    [
        (Pair(), False, ("accepted", None)),
        (Pair(), True, ("outgoing", "incoming")),
        (Pair(None, contact(ANN)), True, ("accepted", "accepted")),
        (ASKED, True, ("outgoing", "incoming")),
        (ASKED, False, ("accepted", None)),
        (ASKING, True, ("accepted", "accepted")),
        (ASKING, False, ("accepted", "accepted")),
        (BOTH, True, ("accepted", "accepted")),
    ],
)
def test_adding_asks_only_who_must_be_asked(before, by_request, after):
    assert statuses(add(before, by_request=by_request)) == after


def test_adding_again_changes_nothing():
    for pair, by_request in ((BOTH, False), (ASKED, True)):
        assert add(pair, by_request=by_request) == pair


def test_accepting_puts_each_on_the_others_list_and_keeps_what_was_noted():
    asking = Pair(contact(BEN, "incoming"), contact(ANN, "outgoing", notes="from work"))
    after = accepted(asking, NOW)
    assert statuses(after) == ("accepted", "accepted")
    assert (after.theirs.notes, after.theirs.since) == ("from work", NOW)
    assert accepted(after, NOW) == after


@pytest.mark.parametrize("pair", [Pair(), ASKED, Pair(None, contact(ANN))])
def test_nobody_accepts_what_was_not_asked(pair):
    with pytest.raises(NotFound):
        accepted(pair, NOW)


def test_removing_leaves_the_others_list_alone_but_ends_requests():
    assert removed(BOTH) == Pair(None, contact(ANN))
    assert removed(ASKED) == removed(ASKING) == removed(Pair()) == Pair()


def test_declining_ends_a_request_and_nothing_else():
    assert declined(ASKING) == Pair()
    for pair in (BOTH, ASKED, Pair()):
        assert declined(pair) == pair


def test_a_block_ends_requests_and_leaves_lists():
    assert withdrawn(ASKED) == withdrawn(ASKING) == Pair()
    assert withdrawn(BOTH) == BOTH


def test_what_is_kept_with_a_contact_is_set_or_taken_away_field_by_field():
    after = changed(BOTH, ContactChanges(name="Benny", data={"a": 1}))
    assert (after.mine.name, after.mine.notes, after.mine.data) == ("Benny", None, {"a": 1})
    assert changed(after, ContactChanges(name=None)).mine.data == {"a": 1}
    assert after.theirs == BOTH.theirs
    with pytest.raises(NotFound):
        changed(Pair(None, contact(ANN)), ContactChanges(name="x"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (ContactChanges(name=" "), Invalid),
        (ContactChanges(name="x" * 81), TooLarge),
        (ContactChanges(notes="a\0b"), Invalid),
        (ContactChanges(notes="x" * 2_001), TooLarge),
        (ContactChanges(data={"x": "y" * 5_000}), TooLarge),
    ],
)
def test_what_can_not_be_kept_is_refused(changes, error):
    with pytest.raises(error):
        check_changes(changes)


def test_a_turned_pair_is_the_other_side():
    assert ASKED.turned.turned == ASKED
