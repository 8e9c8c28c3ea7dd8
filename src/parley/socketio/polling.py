"""What a session sends by polling: packets wait for a request, or a request for packets."""

import asyncio

from parley.socketio.protocol import engine as eio


class PollOverlap(Exception):
    """A second poll came while one was waiting."""


class PollAborted(Exception):
    """The session was cut while a poll was waiting."""


class Polling:
    """The outgoing half of HTTP long-polling."""

    __slots__ = ("_aborted", "_max_packets", "_packets", "_waiter", "allowed", "posting", "size")

    def __init__(self, max_packets: int) -> None:
        """Gives at most `max_packets` to one answer."""
        self._max_packets = max_packets
        self._packets: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._aborted = False
        self.size = 0
        self.allowed = 0
        self.posting = False

    @property
    def waiting(self) -> bool:
        """Whether a poll is open that nothing has answered yet."""
        return self._waiter is not None

    @property
    def empty(self) -> bool:
        """Whether the next poll has to wait."""
        return not self._packets

    def send(self, packets: list[bytes]) -> None:
        """Puts packets into the answer of the poll that waits, or of the next one."""
        self._packets.extend(packets)
        self.size += sum(map(len, packets))
        self._wake()

    def allow(self, size: int) -> None:
        """Has `allowed` be at least this much until nothing waits: see `WebSocket.allow`."""
        self.allowed = max(self.allowed, size)

    def release(self, packet: bytes) -> None:
        """Answers the poll that waits, if one does, with `packet` behind what is there."""
        if self._waiter is not None:
            self.send([packet])

    async def poll(self) -> list[bytes]:
        """Returns packets as soon as there are some.

        Raises PollOverlap if a poll waits already, PollAborted if the session is cut.
        """
        if self._waiter is not None:
            raise PollOverlap
        if not self._packets:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._aborted:
            raise PollAborted
        taken = self._packets[: self._max_packets]
        del self._packets[: self._max_packets]
        self.size -= sum(map(len, taken))
        if not self._packets:
            self.allowed = 0
        return taken

    def abort(self) -> None:
        """Has the poll that waits answered with an error."""
        self._aborted = True
        self._wake()

    def take_all(self) -> list[bytes]:
        """Returns what is left, to be sent over a WebSocket; noops were for polls alone."""
        packets, self._packets = self._packets, []
        self.size = self.allowed = 0
        return [packet for packet in packets if packet != eio.NOOP]

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
