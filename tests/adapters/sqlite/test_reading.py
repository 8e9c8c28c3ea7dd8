"""The readers: a few threads that must never run out."""

import asyncio
import sqlite3

import pytest

from parley.adapters.sqlite.database import READERS
from parley.model.errors import Unavailable
from tests.adapters.sqlite.conftest import Embedded


def broken_at_its_end(connection: sqlite3.Connection) -> None:
    """A reading that works, on a file that can't be let go of."""

    def authorize(action: int, operation: str | None, *_details: str | None) -> int:
        ends = action == sqlite3.SQLITE_TRANSACTION and operation == "ROLLBACK"
        return sqlite3.SQLITE_DENY if ends else sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)


async def test_a_reading_whose_end_fails_takes_no_reader_with_it(embedded: Embedded) -> None:
    for _ in range(READERS):
        await asyncio.wait_for(embedded.database.read(broken_at_its_end), 30)
    with pytest.raises(Unavailable):  # each of them is still in its transaction
        await asyncio.wait_for(embedded.database.read(broken_at_its_end), 30)
    for connection in embedded.database._readers._connections:
        connection.set_authorizer(None)
        connection.rollback()
    answer = await embedded.database.read(
        lambda connection: connection.execute("SELECT 1").fetchone()
    )
    assert answer == (1,)
