"""A database in a folder of its own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.log import SqliteLog
from parley.model.entries import Entry
from parley.ports.answers import Answer
from parley.ports.log import Appended
from tests.support.pen import Pen


@dataclass
class Embedded:
    """A database, and what it told of its end."""

    folder: Path
    database: Database
    died: "asyncio.Future[Exception]" = field(repr=False)

    @property
    def log(self) -> SqliteLog:
        return SqliteLog(self.database)

    @property
    def conversations(self) -> SqliteConversations:
        return SqliteConversations(self.database)

    @property
    def writing(self) -> sqlite3.Connection:
        """The writer's connection, for tests that break it."""
        return self.database._work.connection

    def append(self, pen: Pen, *entries: Entry) -> Answer[Appended]:
        after = pen.head
        return self.log.append(pen.conversation_id, after, pen.records(*entries))

    async def write(self, pen: Pen, *entries: Entry) -> None:
        assert (await self.append(pen, *entries)).stopped is None


def files(folder: Path) -> dict[str, bytes]:
    """What the folder holds."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def opened(folder: Path, **options: object) -> Embedded:
    died: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    return Embedded(folder, await Database.open(folder, fatal=died.set_result, **options), died)


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Embedded]:
    found = await opened(tmp_path)
    yield found
    await found.database.close()
