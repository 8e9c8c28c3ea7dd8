"""When each conversation was last active: kept in memory, written once a second, never stale when read.

Activity is the position of the latest message, or of the creation. Writing it with each message would double what a
message costs, so `conversations.activity` reflects the entries up to `store.activity_position` only; what came
after is here, and is found again from there when the store is opened.
"""

import sqlite3
from collections.abc import Callable, Mapping

from parley.adapters.sqlite.rows import CREATED, MESSAGE

FLUSH_SECONDS = 1.0

_REPAIR = f"""
    UPDATE conversations SET activity = latest.position
    FROM (
        SELECT conversation, max(position) AS position FROM entries
        WHERE position > (SELECT activity_position FROM store) AND type IN ({MESSAGE}, {CREATED})
        GROUP BY conversation
    ) AS latest
    WHERE conversations.key = latest.conversation
"""
_REFLECT = "UPDATE store SET activity_position = ?"


def repair(connection: sqlite3.Connection) -> int:
    """Bring the table forward to the last entry; in how many conversations there was something to bring."""
    connection.execute("BEGIN IMMEDIATE")
    late = connection.execute(_REPAIR).rowcount
    connection.execute(
        "UPDATE store SET activity_position = (SELECT coalesce(max(position), 0) FROM entries)"
    )
    connection.execute("COMMIT")
    return late


class Activity:
    """`touch`, `flush`, `committed` and `rolled_back` are the writer's; `unwritten` is for every thread."""

    def __init__(self, connection: sqlite3.Connection, monotonic: Callable[[], float]) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._touched: dict[int, int] = {}
        self._unwritten: dict[int, int] = {}
        self._flushed = False
        self._due = monotonic() + FLUSH_SECONDS

    def touch(self, conversation: int, position: int) -> None:
        """Something happened in the transaction that is under way."""
        self._touched[conversation] = position

    def unwritten(self) -> Mapping[int, int]:
        """Conversation → position, of all committed activity that the table may not show yet.

        Taken before a read transaction begins, it and the table together miss nothing answered before.
        """
        return self._unwritten.copy()

    def flush(self, position: int, *, at_once: bool = False) -> None:
        """Write all in the transaction that is under way, the last entry of which has this position, if it is time."""
        if not at_once and self._monotonic() < self._due:
            return
        self._due = self._monotonic() + FLUSH_SECONDS
        latest = self._unwritten | self._touched
        rows = [(activity, conversation) for conversation, activity in latest.items()]
        self._connection.executemany("UPDATE conversations SET activity = ? WHERE key = ?", rows)
        self._connection.execute(_REFLECT, (position,))
        self._flushed = True

    def committed(self) -> None:
        if self._flushed:
            self._unwritten = {}
            self._flushed = False
        else:
            self._unwritten.update(self._touched)
        self._touched.clear()

    def rolled_back(self) -> None:
        self._flushed = False
        self._touched.clear()
