"""What is measured of the database moves with what happens to it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pymongo
import pytest
from pymongo.errors import DuplicateKeyError, OperationFailure, WaitQueueTimeoutError

from parley.adapters.mongo.client import Database, Limits
from parley.model.errors import Unavailable
from parley.ports.measures import Histogram
from tests.adapters.mongo.conftest import Place
from tests.support.mongodb import PATIENT, a_server, a_uri
from tests.support.mongodb_front import Document, Forward, Front, lost

PAGE = Path(__file__).parents[3] / "docs" / "mongodb.md"


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """Before a FerretDB, also where a MongoDB is given."""
    server = a_server(tmp_path)
    async with Front(server.port) as front:
        yield front
    server.kill()


def read(database: Database) -> dict[str, float]:
    """Each value by its name and labels; of histograms, how often something was observed."""
    return {
        " ".join([family.name, *labels.values()]): (
            sum(value.counts) if isinstance(value, Histogram) else value
        )
        for family in database.measured()
        for labels, value in family.values
    }


async def test_commands_are_counted_by_what_became_of_them(place: Place) -> None:
    database = place.database()
    things = database.collection("things")
    await things.insert_one({"_id": 1})
    before = read(database)
    with pytest.raises(DuplicateKeyError):
        await things.insert_one({"_id": 1})
    with pytest.raises(OperationFailure):
        await things.database.command("nonsense")
    after = read(database)
    moved = {name: after[name] - before[name] for name in after}
    assert moved["parley_mongodb_command_seconds answered"] == 1
    assert moved["parley_mongodb_command_seconds refused"] == 1
    assert moved["parley_mongodb_command_seconds broken"] == 0
    await database.close()


async def test_connections_are_counted_while_they_are_open(place: Place) -> None:
    database = place.database()
    things = database.collection("things")
    await things.insert_many([{"_id": number} for number in range(4)])
    await asyncio.gather(*(things.find_one({"_id": number}) for number in range(4)))
    found = read(database)
    assert found["parley_mongodb_connections in_use"] == 0
    assert found["parley_mongodb_connections idle"] >= 1
    await database.close()
    found = read(database)
    assert found["parley_mongodb_connections in_use"] == 0
    assert found["parley_mongodb_connections idle"] == 0


async def test_a_server_that_is_not_found_is_counted() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        limits = Limits(operation_seconds=0.3, selection_seconds=0.1)
        database = Database(f"mongodb://127.0.0.1:{nobody.getsockname()[1]}/nothing", limits)
        with pytest.raises(Unavailable):
            await database.open()
        assert read(database)["parley_mongodb_servers_unfound"] == 1
        await database.close()


async def test_answers_that_are_lost_and_connections_that_are_all_in_use_are_counted(
    front: Front,
) -> None:
    begun, released = asyncio.Event(), asyncio.Event()

    async def held(forward: Forward) -> Document | None:
        begun.set()
        await released.wait()
        return await forward()

    limits = Limits(operation_seconds=60, selection_seconds=30, most_connections=1)
    database = Database(a_uri(front.uri), limits)
    things = database.collection("things")
    front.next("find things", lost, held)
    asked = asyncio.create_task(things.find_one({"_id": 1}))
    await begun.wait()
    assert read(database)["parley_mongodb_command_seconds broken"] == 1, "the driver asked again"
    with pymongo.timeout(0.05), pytest.raises(WaitQueueTimeoutError):
        await things.find_one({"_id": 1})
    found = read(database)
    assert found["parley_mongodb_connections_refused timeout"] == 1
    assert found["parley_mongodb_connections in_use"] == 1
    released.set()
    assert await asked is None
    await database.close()


def test_every_metric_is_on_the_page_and_no_other(mongodb: str) -> None:
    announced = [
        (family.name + ("_total" if family.kind == "counter" else ""), family.kind)
        for family in Database(mongodb, PATIENT).measured()
    ]
    written = re.findall(r"^\| `(parley_\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(announced) == sorted(written)
