"""The one thread that writes: whatever waits goes into one transaction, one commit."""

import asyncio
import logging
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from parley.adapters.sqlite.connections import primary_code
from parley.adapters.sqlite.pauses import Pauses
from parley.ports.measures import SECONDS, Family, Histogram

logger = logging.getLogger(__name__)

JOBS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Bounds for how many share a commit."""

Fatal = Callable[[Exception], None]
"""Called on the event loop when the state on disk is unknown: the process must end, and a restart finds it out."""


class Job(ABC):
    """Something to write. `run` is called on the writer's thread, then one of the others on the event loop."""

    @abstractmethod
    def run(self) -> None:
        """Write, in a transaction that is open. May be run once only; what it raises ends the process."""

    @abstractmethod
    def committed(self) -> None:
        """It is durable: give the answer."""

    @abstractmethod
    def down(self) -> None:
        """Nothing of it was written: give that as the answer."""


class Hooks(ABC):
    """What else happens on the writer's thread, around each group."""

    @abstractmethod
    def room(self) -> bool:
        """Whether there is space for a group at all."""

    @abstractmethod
    def before_commit(self) -> None:
        """Write what belongs to no job."""

    @abstractmethod
    def committed(self) -> None:
        """The group is durable, and nobody was told yet."""

    @abstractmethod
    def rolled_back(self) -> None:
        """Nothing of the group was written."""

    @abstractmethod
    def between(self) -> None:
        """The group's answers are on their way; the next group waits for this."""


class Commits:
    """What the writer counts: how many jobs shared a commit, and how long it took to be durable."""

    def __init__(self) -> None:
        self.jobs = Histogram(JOBS)
        self.seconds = Histogram(SECONDS)

    def note(self, jobs: int, seconds: float) -> None:
        """A commit is done."""
        self.jobs.observe(jobs)
        self.seconds.observe(seconds)

    def measured(self) -> list[Family]:
        """Everything, as it stands now."""
        return [
            Family(
                name="parley_sqlite_jobs_per_commit",
                kind="histogram",
                meaning="Appends and other changes that shared a commit.",
                values=[({}, self.jobs)],
            ),
            Family(
                name="parley_sqlite_commit_seconds",
                kind="histogram",
                meaning="How long a commit took, fsync included.",
                values=[({}, self.seconds)],
            ),
        ]


class Writer:
    """Groups jobs by what waits: those of one tick of the event loop, and all that came during a commit or a pause.

    Jobs run, and are answered, in the order in which they were submitted; a group's answers in one callback.
    """

    def __init__(self, connection: sqlite3.Connection, hooks: Hooks, fatal: Fatal) -> None:
        self.commits = Commits()
        self._connection = connection
        self._hooks = hooks
        self._fatal = fatal
        self._loop = asyncio.get_running_loop()
        self._tick: list[Job] = []
        self._pauses = Pauses()
        self._inbox: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="parley-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Have it written. On the event loop's thread."""
        if not self._tick:
            self._loop.call_soon(self._hand_over)
        self._tick.append(job)

    async def close(self) -> None:
        """Return once everything submitted is answered and the thread has ended."""
        self._hand_over()
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        if self._tick:
            self._inbox.put(self._tick)
            self._tick = []

    def _work(self) -> None:
        try:
            while group := self._next_group():
                written = self._write(group)
                self._loop.call_soon_threadsafe(_answer, group, written)
                self._hooks.between()
                if pause := self._pauses.after(len(group)):
                    time.sleep(pause)
        except (
            Exception
        ) as error:  # nothing of the group is answered: what the disk holds is unknown
            self._loop.call_soon_threadsafe(self._fatal, error)

    def _next_group(self) -> list[Job]:
        """Everything that waits, or what comes next; empty at the end."""
        group: list[Job] = []
        while (jobs := self._inbox.get()) is not None:
            group += jobs
            if self._inbox.empty():
                return group
        self._inbox.put(None)
        return group

    def _write(self, group: Sequence[Job]) -> bool:
        """Whether the group is durable; if not, nothing of it was written.

        Raises:
            sqlite3.Error: Neither can be said.
        """
        if not self._hooks.room() or not self._run(group):
            return False
        began = time.monotonic()
        self._connection.execute("COMMIT")
        self.commits.note(len(group), time.monotonic() - began)
        self._hooks.committed()
        return True

    def _run(self, group: Sequence[Job]) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                job.run()
            self._hooks.before_commit()
        except sqlite3.OperationalError as error:
            if primary_code(error) not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY):
                raise
            logger.error("nothing can be written: %s (%s)", error, error.sqlite_errorname)  # noqa: TRY400  # it says all
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._hooks.rolled_back()
            return False
        return True


def _answer(group: Sequence[Job], written: bool) -> None:
    """Answer a group in its order; who fails at hearing it must not keep the others from theirs."""
    for job in group:
        try:
            job.committed() if written else job.down()
        except Exception:
            logger.exception("an answer of the store was received with an error")
