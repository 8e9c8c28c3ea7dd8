"""How far logs reach at least: no index would refuse what leaves a hole."""

from collections import OrderedDict

from parley.adapters.mongo.client import Database
from parley.adapters.mongo.entries import Entries
from parley.model.ids import ConversationId

MOST_KNOWN = 50_000


class Heads:
    """What this node saw of the logs in use. A log never gets shorter, so what was seen once stays true."""

    def __init__(self, database: Database, entries: Entries) -> None:
        self._database = database
        self._entries = entries
        self._seen: OrderedDict[ConversationId, int] = OrderedDict()

    def saw(self, conversation_id: ConversationId, head: int) -> None:
        """The log reaches this far."""
        if head > self._seen.get(conversation_id, 0):
            self._seen[conversation_id] = head
            self._seen.move_to_end(conversation_id)
            if len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)

    def reaches(self, conversation_id: ConversationId, seq: int) -> bool:
        """Whether the log is known to reach this far."""
        return self._seen.get(conversation_id, 0) >= seq

    async def is_there(self, conversation_id: ConversationId, seq: int) -> bool:
        """Whether the log reaches this far; where that isn't known the log is asked.

        Raises:
            Unavailable: It can't be asked.
        """
        if not self.reaches(conversation_id, seq):
            await self._database.confirm(conversation_id)
            self.saw(conversation_id, await self._entries.head(conversation_id))
        return self.reaches(conversation_id, seq)
