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
    """Raised by middleware: the transport is cut, so that the client comes back by itself.

    Below Socket.IO, in `Server.admit`, return a `Refusal` instead: it costs less and is an HTTP
    answer; here the handshake has been made, so status and delay stand in the close reason.
    """

    def __init__(self, status: int = 503, retry_after: int | None = None) -> None:
        """Takes 503 or 429 and after how many seconds to return, as HTTP would say it."""
        super().__init__(status, retry_after)
        self.status = status
        self.retry_after = retry_after

    @property
    def reason(self) -> str:
        """What the close frame says."""
        later = "" if self.retry_after is None else f", retry after {self.retry_after} s"
        return f"{self.status}{later}"


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
