"""What the writer is asked to do: append records, or make some other change."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from parley.adapters.sqlite.entries import REFUSALS, Entries
from parley.adapters.sqlite.writer import Job
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId
from parley.ports.answers import Answer
from parley.ports.log import Appended, Down, Record

T = TypeVar("T")

_NOTHING = Appended(0, (), Down())


class Append(Job):
    """Some records of one conversation: those that get in take effect, whatever stops the rest."""

    __slots__ = ("_after", "_appended", "_conversation_id", "_entries", "_records", "answer")

    def __init__(
        self,
        entries: Entries,
        conversation_id: ConversationId,
        after: int,
        records: Sequence[Record],
    ) -> None:
        self._entries = entries
        self._conversation_id = conversation_id
        self._after = after
        self._records = records
        self._appended = _NOTHING
        self.answer: Answer[Appended] = Answer()

    def run(self) -> None:
        self._appended = self._entries.append(self._conversation_id, self._after, self._records)

    def committed(self) -> None:
        self.answer.resolve(self._appended)

    def down(self) -> None:
        self.answer.resolve(_NOTHING)


class Change(Job, Generic[T]):
    """Some statements of which all take effect or, where one is refused or `change` fails, none."""

    def __init__(
        self, connection: sqlite3.Connection, change: Callable[[sqlite3.Connection], T]
    ) -> None:
        self._connection = connection
        self._change = change
        self._settle: Callable[[], None] = self.down
        self.answer: Answer[T] = Answer()

    def run(self) -> None:
        self._connection.execute("SAVEPOINT change")
        try:
            self._settle = partial(self.answer.resolve, self._change(self._connection))
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, REFUSALS):
                raise
            self._connection.execute("ROLLBACK TO change")
            self._settle = partial(self.answer.fail, error)
        self._connection.execute("RELEASE change")

    def committed(self) -> None:
        self._settle()

    def down(self) -> None:
        self.answer.fail(Unavailable())
