"""Why a connection or a socket ended, in the words that Socket.IO uses where it has some."""

from enum import StrEnum


class Reason(StrEnum):
    """What `on_disconnect` handlers are told."""

    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"
    PING_TIMEOUT = "ping timeout"
    PARSE_ERROR = "parse error"
    CLIENT_DISCONNECT = "client namespace disconnect"
    SERVER_DISCONNECT = "server namespace disconnect"
    SERVER_SHUTDOWN = "server shutting down"
    CONNECT_TIMEOUT = "connect timeout"
    OUTBOX_FULL = "outbox full"
    CUT = "cut by the server"
