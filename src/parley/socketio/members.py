"""Receivers of pushes: what each is still to be sent, in order; and rooms of them."""

from collections.abc import Callable, Sequence

from parley.socketio.encoding import Encoded
from parley.socketio.protocol.deflate import Agreement


class Batch:
    """What one room is sent within a tick, joined once for all its members.

    It is open while nothing that any member is sent came after it; then, and when the membership
    changes, the room's next push begins another one. So every member's order is the order of the
    pushes, and who leaves gets what was pushed before and nothing after.
    """

    __slots__ = ("_deflated", "_positioned_frames", "encoded", "frames", "open", "size")

    def __init__(self, first: Encoded) -> None:
        self.open = True
        self.encoded = [first]
        self.frames = first.frames
        self.size = len(self.frames)
        self._positioned_frames: bytes | None = None
        self._deflated: tuple[Agreement, bytes] | None = None

    def close(self) -> None:
        """Lets nothing more in."""
        self.open = False

    def seal(self) -> None:
        """Joins what it holds, once; no more comes in."""
        self.open = False
        if len(self.frames) != self.size:
            self.frames = b"".join([packet.frames for packet in self.encoded])

    @property
    def positioned_frames(self) -> bytes:
        """The frames for sockets with recovery."""
        if self._positioned_frames is None:
            self._positioned_frames = b"".join(
                [packet.positioned_frames for packet in self.encoded]
            )
        return self._positioned_frames

    def deflated(self, agreement: Agreement) -> bytes:
        """The frames for WebSockets that compress, joined once for all that agreed on the same."""
        made = self._deflated
        if made is None or made[0] != agreement:
            frames = b"".join([packet.deflated(agreement) for packet in self.encoded])
            made = self._deflated = agreement, frames
        return made[1]


class Member:
    """One receiver of pushes, with what it is still to be sent, in order.

    `pending` is None exactly for a WebSocket without recovery and without anything that waits:
    then a room's frames may be written to it as they are. That test is the hot path.

    `descriptor` is a socket that takes frames before `write` does, or -1; see `WebSocket`.
    """

    __slots__ = (
        "descriptor",
        "held",
        "held_size",
        "holds",
        "pending",
        "plain",
        "queued",
        "urgent",
        "write",
    )

    def __init__(self) -> None:
        self.pending: list[Encoded | Batch] | None = []
        self.plain = False
        self.write: Callable[[bytes], None] = _unconnected
        self.descriptor = -1
        self.queued = False
        self.urgent: list[Encoded] | None = None
        self.holds = 0
        self.held: list[Encoded | Batch] | None = None
        self.held_size = 0

    def transmit(self, items: Sequence[Encoded | Batch]) -> None:
        """Hands sealed items to the transport, as it needs them."""
        raise NotImplementedError

    def is_plain(self) -> bool:
        """Whether the transport takes frames as they are."""
        raise NotImplementedError

    def on_held_size(self, size: int) -> None:
        """Is told how many bytes wait for a release."""
        raise NotImplementedError

    def settle(self) -> None:
        """Finds out anew whether this member is plain."""
        self.plain = self.holds == 0 and not self.urgent and self.is_plain()
        if not self.plain:
            if self.pending is None:
                self.pending = []
        elif not self.pending:
            self.pending = None


class Room:
    """The members that a push to one name reaches."""

    __slots__ = ("batch", "members")

    def __init__(self) -> None:
        self.members: set[Member] = set()
        self.batch: Batch | None = None


def _unconnected(frames: bytes) -> None:
    """Takes the place of a writer until there is one."""
