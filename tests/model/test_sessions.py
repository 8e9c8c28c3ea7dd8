"""The chain of refresh tokens, as pure rules."""

import secrets

import pytest
from msgspec.structs import replace

from parley.model.errors import SessionRevoked, TokenExpired, Unauthenticated
from parley.model.ids import UserId
from parley.model.sessions import (
    GRACE_MS,
    Device,
    Reused,
    Session,
    as_view,
    opened,
    rotated,
    session_of,
)

NOW, LIFETIME = 1_700_000_000_000, 86_400_000


def open_one() -> tuple[Session, str]:
    return opened(
        UserId("anna"),
        device=Device("phone", "192.0.2.1"),
        now_ms=NOW,
        lifetime_ms=LIFETIME,
        random=secrets.token_bytes,
    )


def rotate(session: Session, token: str, now_ms: int = NOW) -> tuple[Session, str]:
    return rotated(
        session,
        token,
        address="198.51.100.7",
        now_ms=now_ms,
        lifetime_ms=LIFETIME,
        random=secrets.token_bytes,
    )


def test_a_token_names_its_session():
    session, token = open_one()
    assert session_of(token) == session.session_id
    assert session_of(rotate(session, token)[1]) == session.session_id


@pytest.mark.parametrize("token", ["", ".", "x", "x.", ".x", "x.\xe9", "x.\ud800"])
def test_what_names_none_is_refused(token):
    with pytest.raises(Unauthenticated):
        session_of(token)


def test_two_sessions_have_nothing_in_common():
    one, other = open_one(), open_one()
    assert one[1] != other[1]
    assert one[0].key != other[0].key


def test_rotating_lengthens_the_session():
    session, token = open_one()
    after, _ = rotate(session, token, NOW + 5_000)
    assert (after.used_ms, after.expires_ms) == (NOW + 5_000, NOW + 5_000 + LIFETIME)
    assert after.session_id == session.session_id


def test_a_session_shows_whence_it_was_used_last_and_nothing_that_opens_it():
    session, token = open_one()
    after, _ = rotate(session, token, NOW + 5_000)
    view = as_view(after, after.session_id)
    assert (view.device, view.address, view.current) == ("phone", "198.51.100.7", True)
    assert view.used_at > view.created_at
    assert not {"key", "current_hash", "previous"} & set(view.__struct_fields__)
    assert not as_view(after, open_one()[0].session_id).current


def test_the_next_token_depends_on_the_token_shown_and_on_the_key_alone():
    session, token = open_one()
    assert rotate(session, token)[1] == rotate(session, token, NOW + 1)[1]
    assert rotate(session, token)[1] != token


def test_the_token_before_gives_the_same_next_one_within_the_grace_and_changes_nothing():
    session, token = open_one()
    after, successor = rotate(session, token)
    assert rotate(after, token, NOW + GRACE_MS) == (after, successor)


def test_who_lost_the_answer_gets_another_next_token_and_the_first_is_void():
    session, token = open_one()
    lost_at, back_at = NOW, NOW + GRACE_MS + 1
    session, lost = rotate(session, token, lost_at)
    session, second = rotate(session, token, back_at)
    assert second != lost
    assert (session.rotated_ms, session.expires_ms) == (back_at, back_at + LIFETIME)
    assert rotate(session, token, back_at + GRACE_MS) == (session, second)
    assert rotate(session, second, back_at)
    with pytest.raises(Reused):
        rotate(session, lost, back_at)


def test_an_answer_may_be_lost_again_and_again():
    session, token = open_one()
    given = set()
    for number in range(5):
        session, successor = rotate(session, token, NOW + number * (GRACE_MS + 1))
        given.add(successor)
    assert len(given) == 5
    assert rotate(session, successor)


@pytest.mark.parametrize("turns", [(0, 1, 0), (0, 0, 1)])
def test_of_two_who_hold_the_same_token_one_is_found_out_with_the_third_refresh(turns):
    session, token = open_one()
    held = [token, token]
    for number, turn in enumerate(turns[:2]):
        session, held[turn] = rotate(session, held[turn], NOW + number * (GRACE_MS + 1))
    with pytest.raises(Reused):
        rotate(session, held[turns[2]], NOW + 2 * (GRACE_MS + 1))


def test_a_clock_set_back_does_not_make_a_thief_of_the_owner():
    session, token = open_one()
    after, successor = rotate(session, token)
    assert rotate(after, token, NOW - 3_600_000) == (after, successor)


def test_the_token_before_the_one_before_is_reused_at_once():
    session, first = open_one()
    session, second = rotate(session, first)
    session, _ = rotate(session, second)
    with pytest.raises(Reused):
        rotate(session, first)


def test_a_token_never_given_counts_as_reused():
    session, token = open_one()
    with pytest.raises(Reused):
        rotate(session, f"{token}x")


def test_an_ended_session_is_ended_for_every_token():
    session, token = open_one()
    revoked = replace(session, revoked=True)
    with pytest.raises(SessionRevoked):
        rotate(revoked, token)


def test_a_session_is_over_when_its_lifetime_is():
    session, token = open_one()
    rotate(session, token, NOW + LIFETIME - 1)
    with pytest.raises(TokenExpired):
        rotate(session, token, NOW + LIFETIME)
