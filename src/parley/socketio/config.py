"""Every setting and limit of a server, with its default."""

import json
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from parley.socketio.protocol.deflate import Deflate
from parley.socketio.protocol.frames import Limits, xor_mask

_SID_BYTES = 15
_SID_LENGTH = 20
_SIDS_AT_ONCE = 64


def encode_json(value: object) -> bytes:
    """Returns compact JSON in the order of the keys; raises ValueError for NaN and infinities.

    Half of a surrogate pair, which no UTF-8 can hold, is escaped as JavaScript does it.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def decode_json(data: bytes) -> object:
    """Returns what JSON in UTF-8 says; raises ValueError for anything else.

    `json.loads` would take NaN and infinities, which are no JSON (RFC 8259, section 6).
    """
    return _decoder.decode(data.decode())


def sids() -> Callable[[], str]:
    """Returns a function that returns 120 random bits as 20 URL-safe characters.

    The kernel is asked for 64 ids at a time: token_urlsafe(15) for each costs a system call, and
    0.8 us. So the function must not be used on both sides of a fork.
    """

    def generate() -> Iterator[str]:
        while True:
            many = secrets.token_urlsafe(_SID_BYTES * _SIDS_AT_ONCE)
            for start in range(0, len(many), _SID_LENGTH):
                yield many[start : start + _SID_LENGTH]

    return generate().__next__


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of a server; times in seconds, sizes in bytes.

    Past a limit that a client is bound to know its connection ends; the docs list how.
    """

    path: str = "/socket.io/"
    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    handshake_timeout: float = 10.0
    """For a connection's first byte, past it it is cut; for what `Server.admit` awaits, past it 503."""
    connect_timeout: float = 45.0
    """From the handshake, or the end of the last namespace, until some namespace is connected."""
    upgrade_timeout: float = 10.0
    close_timeout: float = 5.0
    """For the peer's half of a closing handshake, and for its next sign of taking what waits before that."""
    farewell_timeout: float = 60.0
    """For a client that goes on taking what it was sent before its connection ended."""
    max_payload: int = 1_000_000
    """Of a frame, a message and a polling body alike; clients are told it as `maxPayload`."""
    max_fragments: int = 1024
    max_packets_per_request: int = 16_384
    max_packets_per_poll: int = 16
    """In one answer; the specification's own client refuses more."""
    max_attachments: int = 10
    max_nesting: int = 32
    max_auth: int = 16_384
    """Of the JSON that a client connects with: it is kept, as objects, as long as the socket lives."""
    max_namespaces: int = 16
    max_idle: int = 10_000
    """Connections that are in no namespace, yet or any more; past it newcomers are refused with 503."""
    max_rooms: int = 20_000
    max_outbox: int = 2_097_152
    """What may wait for a client that does not read; past it the client is cut, and may return."""
    max_batch: int = 65_536
    """A room's pushes of one tick are written early past this size, so that none starves."""
    allowed_origins: Collection[str] | None = None
    """Origins of other sites' pages that may connect, `{"*"}` for all; None for one's own only."""
    response_headers: Collection[tuple[str, str]] = ()
    """Added to every HTTP answer, the upgrade's included."""
    deflate: Deflate | None = None
    """Compresses for clients that offer it (permessage-deflate); None, the default, for nobody."""
    recover_all: bool = False
    """Offers recovery, where the server has one, to clients that did not ask for it."""
    encode: Callable[[object], bytes] = encode_json
    decode: Callable[[bytes], object] = decode_json
    unmask: Callable[[bytes, bytes], bytes] = xor_mask
    new_id: Callable[[], str] = field(default_factory=sids)
    frame_limits: Limits = field(init=False)
    """What follows from these for frames."""

    def __post_init__(self) -> None:
        limits = Limits(self.max_payload, self.max_fragments, self.unmask)
        object.__setattr__(self, "frame_limits", limits)
