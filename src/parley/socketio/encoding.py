"""Events in their final form: encoded once, for any number of sockets on any transport."""

from collections.abc import Sequence
from struct import Struct

from parley.socketio.protocol.deflate import Agreement
from parley.socketio.protocol.engine import Binary
from parley.socketio.protocol.frames import serialise

# From these sizes on a frame's length takes two and eight bytes more (RFC 6455, section 5.2).
_LENGTH_16 = 126
_LENGTH_64 = 65536
_SHORT_HEADERS = tuple(bytes((0x81, size)) for size in range(_LENGTH_16))
_LONG_HEADER = Struct(">BBH").pack


class Encoded:
    """A Socket.IO packet, ready for WebSocket (`frames`) and for polling (`packets`)."""

    __slots__ = ("_deflated", "attachments", "frames", "offset", "positioned", "text")

    open = False
    """A single packet never takes another one in; see `members.Batch`."""

    def close(self) -> None:
        """Is closed from the beginning."""

    def __init__(
        self, text: bytes, attachments: Sequence[bytes] = (), offset: str | None = None
    ) -> None:
        """Takes a whole Engine.IO text packet, the binary ones that follow it, and see `at`."""
        self.text = text
        self.attachments = attachments
        size = len(text)
        # serialise(1, text), spelt out for the sizes that nearly all have: a third of the time.
        if size < _LENGTH_16:
            frames = _SHORT_HEADERS[size] + text
        elif size < _LENGTH_64:
            frames = _LONG_HEADER(0x81, 126, size) + text
        else:
            frames = serialise(1, text)
        if attachments:
            frames = b"".join((frames, *(serialise(2, data) for data in attachments)))
        self.frames = frames
        self._deflated: tuple[Agreement, bytes] | None = None
        self.offset = offset
        self.positioned: Encoded | None = None

    @property
    def encoded(self) -> "tuple[Encoded]":
        """Itself, as a batch has several."""
        return (self,)

    @property
    def packets(self) -> list[bytes]:
        """As Engine.IO packets, in their order."""
        return [self.text, *map(Binary, self.attachments)]

    @property
    def positioned_frames(self) -> bytes:
        """The frames for sockets with recovery."""
        return self.for_recovery().frames

    def deflated(self, agreement: Agreement) -> bytes:
        """The frames for a WebSocket that compresses.

        Made once for all that agreed on the same, and nearly all do: clients of one kind.
        """
        made = self._deflated
        if made is None or made[0] != agreement:
            parts = [agreement.frame(1, self.text)]
            parts += [agreement.frame(2, data) for data in self.attachments]
            made = self._deflated = agreement, b"".join(parts)
        return made[1]

    def at(self, offset: str) -> "Encoded":
        """Returns the same event with its offset, for sockets with recovery, beside it.

        The offset is the event's last argument; it must need no escaping in JSON. What such
        sockets are sent is made when the first of them is written to.
        """
        event = Encoded.__new__(Encoded)
        event.text = self.text
        event.attachments = self.attachments
        event.frames = self.frames
        event._deflated = None  # noqa: SLF001 - of this class
        event.offset = offset
        event.positioned = None
        return event

    def for_recovery(self) -> "Encoded":
        """Returns what a socket with recovery is sent.

        Its client takes any string that stands last for an offset, so where there is none, and
        a string stands last, a null follows it.
        """
        if self.positioned is None:
            if self.offset is not None:
                self.positioned = self._with_argument(b'"%b"' % self.offset.encode())
            else:
                stands_last = self.text.endswith(b'"]') and self.text[1:2] in b"25"
                self.positioned = self._with_argument(b"null") if stands_last else self
        return self.positioned

    def _with_argument(self, argument: bytes) -> "Encoded":
        return Encoded(self.text[:-1] + b"," + argument + b"]", self.attachments)
