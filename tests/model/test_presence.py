"""How somebody appears."""

import pytest

from parley.model.ids import UserId
from parley.model.presence import Kept, Presence, appearance, seen, unknown

ANN = UserId("ann")


@pytest.mark.parametrize("chosen", ["online", "away", "busy"])
def test_who_is_here_appears_as_they_chose_and_without_when_they_were_seen(chosen: str) -> None:
    assert appearance(ANN, Kept(chosen, 5), here=True) == Presence(user_id=ANN, status=chosen)


@pytest.mark.parametrize(("chosen", "here"), [("invisible", True), ("busy", False)])
def test_who_is_gone_or_invisible_is_offline_since_they_were_seen(chosen: str, here: bool) -> None:
    assert appearance(ANN, Kept(chosen, 1_500), here=here) == Presence(
        user_id=ANN, status="offline", last_seen_at="1970-01-01T00:00:01.500Z"
    )


def test_of_whom_nothing_is_known_looks_as_one_who_was_never_seen() -> None:
    assert appearance(ANN, Kept(), here=False) == unknown(ANN)


def test_when_somebody_was_seen_moves_forwards_only() -> None:
    assert seen(Kept("away", 5), 4) == seen(Kept("away", 5), None) == Kept("away", 5)
    assert seen(Kept("away", None), 4) == Kept("away", 4)
    assert seen(Kept("away", 4), 5) == Kept("away", 5)
