"""Access tokens: what is signed, for how long, and what is refused."""

import secrets

import jwt
import pytest

from parley.adapters.security.tokens import JwtTokens
from parley.model.errors import TokenExpired, Unauthenticated
from parley.model.ids import SessionId, UserId
from parley.model.sessions import Identity

SECRET = b"0123456789abcdef0123456789abcdef"
ANNA = Identity(UserId("anna"), SessionId("phone"))
NOW = 1_767_225_600_000


def tokens(secret: bytes = SECRET, **options: object) -> JwtTokens:
    return JwtTokens(secret, random=secrets.token_bytes, **options)


def test_a_token_says_whose_session_it_is_and_until_when():
    token, expires_in = tokens(lifetime_s=900).issue(ANNA, NOW)
    assert expires_in == 900
    assert tokens().verify(token, NOW) == (ANNA, NOW + 900_000)


def test_its_claims_are_those_of_the_reference():
    token, _ = tokens().issue(ANNA, NOW)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"sub", "sid", "iss", "aud", "exp", "iat", "jti"}
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_two_tokens_of_the_same_instant_differ():
    service = tokens()
    assert service.issue(ANNA, NOW) != service.issue(ANNA, NOW)


def test_it_expires_to_the_millisecond_also_when_it_is_remembered():
    service = tokens(lifetime_s=10)
    token, _ = service.issue(ANNA, NOW)
    service.verify(token, NOW + 9_999)
    with pytest.raises(TokenExpired):
        service.verify(token, NOW + 10_000)


def forged(**changes: object) -> str:
    claims = {
        "sub": "anna",
        "sid": "phone",
        "iss": "parley",
        "aud": "parley",
        "iat": NOW // 1000,
        "exp": NOW // 1000 + 900,
        "jti": "x",
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, SECRET, algorithm="HS256")


def test_the_forger_of_these_tests_can_make_a_good_one():
    assert tokens().verify(forged(), NOW)[0] == ANNA


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rubbish",
        "a.b.c",
        "é.è.ê",
        "\ud800",
        "x" * 5_000,
        forged(aud="another"),
        forged(iss="another"),
        forged(sid=None),
        forged(exp=None),
        forged(exp="soon"),
        forged(sub=None),
        forged(jti=None),
        jwt.encode({"sub": "anna", "sid": "phone"}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": "anna", "sid": "phone", "aud": "parley"}, "", algorithm="none"),
    ],
)
def test_what_was_never_good_is_refused(token):
    with pytest.raises(Unauthenticated) as refused:
        tokens().verify(token, NOW)
    assert refused.type is Unauthenticated


def test_a_token_signed_with_another_secret_or_changed_is_refused():
    token, _ = tokens(b"another secret, also of 32 bytes").issue(ANNA, NOW)
    with pytest.raises(Unauthenticated):
        tokens().verify(token, NOW)
    good, _ = tokens().issue(ANNA, NOW)
    head, body, signature = good.split(".")
    with pytest.raises(Unauthenticated):
        tokens().verify(f"{head}.{body[:-2]}AA.{signature}", NOW)


def test_a_secret_shorter_than_the_hash_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        tokens(b"short")


def test_a_remembered_token_is_not_verified_again(monkeypatch):
    service = tokens(remembered=1)
    first, _ = service.issue(ANNA, NOW)
    second, _ = service.issue(ANNA, NOW)
    service.verify(first, NOW)
    monkeypatch.setattr(jwt, "decode", lambda *_args, **_options: pytest.fail("verified again"))
    assert service.verify(first, NOW)[0] == ANNA
    with pytest.raises(pytest.fail.Exception):
        service.verify(second, NOW)
