"""The Socket.IO server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from parley.socketio.asgi import PollingApp
from parley.socketio.config import Config
from parley.socketio.connection import Connection
from parley.socketio.engine import Admit, Engine
from parley.socketio.fanout import Fanout
from parley.socketio.front import Front, front_class
from parley.socketio.namespace import Namespace
from parley.socketio.protocol.errors import PacketError
from parley.socketio.protocol.frames import CloseCode
from parley.socketio.protocol.packets import ROOT
from parley.socketio.reasons import Reason
from parley.socketio.recovery import Recovery
from parley.socketio.session import Session
from parley.socketio.websocket import WebSocket, protocol_class
from parley.socketio.wheel import Wheel


class Server:
    """Namespaces on an Engine.IO server.

    `asgi` serves polling at the path of the settings, `websocket_protocol` goes to
    `uvicorn.Config(ws=...)`. It lives in the loop in which it is first used.
    """

    def __init__(self, config: Config | None = None, recovery: Recovery | None = None) -> None:
        """Offers connection state recovery, where one is given, to clients that ask for it."""
        self.config = config or Config()
        self.recovery = recovery
        self.engine = Engine(self.config, self._receive)
        self.fanout = Fanout(self.engine.call_soon, self.config.max_batch)
        self.namespaces: dict[str, Namespace] = {}
        self._connecting: Wheel[str] | None = None
        self.websocket_protocol: Callable[..., WebSocket] = protocol_class(
            {self.config.path: self.engine}, self.config
        )

    @property
    def asgi(self) -> PollingApp:
        """The ASGI application for polling."""
        return self.engine.asgi

    @property
    def admit(self) -> Admit | None:
        """Asked before each new connection, below Socket.IO; what it returns refuses it."""
        return self.engine.admit

    @admit.setter
    def admit(self, hook: Admit | None) -> None:
        self.engine.admit = hook

    def http_protocol(self, http: Callable[..., asyncio.Protocol]) -> Callable[..., Front]:
        """Returns what goes to `uvicorn.Config(http=...)` in place of `http`, for faster upgrades."""
        return front_class(self.websocket_protocol, http, self.config.handshake_timeout)

    def namespace(self, name: str = ROOT) -> Namespace:
        """Returns the namespace of that name; clients can connect to it from now on."""
        if name not in self.namespaces:
            self.namespaces[name] = Namespace(self, name)
        return self.namespaces[name]

    def spawn(self, work: Awaitable[Any]) -> None:
        """Runs `work` in a task that is kept until it is done; what it raises is logged."""
        self.engine.spawn(work)

    def _receive(self, session: Session) -> Connection:
        self.engine.idle += 1
        self.expect(session)
        return Connection(self, session)

    def expect(self, session: Session) -> None:
        """Gives a session that is in no namespace a while to connect one."""
        if self._connecting is None:
            self._connecting = self.engine.new_wheel(self._check_connected)
        self._connecting.at(self.engine.time() + self.config.connect_timeout, session.sid)

    def _check_connected(self, sid: str, _: float) -> None:
        """Ends a session that has connected no namespace in time."""
        session = self.engine.sessions.get(sid)
        if session is not None and not session.in_use:
            session.close(Reason.CONNECT_TIMEOUT)

    # --- JSON from clients

    def decode_array(self, data: bytes) -> list[Any]:
        """Decodes arguments; raises PacketError if they are no JSON array."""
        value = self._decode(data)
        if not isinstance(value, list):
            raise PacketError("arguments are no array")
        return value

    def decode_auth(self, data: bytes) -> dict[str, Any] | None:
        """Decodes what a client connects with; raises PacketError if it is no JSON object."""
        if not data:
            return None
        value = self._decode(data)
        if not isinstance(value, dict):
            raise PacketError("auth is no object")
        return value

    def _decode(self, data: bytes) -> object:
        try:
            return self.config.decode(data)
        except Exception as error:
            # Whatever the function that was handed in raises for what is no JSON.
            raise PacketError("invalid JSON") from error

    # --- going down

    async def shutdown(self, deadline: float = 10.0, spread: float = 5.0) -> None:
        """Refuses newcomers with 503 and cuts everybody, evenly over `spread` seconds.

        A connection is cut behind what it was sent, once what its sockets' `on_drain` handlers
        return was awaited. Clients come back, to another node or to the next start. Returns when
        all are gone, or after `deadline` seconds, whatever is left then being aborted.
        """
        self.engine.draining = True
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        sessions = list(self.engine.sessions.values())
        pause = min(spread, deadline) / max(len(sessions), 1)
        begin = loop.time()
        for number, session in enumerate(sessions):
            ahead = begin + number * pause - loop.time()
            if ahead > 0:
                await asyncio.sleep(ahead)
            self._drain(session)
        await self.engine.wait_empty(end - loop.time())
        for session in list(self.engine.sessions.values()):
            session.lose(Reason.SERVER_SHUTDOWN)
        self.engine.wheel.stop()
        if self._connecting is not None:
            self._connecting.stop()

    def _drain(self, session: Session) -> None:
        waiting = session.drain()
        if waiting is None:
            self._send_away(session)
        else:
            self.spawn(self._send_away_later(session, waiting))

    async def _send_away_later(self, session: Session, waiting: Awaitable[None]) -> None:
        await waiting
        self._send_away(session)

    def _send_away(self, session: Session) -> None:
        session.cut(Reason.SERVER_SHUTDOWN, CloseCode.SERVICE_RESTART, "restarting")
