"""Engine.IO 4 packets, payloads of several packets, and the faults of a request."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from enum import Enum, IntEnum

from parley.socketio.protocol.errors import PacketError

SEPARATOR = b"\x1e"
PROTOCOL_VERSION = "4"

CLOSE = b"1"
PING = b"2"
PONG = b"3"
MESSAGE = b"4"
UPGRADE = b"5"
NOOP = b"6"
PROBE_PING = b"2probe"
PROBE_PONG = b"3probe"


class PacketType(IntEnum):
    """The first byte of a text packet."""

    OPEN = 0x30
    CLOSE = 0x31
    PING = 0x32
    PONG = 0x33
    MESSAGE = 0x34
    UPGRADE = 0x35
    NOOP = 0x36


class Fault(Enum):
    """Why a request is refused: the code, HTTP status and text that clients compare."""

    UNKNOWN_TRANSPORT = (0, 400, "Transport unknown")
    UNKNOWN_SESSION = (1, 400, "Session ID unknown")
    BAD_METHOD = (2, 400, "Bad handshake method")
    BAD_REQUEST = (3, 400, "Bad request")
    FORBIDDEN = (4, 403, "Forbidden")
    UNSUPPORTED_VERSION = (5, 400, "Unsupported protocol version")

    def __init__(self, code: int, status: int, text: str) -> None:
        self.code = code
        self.status = status
        self.text = text

    @property
    def body(self) -> bytes:
        """The JSON that answers the request."""
        return b'{"code":%d,"message":"%s"}' % (self.code, self.text.encode())


class Binary(bytes):
    """A binary message, told from the text packets that it travels among."""

    __slots__ = ()


def open_packet(
    sid: str,
    upgrades: Sequence[str],
    ping_interval_ms: int,
    ping_timeout_ms: int,
    max_payload: int,
) -> bytes:
    """Returns the packet that tells a client its session (Engine.IO protocol, "Handshake")."""
    names = ",".join(f'"{name}"' for name in upgrades)
    return (
        f'0{{"sid":"{sid}","upgrades":[{names}],"pingInterval":{ping_interval_ms},'
        f'"pingTimeout":{ping_timeout_ms},"maxPayload":{max_payload}}}'
    ).encode()


def encode_payload(packets: Iterable[bytes]) -> bytes:
    """Joins packets into the body of a polling answer."""
    return SEPARATOR.join(
        [b"b" + b64encode(packet) if isinstance(packet, Binary) else packet for packet in packets]
    )


def decode_payload(body: bytes, max_packets: int) -> list[bytes]:
    """Takes the body of a polling request apart; raises PacketError if any packet is none."""
    if body.count(SEPARATOR) >= max_packets:
        raise PacketError("too many packets in a payload")
    try:
        body.decode()
    except UnicodeDecodeError:
        raise PacketError("payload is not UTF-8") from None
    return [_decode(part) for part in body.split(SEPARATOR)]


def _decode(part: bytes) -> bytes:
    if part[:1] == b"b":
        try:
            return Binary(b64decode(part[1:], validate=True))
        except Base64Error:
            raise PacketError("binary message is not base64") from None
    if not part or not PacketType.OPEN <= part[0] <= PacketType.NOOP:
        raise PacketError("unknown packet type")
    return part
