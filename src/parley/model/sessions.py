"""Sessions: a device signed in, and the chain of refresh tokens that keeps it so.

A refresh token is `{session_id}.{secret}`. The next secret is HMAC(the session's key, the token shown), so two tabs
that show the same token at once get the same next one, and nobody can make it from what the store keeps. Where an
answer was lost, the session gets another key, and with it another next token in place of the one that nobody used.
"""

import base64
import hashlib
import hmac

import msgspec
from msgspec import Struct

from parley.model.accounts import Me
from parley.model.errors import SessionRevoked, TokenExpired, Unauthenticated
from parley.model.ids import RandomBytes, SessionId, UserId, random_id
from parley.model.instants import Timestamp, timestamp

SECRET_BYTES = 32
GRACE_MS = 10_000
"""For so long the loser of a race between tabs gets the token that the winner got."""

MOST_DEVICE_CHARS = 200


class Session(Struct, frozen=True, kw_only=True):
    """A device signed in. Instants in milliseconds since 1970; the refresh tokens themselves are kept nowhere.

    `key` makes the next refresh token from the one shown; `current` and `previous` are the hashes of the two latest.
    """

    session_id: SessionId
    user_id: UserId
    device: str
    address: str
    created_ms: int
    used_ms: int
    expires_ms: int
    key: bytes
    current: bytes
    previous: bytes | None = None
    rotated_ms: int = 0
    revoked: bool = False


class Device(Struct, frozen=True):
    """Whence someone signs in: a name for the list of their sessions, and the address of their network."""

    name: str = ""
    address: str = ""


SOMEWHERE = Device()


class SessionView(Struct, frozen=True, kw_only=True):
    """A session as its own person sees it. `used_at` and `address` are those of its latest sign-in or refresh."""

    session_id: SessionId
    device: str
    address: str
    created_at: Timestamp
    used_at: Timestamp
    current: bool


class Identity(Struct, frozen=True):
    """Who is asking, as an authenticated session says; never as a payload does."""

    user_id: UserId
    session_id: SessionId


class Grant(Struct, frozen=True, kw_only=True):
    """What a device goes on with: an access token for `expires_in` seconds, and the refresh token to show then."""

    access_token: str
    expires_in: int
    refresh_token: str


class SignedIn(Grant, frozen=True, kw_only=True):
    """What a person gets who signs in; `epoch` names the store that their client's cursors will belong to."""

    user: Me
    epoch: str


class Reused(Exception):
    """A refresh token was shown that had been replaced: someone else has it too, so the session must end."""


def opened(
    user_id: UserId,
    *,
    device: Device,
    now_ms: int,
    lifetime_ms: int,
    random: RandomBytes,
) -> tuple[Session, str]:
    """A new session, and its first refresh token."""
    session_id = SessionId(random_id(random))
    token = _token(session_id, random(SECRET_BYTES))
    session = Session(
        session_id=session_id,
        user_id=user_id,
        device=device.name,
        address=device.address,
        created_ms=now_ms,
        used_ms=now_ms,
        expires_ms=now_ms + lifetime_ms,
        key=random(SECRET_BYTES),
        current=_hash(token),
    )
    return session, token


def session_of(token: str) -> SessionId:
    """The session that a refresh token names.

    Raises:
        Unauthenticated: It has not the shape of one.
    """
    session_id, dot, secret = token.partition(".")
    if not (token.isascii() and session_id and dot and secret):
        raise Unauthenticated
    return SessionId(session_id)


def rotated(
    session: Session,
    shown: str,
    *,
    address: str,
    now_ms: int,
    lifetime_ms: int,
    random: RandomBytes,
) -> tuple[Session, str]:
    """The session after this refresh token was shown from this address, and the token to go on with.

    `shown` may be the one before, as long as nobody has shown its successor. Within the grace someone else rotated it:
    that is the same session, and the same successor. Later an answer was lost, or `shown` was copied: it gets another
    successor, and the first one is void. So of two who hold the tokens of a session one shows a void one sooner or
    later, and it ends.

    Raises:
        SessionRevoked: The session was ended before.
        TokenExpired: Nobody refreshed it for its whole lifetime.
        Reused: `shown` is older than that, or void; the caller ends the session. Whoever shows any token with the id of
            a session, which is as unguessable as a secret, has held one of its tokens.
    """
    if session.revoked:
        raise SessionRevoked
    if now_ms >= session.expires_ms:
        raise TokenExpired
    digest = _hash(shown)
    key = session.key
    if hmac.compare_digest(digest, session.previous or b""):
        if now_ms - session.rotated_ms <= GRACE_MS:
            return session, _successor(session.session_id, key, shown)
        key = random(SECRET_BYTES)
    elif not hmac.compare_digest(digest, session.current):
        raise Reused
    successor = _successor(session.session_id, key, shown)
    after = msgspec.structs.replace(
        session,
        address=address,
        key=key,
        current=_hash(successor),
        previous=digest,
        rotated_ms=now_ms,
        used_ms=now_ms,
        expires_ms=now_ms + lifetime_ms,
    )
    return after, successor


def as_view(session: Session, current: SessionId) -> SessionView:
    """The session as its person sees it from the session `current`."""
    return SessionView(
        session_id=session.session_id,
        device=session.device,
        address=session.address,
        created_at=timestamp(session.created_ms),
        used_at=timestamp(session.used_ms),
        current=session.session_id == current,
    )


def _successor(session_id: SessionId, key: bytes, shown: str) -> str:
    return _token(session_id, hmac.digest(key, shown.encode(), hashlib.sha256))


def _token(session_id: SessionId, secret: bytes) -> str:
    return f"{session_id}.{base64.urlsafe_b64encode(secret).rstrip(b'=').decode()}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
