"""Socket.IO 5 packets: a header that is taken apart, and JSON that is left as it came."""

import re
from collections.abc import Callable
from enum import IntEnum

from parley.socketio.protocol.errors import PacketError, UnencodablePacket


class PacketType(IntEnum):
    """The first digit of a packet."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


# As plain integers: an attribute of an enumeration costs more than the comparison it is for.
_CONNECT = int(PacketType.CONNECT)
_DISCONNECT = int(PacketType.DISCONNECT)
_EVENT = int(PacketType.EVENT)
_ACK = int(PacketType.ACK)
_BINARY_EVENT = int(PacketType.BINARY_EVENT)
_BINARY_ACK = int(PacketType.BINARY_ACK)

RESERVED_EVENTS = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
ROOT = "/"
_BLANKS = b" \t\r\n"

_HEADER = re.compile(rb"([0-6])(?:(\d{1,4})-)?(?:(/[^,]*+)(?:,|\Z))?(\d{1,16}+(?=\[))?")
# An event in the root namespace with a plain name: nearly all of them.
_COMMON_EVENT = re.compile(rb'42(\d{0,16})\["([^"\\\x00-\x1f]*)"([,\]])(?![\s\]])')
_NAMED = re.compile(rb'\[\s*("(?:[^"\\]++|\\.)*+"|-?\d{1,16})\s*([,\]])', re.DOTALL)


class Packet:
    """A packet whose payload is still JSON text, with the attachments that belong to it."""

    __slots__ = ("ack_id", "attachments", "missing", "namespace", "payload", "type")

    def __init__(
        self, type_: int, namespace: str, ack_id: bytes, payload: bytes, missing: int
    ) -> None:
        self.type = type_
        self.namespace = namespace
        self.ack_id = ack_id
        self.payload = payload
        self.missing = missing
        self.attachments: list[bytes] = []


def decode_common_event(message: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Returns ack id (or empty), name and arguments of an event in the root namespace.

    `message` is the whole Engine.IO packet. None says that `decode` must look at it.
    """
    match = _COMMON_EVENT.match(message)
    if match is None or not message.endswith(b"]"):
        return None
    if match[3] == b",":
        return match[1], match[2], b"[" + message[match.end() :]
    return (match[1], match[2], b"[]") if match.end() == len(message) else None


def decode(message: bytes, max_attachments: int) -> Packet:
    """Takes the text of an Engine.IO message apart; raises PacketError if it is no packet.

    The namespace comes without its query. The payload is not decoded here, but that it is there
    where it must be, and absent where it may not be, is certain.
    """
    match = _HEADER.match(message, 1)
    if match is None:
        raise PacketError("unknown packet type")
    kind, count, namespace, ack_id = match.groups(b"")
    type_ = kind[0] - 0x30
    payload = message[match.end() :]
    if (type_ >= _BINARY_EVENT) is not bool(count):
        raise PacketError("illegal attachments")
    missing = int(count or 0)
    if missing > max_attachments:
        raise PacketError("too many attachments")
    _check_payload(type_, ack_id, payload)
    path = namespace.decode().partition("?")[0] or ROOT
    return Packet(type_, path, ack_id, payload, missing)


def _check_payload(type_: int, ack_id: bytes, payload: bytes) -> None:
    first = payload[:1]
    if type_ == _CONNECT:
        valid = not ack_id and (not payload or first == b"{")
    elif type_ == _DISCONNECT:
        valid = not ack_id and not payload
    elif type_ in (_ACK, _BINARY_ACK):
        valid = bool(ack_id) and first == b"["
    else:
        valid = type_ in (_EVENT, _BINARY_EVENT) and first == b"["
    if not valid:
        raise PacketError("invalid payload")


def split_event(payload: bytes, decode_json: Callable[[bytes], object]) -> tuple[str, bytes]:
    """Returns an event's name and the JSON array of what follows it; raises PacketError."""
    match = _NAMED.match(payload)
    body = payload.rstrip(_BLANKS)
    if match is None or body[-1:] != b"]":
        raise PacketError("event without a name")
    try:
        name = str(decode_json(match[1]))
    except Exception as error:
        raise PacketError("event without a name") from error
    if name in RESERVED_EVENTS:
        raise PacketError("reserved event name")
    rest = body[match.end() :].lstrip(_BLANKS)
    if match[2] == b"," and rest != b"]":
        return name, b"[" + rest
    if match[2] == b"]" and not rest:
        return name, b"[]"
    raise PacketError("invalid payload")


def prefix(namespace: str) -> bytes:
    """Returns what stands between a packet's type and its ack id."""
    return b"" if namespace == ROOT else namespace.encode() + b","


def encode_header(type_: int, namespace: str, attachments: int = 0) -> bytes:
    """Returns the beginning of an Engine.IO message that carries such a packet."""
    if not attachments:
        return b"4%d%b" % (type_, prefix(namespace))
    binary = PacketType.BINARY_ACK if type_ == PacketType.ACK else PacketType.BINARY_EVENT
    return b"4%d%d-%b" % (binary, attachments, prefix(namespace))


def check_event_name(name: str) -> None:
    """Raises UnencodablePacket for a name that clients keep for themselves."""
    if name in RESERVED_EVENTS:
        raise UnencodablePacket(f"{name!r} is a reserved event name")
