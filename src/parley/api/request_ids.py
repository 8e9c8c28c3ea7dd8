"""What a request is called, in its answer and in the log."""

import re
import secrets

from litestar.types import Scope

HEADER = b"x-request-id"
_STATE = "parley_request_id"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_RANDOM_BYTES = 12


def request_id(scope: Scope) -> bytes:
    """The name that the client or a proxy gave it, if it is well-formed; else one made here. The same each time."""
    state = scope["state"]
    name: bytes | None = state.get(_STATE)
    if name is None:
        name = state[_STATE] = _given(scope) or secrets.token_urlsafe(_RANDOM_BYTES).encode()
    return name


def _given(scope: Scope) -> bytes | None:
    for header, value in scope["headers"]:
        if header == HEADER and _WELL_FORMED.fullmatch(value):
            return value
    return None
