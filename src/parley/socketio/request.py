"""The HTTP request that opened a connection, as an application sees it."""

from collections.abc import Mapping
from sys import intern
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote

from parley.socketio.protocol.handshake import RequestHead, read_headers, read_request


class Request:
    """Method, target and headers of a request; kept as it came, since most are never asked for.

    Once the handshake is over it is without the key of a WebSocket, which is for that alone; so requests of clients of
    one kind are alike, and share their memory.
    """

    __slots__ = ("_head", "_headers", "_parts", "address", "secure")

    def __init__(
        self,
        head: bytes,
        address: str | None,
        secure: bool,
    ) -> None:
        """Takes the head as it came, without the empty line, and the peer's address."""
        self._head: bytes | str = head
        self._parts: RequestHead | None = None
        self._headers: Mapping[str, str] | None = None
        # Connections from one proxy, or one network behind a router, share their address.
        self.address = None if address is None else intern(address)
        self.secure = secure

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any]) -> Self:
        """Returns the request of an ASGI scope of type `http`."""
        target = b"%b?%b" % (quote(scope["path"]).encode(), scope["query_string"])
        first = b"%b %b HTTP/1.1" % (scope["method"].encode(), target)
        head = b"\r\n".join([first, *(b"%b:%b" % pair for pair in scope["headers"])])
        client = scope.get("client")
        secure = scope.get("scheme") == "https"
        return cls(head, client[0] if client else None, secure)

    @property
    def _read(self) -> RequestHead:
        if self._parts is None:
            head = self._head
            self._parts = read_request(head.encode("latin-1") if isinstance(head, str) else head)
        return self._parts

    @property
    def method(self) -> str:
        """In upper case; raises UpgradeError, as all do that parse, if the head is no HTTP/1.1."""
        return self._read.method

    @property
    def path(self) -> str:
        """Without the query, unescaped."""
        return unquote(self._read.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """By name, the last one of repeated ones; parsed at each access, so hold on to it."""
        query = self._read.target.partition("?")[2]
        if "%" in query or "+" in query:
            return dict(parse_qsl(query, keep_blank_values=True))
        # What parse_qsl makes of a query without escapes, as clients' are: in 0.9 us.
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        return {name: value for name, _, value in pairs}

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name; once the handshake is over parsed at each access."""
        if self._headers is None:
            self._headers = read_headers(self._read.lines)
        return self._headers

    def compact(self) -> None:
        """Forgets what can be parsed again; a connection keeps its request as long as it lives."""
        head = self._head
        if not isinstance(head, str):
            head = head.decode("latin-1")
            key = self.headers.get("sec-websocket-key")
            self._head = intern(head.replace(key, "", 1) if key else head)
        self._parts = None
        self._headers = None


class Handshake:
    """A connection's request, and what the client sent as `auth` to this namespace."""

    __slots__ = ("auth", "request")

    def __init__(self, request: Request, auth: dict[str, Any] | None) -> None:
        self.request = request
        self.auth = auth

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        headers = self.request.headers
        self.request.compact()
        return headers

    @property
    def query(self) -> dict[str, str]:
        """By name, the last one of repeated ones."""
        query = self.request.query
        self.request.compact()
        return query

    @property
    def path(self) -> str:
        """Without the query, unescaped."""
        path = self.request.path
        self.request.compact()
        return path

    @property
    def address(self) -> str | None:
        """The peer's, None where the transport has none."""
        return self.request.address

    @property
    def secure(self) -> bool:
        """Whether the transport is TLS."""
        return self.request.secure
