"""Preferences, kept in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.model.ids import ConversationId, UserId
from parley.model.preferences import Preference
from parley.ports.preferences import PreferenceStore

_CHANGE: Final = """
    INSERT INTO preferences (user_id, conversation_id, muted, archived)
    VALUES (:user_id, :conversation_id, coalesce(:muted, 0), coalesce(:archived, 0))
    ON CONFLICT DO UPDATE SET muted = coalesce(:muted, muted), archived = coalesce(:archived, archived)
    RETURNING muted, archived
"""
_OF: Final = """
    SELECT conversation_id, muted, archived FROM preferences
    WHERE user_id = ? AND conversation_id IN (SELECT value FROM json_each(?))
"""


class SqlitePreferences(PreferenceStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        muted: bool | None,
        archived: bool | None,
    ) -> Preference:
        values = {
            "user_id": user_id,
            "conversation_id": conversation_id,
            "muted": muted,
            "archived": archived,
        }

        def change(connection: sqlite3.Connection) -> Preference:
            ((is_muted, is_archived),) = connection.execute(_CHANGE, values).fetchall()
            return Preference(bool(is_muted), bool(is_archived))

        return await self._database.write(change)

    async def of(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Preference]:
        wanted = msgspec.json.encode(conversation_ids).decode()
        return await self._database.read(
            lambda connection: {
                conversation_id: Preference(bool(muted), bool(archived))
                for conversation_id, muted, archived in connection.execute(_OF, (user_id, wanted))
            }
        )
