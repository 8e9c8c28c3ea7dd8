"""Pages of which sites may connect, and the CORS headers that tell browsers so."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from parley.socketio.config import Config


def origin_allowed(config: Config, headers: Mapping[str, str]) -> bool:
    """Whether the request comes from no page at all, from our own site, or from an allowed one."""
    origin = headers.get("origin")
    if origin is None:
        return True
    allowed = config.allowed_origins
    if allowed is not None and ("*" in allowed or origin in allowed):
        return True
    try:
        own = urlsplit(origin).netloc
    except ValueError:
        return False
    return own == headers.get("host")


def cors_headers(config: Config, headers: Mapping[str, str]) -> Collection[tuple[str, str]]:
    """Returns what lets an allowed page of another site read the answer."""
    allowed = config.allowed_origins
    origin = headers.get("origin")
    if allowed is None:
        return ()
    if "*" in allowed:
        # Never with credentials: any page could then act as whoever is signed in.
        return (("Access-Control-Allow-Origin", "*"),)
    if origin is None or origin not in allowed:
        return (("Vary", "Origin"),)
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


def preflight_headers(headers: Mapping[str, str]) -> Collection[tuple[str, str]]:
    """Returns what a browser asks for before a request with headers of its own."""
    asked = headers.get("access-control-request-headers", "Content-Type")
    return (
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", "600"),
    )
