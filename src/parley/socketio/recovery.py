"""Connection state recovery: the port, and its implementation in memory."""

import secrets
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parley.socketio.encoding import Encoded

if TYPE_CHECKING:
    from parley.socketio.socket import Socket


@dataclass(frozen=True, slots=True)
class Replay:
    """What a recovered socket gets back.

    `packets` are sent behind the CONNECT reply, before everything else. A push that was held
    meanwhile and whose offset is covered is not sent twice: by default that of one of them.
    """

    packets: Collection[Encoded] = ()
    rooms: Collection[str] = ()
    sid: str | None = None
    data: Any = None
    covers: Callable[[str], bool] | None = None

    def covered(self) -> Callable[[str], bool]:
        """Returns what tells whether an offset is covered."""
        if self.covers is not None:
            return self.covers
        return {packet.offset for packet in self.packets}.__contains__


class Recovery(ABC):
    """Gives pushes their offsets, and sockets that return what they missed.

    An offset says "I have everything up to here": offsets of one socket's pushes must be pushed
    in their order, and `resume` must give either all that came after or nothing.
    """

    @abstractmethod
    def issue(self, socket: "Socket") -> str:
        """Returns the private id under which this socket may come back; nobody can guess it."""

    @abstractmethod
    def position(
        self,
        namespace: str,
        encoded: Encoded,
        rooms: Collection[str],
        excluded: Collection[str],
    ) -> str | None:
        """Returns the offset of an event that was emitted without one, None if it gets none.

        No rooms means everybody. The id of a socket stands for that socket alone.
        """

    @abstractmethod
    def ended(self, socket: "Socket", *, final: bool) -> None:
        """Is told of each socket that ended; one that ended for good does not come back."""

    @abstractmethod
    async def resume(self, socket: "Socket", pid: str, offset: str) -> Replay | None:
        """Returns all that was missed since `offset`, None if that can't be had in full.

        While it runs the socket is held: it may be put into rooms, and what these are sent
        follows the replay.
        """


@dataclass(slots=True)
class _Suspended:
    sid: str
    namespace: str
    rooms: frozenset[str]
    data: Any
    until: float


@dataclass(frozen=True, slots=True)
class _Logged:
    offset: int
    at: float
    namespace: str
    encoded: Encoded
    rooms: frozenset[str]
    excluded: frozenset[str]

    def reaches(self, suspended: _Suspended) -> bool:
        mine = suspended.rooms
        if self.namespace != suspended.namespace or self.excluded & mine:
            return False
        return not self.rooms or bool(self.rooms & mine)


@dataclass(slots=True)
class MemoryRecovery(Recovery):
    """Remembers what was sent, and who left, for `window` seconds; it ends with the process."""

    time: Callable[[], float]
    window: float = 120.0
    max_events: int = 100_000
    _epoch: str = field(default_factory=lambda: secrets.token_urlsafe(6))
    _last: int = 0
    _log: deque[_Logged] = field(default_factory=deque)
    _suspended: dict[str, _Suspended] = field(default_factory=dict)
    _live: "dict[str, Socket]" = field(default_factory=dict)

    def issue(self, socket: "Socket") -> str:
        pid = secrets.token_urlsafe(16)
        self._live[pid] = socket
        return pid

    def position(
        self,
        namespace: str,
        encoded: Encoded,
        rooms: Collection[str],
        excluded: Collection[str],
    ) -> str | None:
        self._last += 1
        now = self.time()
        logged = _Logged(self._last, now, namespace, encoded, frozenset(rooms), frozenset(excluded))
        self._log.append(logged)
        self._forget(now)
        return f"{self._epoch}.{self._last}"

    def ended(self, socket: "Socket", *, final: bool) -> None:
        if socket.pid is None or self._live.pop(socket.pid, None) is None or final:
            return
        now = self.time()
        self._forget(now)
        self._suspended[socket.pid] = _Suspended(
            socket.id,
            socket.namespace.name,
            frozenset(socket.rooms),
            socket.data,
            now + self.window,
        )

    async def resume(self, socket: "Socket", pid: str, offset: str) -> Replay | None:
        self._forget(self.time())
        if pid in self._live:
            # The client noticed before us that its old connection is dead.
            self._live[pid].cut()
        suspended = self._suspended.get(pid)
        epoch, _, digits = offset.partition(".")
        if suspended is None or suspended.namespace != socket.namespace.name:
            return None
        if epoch != self._epoch or not digits.isdecimal():
            return None
        position = int(digits)
        oldest = self._log[0].offset if self._log else self._last + 1
        if not oldest - 1 <= position <= self._last:
            return None
        del self._suspended[pid]
        self._live[pid] = socket
        # What is held already, of rooms that it was not in before, comes in its place among the rest: behind that it
        # would take the client's offset back.
        held = socket.held_offsets()
        missed = [
            event.encoded.at(where)
            for event, where in ((event, f"{epoch}.{event.offset}") for event in self._log)
            if event.offset > position and (event.reaches(suspended) or where in held)
        ]
        rooms = suspended.rooms - {suspended.sid}
        return Replay(missed, rooms, suspended.sid, suspended.data)

    def _forget(self, now: float) -> None:
        while self._log and (
            len(self._log) > self.max_events or self._log[0].at < now - self.window
        ):
            self._log.popleft()
        while self._suspended:
            pid, oldest = next(iter(self._suspended.items()))
            if oldest.until > now:
                break
            del self._suspended[pid]
