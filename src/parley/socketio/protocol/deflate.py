"""Compressed messages (RFC 7692, permessage-deflate): negotiation, deflating, inflating."""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parley.socketio.protocol.errors import FrameError
from parley.socketio.protocol.frames import RSV1, CloseCode, serialise

NAME = "permessage-deflate"
# What a sender leaves out at a message's end (section 7.2.1), and the receiver puts back.
_TAIL = b"\x00\x00\xff\xff"
# What may follow a block that says it is the last one: an empty one that says it is not.
_AFTER_FINAL = frozenset({_TAIL, b"\x00" + _TAIL})
_MAX_BITS = 15
# zlib has no raw deflate with a window of 256 bytes: it takes 512, which the peer could not read.
_MIN_BITS = 9
# As zlib's own defaults stand to each other, 15 and 8.
_BITS_OVER_MEMORY_LEVEL = 7
_BITS = re.compile(r"8|9|1[0-5]")
_PARAMETERS = frozenset(
    {
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflate:
    """How messages are compressed for clients that offer it.

    Ours are always compressed one by one (`server_no_context_takeover`): so one compressed
    message serves every member of a room, and a connection that only receives keeps no window.
    """

    threshold: int = 1024
    """Bytes from which on a message is compressed; shorter ones cost more than they save."""
    level: int = 6
    memory_level: int = 8
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
    """Asked of clients that can be asked, where it is less than 15."""
    client_context_takeover: bool = False
    """Lets a client refer to its earlier messages, for up to 44 KB of memory a connection."""

    def __post_init__(self) -> None:
        for name, bits in (
            ("server_max_window_bits", self.server_max_window_bits),
            ("client_max_window_bits", self.client_max_window_bits),
        ):
            if not _MIN_BITS <= bits <= _MAX_BITS:
                raise ValueError(f"{name} must be from {_MIN_BITS} to {_MAX_BITS}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed on with one client; equal ones compress alike."""

    settings: Deflate
    server_bits: int
    client_bits: int
    client_takeover: bool
    header: str
    """The value of `Sec-WebSocket-Extensions` in the answer."""

    def frame(self, opcode: int, payload: bytes) -> bytes:
        """Returns one frame, compressed where that is worth it."""
        settings = self.settings
        if len(payload) < settings.threshold:
            return serialise(opcode, payload)
        # A window longer than the message is only memory to be cleared: 40 bytes took 17 us with
        # the whole of it, 2.6 with 12 bits.
        bits = min(self.server_bits, max(_MIN_BITS, len(payload).bit_length()))
        memory_level = min(settings.memory_level, bits - _BITS_OVER_MEMORY_LEVEL)
        packer = zlib.compressobj(settings.level, zlib.DEFLATED, -bits, memory_level)
        packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
        return serialise(opcode | RSV1, packed.removesuffix(_TAIL))

    def inflater(self, max_size: int) -> Callable[[bytes], bytes]:
        """Returns what turns the client's compressed messages back, for one connection."""
        return _Inflater(max(_MIN_BITS, self.client_bits), max_size, takeover=self.client_takeover)


class _Inflater:
    """Inflates one client's messages, of at most `max_size` bytes each."""

    __slots__ = ("_bits", "_max_size", "_takeover", "_unpacker")

    def __init__(self, bits: int, max_size: int, *, takeover: bool) -> None:
        self._bits = bits
        self._max_size = max_size
        self._takeover = takeover
        self._unpacker: zlib._Decompress | None = None

    def __call__(self, packed: bytes) -> bytes:
        """Returns the message; raises FrameError past the limit, having inflated no further."""
        unpacker = self._unpacker or zlib.decompressobj(-self._bits)
        try:
            # One more than is allowed, since 0 would mean no limit.
            message = unpacker.decompress(packed + _TAIL, self._max_size + 1)
        except zlib.error:
            raise FrameError(CloseCode.INVALID_DATA, "message cannot be inflated") from None
        if len(message) > self._max_size:
            raise FrameError(CloseCode.TOO_BIG)
        if unpacker.eof and unpacker.unused_data not in _AFTER_FINAL:
            raise FrameError(CloseCode.INVALID_DATA, "something follows the last block")
        self._unpacker = unpacker if self._takeover and not unpacker.eof else None
        return message


def negotiate(offers: str, settings: Deflate) -> Agreement | None:
    """Accepts the first offer that can be met, None where there is none (section 5).

    `offers` is the value of the request's `Sec-WebSocket-Extensions`; other extensions, and
    offers with parameters that the RFC does not know or allow, are passed over.
    """
    for offer in offers.split(","):
        name, *parameters = [part.strip() for part in offer.split(";")]
        if name == NAME:
            agreement = _accept(parameters, settings)
            if agreement is not None:
                return agreement
    return None


def _accept(parameters: list[str], settings: Deflate) -> Agreement | None:
    offered = dict(_read(parameters))
    if len(offered) < len(parameters) or not _PARAMETERS.issuperset(offered):
        return None
    for name, value in offered.items():
        # Bits have a value, except that a client may leave its own open; the others have none.
        valid = _BITS.fullmatch(value) if name.endswith("_bits") and value else not value
        if not valid or (name == "server_max_window_bits" and not value):
            return None
    server_bits = min(
        int(offered.get("server_max_window_bits", _MAX_BITS)), settings.server_max_window_bits
    )
    if server_bits < _MIN_BITS:
        return None
    client_bits = _MAX_BITS
    if "client_max_window_bits" in offered:
        asked = int(offered["client_max_window_bits"] or _MAX_BITS)
        client_bits = min(asked, settings.client_max_window_bits)
    takeover = settings.client_context_takeover and "client_no_context_takeover" not in offered
    header = "; ".join(_answer(server_bits, client_bits, takeover=takeover))
    return Agreement(settings, server_bits, client_bits, takeover, header)


def _read(parameters: list[str]) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        yield name.strip(), value.strip().strip('"')


def _answer(server_bits: int, client_bits: int, *, takeover: bool) -> Iterator[str]:
    yield NAME
    yield "server_no_context_takeover"
    if not takeover:
        yield "client_no_context_takeover"
    if server_bits < _MAX_BITS:
        yield f"server_max_window_bits={server_bits}"
    if client_bits < _MAX_BITS:
        yield f"client_max_window_bits={client_bits}"
