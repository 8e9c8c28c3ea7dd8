"""What an HTTP server makes of a new connection: upgrades go past its own parser."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from parley.socketio.deadlines import Deadlines

# Nothing that two parsers could read differently, nothing that a body could follow. Case is ignored
# in those names alone: all over it would take more than twice the time, 4.5 us for a browser's.
_HEAD = re.compile(
    rb"GET /[!-~]*+ HTTP/1\.1\r\n"
    rb"(?:(?!(?i:content-length|transfer-encoding|expect):)"
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+\r\n"
)
_UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)
_MAX_HEAD = 16_384

# A protocol class of uvicorn's, or what is called as one is.
Create = Callable[..., asyncio.Protocol]


class Front(asyncio.Protocol):
    """Takes a connection's first bytes, and leaves it to the protocol that they are for.

    A plain upgrade to WebSocket that came in one piece goes to `websocket`, everything else to
    `http`, which may hand upgrades over itself. Through uvicorn, which parses the request,
    writes it out anew, and has it parsed again, a connect costs about 30 us of user
    time more, of some 120. One that sends nothing is cut at its deadline; from the first byte on
    it is its protocol's matter.
    """

    __slots__ = ("_http", "_made_with", "_silent", "_transport", "_websocket")

    def __init__(
        self,
        websocket: Create,
        http: Create,
        silent: "Deadlines[Front]",
        made_with: Mapping[str, Any],
    ) -> None:
        """Takes two protocol classes and what uvicorn makes either with."""
        self._websocket = websocket
        self._http = http
        self._silent = silent
        self._made_with = made_with
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)

    @property
    def _connections(self) -> set[Any]:
        connections: set[Any] = self._made_with["server_state"].connections
        return connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self._silent.begin(self)

    def data_received(self, data: bytes) -> None:
        self._connections.discard(self)
        self._silent.end(self)
        create = self._websocket if is_plain_upgrade(data) else self._http
        protocol = create(**self._made_with)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._silent.end(self)

    def abort(self) -> None:
        """Cuts it."""
        self._transport.abort()

    def shutdown(self) -> None:
        """Is called by uvicorn when it goes down."""
        self._transport.close()


def is_plain_upgrade(data: bytes) -> bool:
    """Whether this is one whole request for a WebSocket, in a form that leaves no doubt."""
    return (
        len(data) <= _MAX_HEAD
        and _UPGRADE.search(data) is not None
        and _HEAD.fullmatch(data) is not None
    )


def front_class(websocket: Create, http: Create, timeout: float) -> Callable[..., Front]:
    """Returns what `uvicorn.Config(http=...)` takes to put this before `http` and `websocket`.

    A connection has `timeout` seconds for its first byte.
    """
    silent = Deadlines(timeout, Front.abort)

    def create(_loop: object = None, **made_with: Any) -> Front:  # noqa: ANN401 - uvicorn's
        return Front(websocket, http, silent, made_with)

    return create
