"""The HTTP request that opened a connection, as an application sees it."""

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from parley.socketio.protocol.handshake import UpgradeRequest


class Request:
    """Method, target and headers of a request; kept as it came, since most are never asked for."""

    __slots__ = ("_headers", "_query", "address", "method", "path", "secure")

    def __init__(
        self,
        head: UpgradeRequest | Mapping[str, str],
        method: str,
        target: str,
        address: str | None,
        secure: bool,
    ) -> None:
        """Takes the peer's address as the transport or the ASGI server tells it."""
        path, _, self._query = target.partition("?")
        self._headers = head
        self.path = unquote(path)
        self.method = method
        self.address = address
        self.secure = secure

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any]) -> Self:
        """Returns the request of an ASGI scope of type `http`."""
        headers: dict[str, str] = {}
        for name_bytes, value_bytes in scope["headers"]:
            name = name_bytes.decode("latin-1")
            value = value_bytes.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        client = scope.get("client")
        target = f"{scope['path'].replace('%', '%25')}?{scope['query_string'].decode('latin-1')}"
        secure = scope.get("scheme") == "https"
        return cls(headers, scope["method"], target, client[0] if client else None, secure)

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name; parsed at each access, so hold on to it."""
        if isinstance(self._headers, UpgradeRequest):
            return self._headers.headers()
        return self._headers

    @property
    def query(self) -> dict[str, str]:
        """By name, the last one of repeated ones; parsed at each access, so hold on to it."""
        return dict(parse_qsl(self._query, keep_blank_values=True))


class Handshake:
    """A connection's request, and what the client sent as `auth` to this namespace."""

    __slots__ = ("auth", "request")

    def __init__(self, request: Request, auth: dict[str, Any] | None) -> None:
        self.request = request
        self.auth = auth

    @property
    def headers(self) -> Mapping[str, str]:
        """See `Request.headers`."""
        return self.request.headers

    @property
    def query(self) -> dict[str, str]:
        """See `Request.query`."""
        return self.request.query

    @property
    def path(self) -> str:
        """Without the query, unescaped."""
        return self.request.path

    @property
    def address(self) -> str | None:
        """The peer's, None where the transport has none."""
        return self.request.address

    @property
    def secure(self) -> bool:
        """Whether the transport is TLS."""
        return self.request.secure
