"""What an application raises, returns or catches; the protocol's own errors are in `protocol`."""

from collections.abc import Sequence
from dataclasses import dataclass


class ConnectError(Exception):
    """Raised by middleware: the client gets packet `44` and, as stock clients do, never returns."""

    def __init__(self, message: str, data: object = None) -> None:
        """Tells the client `message`, and `data` (anything JSON) where it is not None."""
        super().__init__(message)
        self.message = message
        self.data = data


class TryLater(Exception):
    """Raised by middleware: the transport is cut, so that the client comes back by itself."""

    def __init__(self, reason: str = "try again later", code: int = 1013) -> None:
        """Closes a WebSocket with `code` and `reason`; polling has one kind of close."""
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TooManyRooms(Exception):
    """A socket is in as many rooms as the settings allow."""


class Disconnected(Exception):
    """The socket ended before it could answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP answer in place of a handshake.

    429 and 503 bring stock clients back, more politely with a `Retry-After` among the headers.
    """

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    content_type: str = "application/json"
