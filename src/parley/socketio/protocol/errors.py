"""What can go wrong on the wire, and whose fault it was."""


class ProtocolError(Exception):
    """Heads the tree of everything that the protocol layers raise."""


class PeerError(ProtocolError):
    """The peer broke a rule; its connection ends, no other one notices."""


class LocalError(ProtocolError):
    """We were asked to send what the protocol does not allow."""


class FrameError(PeerError):
    """A WebSocket rule was broken (RFC 6455, section 7.4.1).

    `code` and `reason` are what the close frame that answers it carries.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


class UpgradeError(PeerError):
    """An HTTP request that asks for a WebSocket wrongly (RFC 6455, section 4.2.1).

    `headers` belong to the answer.
    """

    def __init__(self, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.headers = headers


class PacketError(PeerError):
    """Bytes that are no Engine.IO or Socket.IO packet, or one that is out of place."""


class PayloadTooLarge(PeerError):
    """More bytes than the limit that the handshake announced as `maxPayload`."""


class UnencodablePacket(LocalError):
    """An event that the peer would have to refuse: a reserved name, or nothing to name it."""
