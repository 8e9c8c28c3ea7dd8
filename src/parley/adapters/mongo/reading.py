"""Rows with their present contents: what changed them since the view was written is read from the log."""

from parley.adapters.mongo.client import Database
from parley.adapters.mongo.contents import CHANGING, brought_forward
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.views import Views
from parley.model.ids import ConversationId, UserId
from parley.ports.log import Record


class Reading:
    """Each reading begins with the proof that the one who is asked is the primary."""

    def __init__(self, database: Database, entries: Entries, views: Views) -> None:
        self._database = database
        self._entries = entries
        self._views = views

    async def rest(self, conversation_id: ConversationId, after: int) -> list[Record]:
        """Everything after a seq."""
        await self._database.confirm(conversation_id)
        # An entry comes after what it is aimed at: all changes of what is read are read with it.
        records = await self._entries.after(conversation_id, after)
        return brought_forward(records, records)

    async def command(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        """The record of a command."""
        await self._database.confirm(conversation_id)
        applied = await self._views.applied(conversation_id)
        record = await self._entries.of_command(conversation_id, actor_id, client_id)
        if record is None:
            return None
        return (await self.present(conversation_id, applied, [record]))[0]

    async def present(
        self, conversation_id: ConversationId, applied: int, records: list[Record]
    ) -> list[Record]:
        """These records with what changed them after `applied`, which was read before them."""
        if not records:
            return records
        changes = await self._entries.of_types(conversation_id, {"$gt": applied}, CHANGING)
        return brought_forward(records, changes)
