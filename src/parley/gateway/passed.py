"""What went by while somebody was arriving, in conversations of which nobody is here."""

from collections.abc import Iterable

from parley.gateway.connection import Connection
from parley.model.ids import ConversationId


class Passed:
    """How far such conversations were delivered, as long as anybody arrives who may not know.

    On a busy node somebody always does. So it is kept in two parts, the older of which goes once nobody arrives any
    more who did when the newer one was begun: it holds what passes within two handshakes at most.
    """

    __slots__ = ("_before", "_elders", "_now")

    def __init__(self) -> None:
        self._before: dict[ConversationId, int] = {}
        self._now: dict[ConversationId, int] = {}
        self._elders: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._before) + len(self._now)

    def note(self, conversation_id: ConversationId, seq: int) -> None:
        """It was delivered up to here, to nobody who is left."""
        self._now[conversation_id] = max(seq, self._now.get(conversation_id, 0))

    def seq(self, conversation_id: ConversationId) -> int:
        """How far it was delivered; 0 where nothing passed."""
        return max(self._before.get(conversation_id, 0), self._now.get(conversation_id, 0))

    def arrived(self, connection: Connection, others: Iterable[Connection]) -> None:
        """Somebody arrives no more, as against these others."""
        self._elders.discard(connection)
        if self._elders:
            return
        self._elders = set(others)
        self._before, self._now = (self._now if self._elders else {}), {}
