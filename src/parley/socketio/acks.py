"""Answers to a client's events."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from parley.socketio.encoding import Encoded
from parley.socketio.protocol.binary import detach
from parley.socketio.protocol.packets import PacketType, encode_header

if TYPE_CHECKING:
    from parley.socketio.socket import Socket


LARGE_ANSWER = 16_384
"""Bytes from which on an answer widens the bound on what may wait for its client, who asked for it."""


class Ack:
    """Answers one event, now or later, at most once; called again, or too late, it does nothing."""

    __slots__ = ("_id", "_socket")

    def __init__(self, socket: "Socket", ack_id: bytes) -> None:
        self._socket: Socket | None = socket
        self._id = ack_id

    def __call__(self, args: bytes) -> None:
        """Sends JSON arguments, separated by commas, as they are."""
        socket, self._socket = self._socket, None
        if socket is not None and socket.connected:
            namespace = socket.namespace
            packet = Encoded(b"%b%b[%b]" % (namespace.ack_header, self._id, args))
            if len(args) > LARGE_ANSWER:
                socket.allow(len(packet.frames))
            namespace.fanout.reply(socket, packet)


def encode_ack(
    namespace: str, ack_id: bytes, answer: object, encode: Callable[[object], bytes]
) -> Encoded:
    """Encodes what a handler returned: a tuple is several arguments, an empty one is null."""
    args = list(answer or (None,)) if isinstance(answer, tuple) else [answer]
    value, attachments = detach(args)
    header = encode_header(PacketType.ACK, namespace, len(attachments))
    return Encoded(header + ack_id + encode(value), attachments)
