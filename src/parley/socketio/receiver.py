"""What an Engine.IO session's messages go to."""

from collections.abc import Awaitable
from typing import Protocol

from parley.socketio.reasons import Reason


class Receiver(Protocol):
    """What a session's messages are for; raises PacketError to have the session closed."""

    def on_text(self, packet: bytes) -> None:
        """Takes a message as the whole Engine.IO packet, its type `4` included."""

    def on_binary(self, message: bytes) -> None:
        """Takes a binary message."""

    def on_transport(self) -> None:
        """Is told that the session's `write`, `descriptor` or `on_websocket` has changed."""

    def flush(self) -> None:
        """Hands over what it still has to send, since the session is about to end."""

    def drain(self) -> Awaitable[None] | None:
        """Begins nothing new, since the session is about to be cut; None where nothing is under way."""

    @property
    def in_use(self) -> bool:
        """Whether the client has begun what it opened the session for."""

    def on_end(self, reason: Reason) -> None:
        """Is told once that the session has ended for it."""
