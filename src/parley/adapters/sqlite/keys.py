"""The small numbers that stand for people and conversations in the tables; known to the writer without a query."""

import sqlite3

from parley.model.ids import ConversationId, UserId

MOST = 200_000
"""How many of each are remembered; beyond it all are forgotten and learned again."""


class Keys:
    """On the writer's thread only. A number that a rollback takes back must be forgotten."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._people: dict[UserId, int] = {}
        self._conversations: dict[ConversationId, int] = {}

    def person(self, user_id: UserId) -> int:
        """The number of this person, who gets one where they have none."""
        key = self._people.get(user_id)
        if key is None:
            key = self._learn("people", user_id)
            if len(self._people) >= MOST:
                self._people.clear()
            self._people[user_id] = key
        return key

    def conversation(self, conversation_id: ConversationId) -> int:
        """The number of this conversation, which gets one where it has none."""
        key = self._conversations.get(conversation_id)
        if key is None:
            key = self._learn("conversations", conversation_id)
            if len(self._conversations) >= MOST:
                self._conversations.clear()
            self._conversations[conversation_id] = key
        return key

    def forget(self) -> None:
        self._people.clear()
        self._conversations.clear()

    def _learn(self, table: str, text: str) -> int:
        execute = self._connection.execute
        row = execute(f"SELECT key FROM {table} WHERE id = ?", (text,)).fetchone()
        if row is None:
            row = execute(
                f"INSERT INTO {table} (id) VALUES (?) RETURNING key",
                (text,),
            ).fetchone()
        return int(row[0])
