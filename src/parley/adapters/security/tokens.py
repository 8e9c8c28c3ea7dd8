"""Access tokens as JWTs signed with HMAC-SHA-256."""

import base64
from functools import lru_cache

import jwt

from parley.model.errors import TokenExpired, Unauthenticated
from parley.model.ids import RandomBytes, SessionId, UserId
from parley.model.sessions import Identity
from parley.ports.tokens import Tokens

ALGORITHM = "HS256"
LEAST_SECRET_BYTES = 32
"""RFC 7518, 3.2: the key is at least as long as the hash."""

MOST_TOKEN_CHARS = 2048
_CLAIMS = ("sub", "sid", "iss", "aud", "exp", "iat", "jti")
_JTI_BYTES = 12


class JwtTokens(Tokens):
    """Signs and verifies with one secret; verified tokens are remembered.

    Verifying with PyJWT takes 26 µs, finding a remembered one 0.1: a client shows the same token with every request.
    What is remembered is only what can't change, the signature and the claims; time is looked at on every call.
    """

    def __init__(
        self,
        secret: bytes,
        *,
        random: RandomBytes,
        issuer: str = "parley",
        audience: str = "parley",
        lifetime_s: int = 900,
        remembered: int = 20_000,
    ) -> None:
        """Sign with `secret`.

        Raises:
            ValueError: It is shorter than the hash, so guessing it would be easier than forging one.
        """
        if len(secret) < LEAST_SECRET_BYTES:
            message = f"the secret must have at least {LEAST_SECRET_BYTES} bytes"
            raise ValueError(message)
        self._secret = secret
        self._random = random
        self._issuer = issuer
        self._audience = audience
        self._lifetime_s = lifetime_s
        self._verified = lru_cache(maxsize=remembered)(self._read)

    def issue(self, identity: Identity, now_ms: int) -> tuple[str, int]:
        issued = now_ms // 1000
        claims = {
            "sub": identity.user_id,
            "sid": identity.session_id,
            "iss": self._issuer,
            "aud": self._audience,
            "iat": issued,
            "exp": issued + self._lifetime_s,
            "jti": base64.urlsafe_b64encode(self._random(_JTI_BYTES)).decode(),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM), self._lifetime_s

    def verify(self, token: str, now_ms: int) -> tuple[Identity, int]:
        if len(token) > MOST_TOKEN_CHARS:
            raise Unauthenticated
        identity, expires_ms = self._verified(token)
        if now_ms >= expires_ms:
            raise TokenExpired
        return identity, expires_ms

    def _read(self, token: str) -> tuple[Identity, int]:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require": list(_CLAIMS),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            expires_ms = int(claims["exp"]) * 1000
        except (jwt.InvalidTokenError, UnicodeError, TypeError, ValueError):
            raise Unauthenticated from None
        identity = Identity(UserId(str(claims["sub"])), SessionId(str(claims["sid"])))
        return identity, expires_ms
