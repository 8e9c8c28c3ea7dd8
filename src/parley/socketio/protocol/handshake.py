"""The HTTP request that opens a WebSocket, and its answers (RFC 6455, section 4.2)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import NamedTuple

from parley.socketio.protocol.errors import UpgradeError

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Sixteen bytes in base64, as b64decode takes them.
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Content Too Large",
    426: "Upgrade Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class RequestHead(NamedTuple):
    """A request line taken apart, and the header lines as they came."""

    method: str
    target: str
    lines: bytes


def read_request(head: bytes) -> RequestHead:
    """Takes what stands before the empty line; raises UpgradeError if it is no HTTP/1.1."""
    first, _, lines = head.partition(b"\r\n")
    parts = first.split(b" ")
    if parts[2:] != [b"HTTP/1.1"]:
        raise UpgradeError("not an HTTP/1.1 request")
    return RequestHead(parts[0].decode("latin-1"), parts[1].decode("latin-1"), lines)


def read_headers(lines: bytes) -> dict[str, str]:
    """Returns headers by lower-case name; repeated ones joined by commas (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            name = name.lower()
            value = value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def check_upgrade(method: str, headers: Mapping[str, str]) -> str:
    """Returns the key of a proper upgrade request; raises UpgradeError for any other."""
    if method != "GET":
        raise UpgradeError("method is not GET")
    if headers.get("upgrade", "").lower() != "websocket":
        raise UpgradeError("no upgrade to websocket asked for")
    tokens = headers.get("connection", "").lower().split(",")
    if "upgrade" not in [token.strip() for token in tokens]:
        raise UpgradeError("connection is not to be upgraded")
    if headers.get("sec-websocket-version") != "13":
        raise UpgradeError("WebSocket version is not 13", ("Sec-WebSocket-Version", "13"))
    key = headers.get("sec-websocket-key", "")
    if _KEY.fullmatch(key) is None:
        raise UpgradeError("invalid WebSocket key")
    return key


def accept(key: str, extra: Iterable[tuple[str, str]] = ()) -> bytes:
    """Returns the answer that switches to WebSocket."""
    proof = b64encode(sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return b"".join(
        (
            _SWITCH,
            proof,
            b"\r\n",
            *(f"{name}: {value}\r\n".encode("latin-1") for name, value in extra),
            b"\r\n",
        )
    )


def refuse(
    status: int,
    body: bytes = b"",
    content_type: str = "application/json",
    extra: Iterable[tuple[str, str]] = (),
) -> bytes:
    """Returns an answer that ends the connection instead."""
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}",
        "Connection: close",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in extra),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
