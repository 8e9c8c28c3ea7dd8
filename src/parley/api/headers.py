"""Headers on every answer: the request's id, and what browsers must not do with it."""

from litestar.enums import ScopeType
from litestar.types import Message, Scope

from parley.api.request_ids import HEADER, request_id

SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
)
UNLESS_SET = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""For JSON about people. A page or a file brings its own."""

TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Headers:
    """Runs just before an answer goes out, whoever made it: a handler, the router, or an error."""

    def __init__(self, *, tls: bool) -> None:
        self._always = (*SECURITY, TLS_ONLY) if tls else SECURITY

    async def __call__(self, message: Message, scope: Scope) -> None:
        """Add them to the start of an answer."""
        if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
            return
        headers = [*message["headers"], *self._always, (HEADER, request_id(scope))]
        present = {name.lower() for name, _ in headers}
        headers += [header for header in UNLESS_SET if header[0] not in present]
        message["headers"] = headers
