"""Opening a database: its schema, its indexes, and who else is on it."""

import asyncio

import pytest

from parley.adapters.mongo import indexes, schema
from parley.adapters.mongo.client import BadAddress, Database
from parley.adapters.mongo.identity import identity
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.store import MongoStore
from parley.model.errors import Unavailable
from tests.adapters.mongo.conftest import Place

SHORT = 0.05


async def test_nodes_that_start_at_once_make_one_schema_and_one_identity(place: Place) -> None:
    async def start() -> object:
        database = place.database()
        await database.open()
        await schema.migrate(database)
        await indexes.check(database)
        found = await identity(database, bytes)
        version = await schema.current(database)
        await database.close()
        return found, version

    started = await asyncio.gather(*(start() for _ in range(4)))
    assert len({str(one) for one in started}) == 1
    assert started[0][1] == len(schema.MIGRATIONS)


async def test_every_step_runs_once_and_in_order(place: Place) -> None:
    ran: list[int] = []

    def step(number: int) -> schema.Migration:
        async def run(_database: Database) -> None:
            ran.append(number)

        return run

    database = place.database()
    await schema.migrate(database, [step(1)])
    await schema.migrate(database, [step(1), step(2), step(3)])
    assert ran == [1, 2, 3]
    await database.close()


async def test_a_database_of_a_newer_program_is_left_alone(place: Place) -> None:
    database = place.database()
    await database.collection("store").insert_one({"_id": "schema", "version": 999})
    with pytest.raises(schema.NewerSchema):
        await schema.migrate(database)
    await database.close()


async def test_a_missing_index_is_noticed(store: MongoStore, place: Place) -> None:
    database = place.database()
    await database.collection("entries").drop_index("conversation_id_seq")
    with pytest.raises(Unavailable, match="conversation_id_seq"):
        await indexes.check(database)
    await database.close()


async def test_a_node_whose_beat_goes_on_is_alive(place: Place) -> None:
    database = place.database()
    mine, theirs = Nodes(database, "mine"), Nodes(database, "theirs")
    await mine.beat()
    await theirs.beat()
    watching = asyncio.create_task(mine.others_alive(watched_seconds=SHORT * 4))
    while not watching.done():
        await theirs.beat()
    assert await watching
    await database.close()


async def test_a_node_that_is_dead_is_forgotten(place: Place) -> None:
    database = place.database()
    mine, theirs = Nodes(database, "mine"), Nodes(database, "theirs")
    await theirs.beat()
    assert not await mine.others_alive(watched_seconds=SHORT)
    assert await mine._others() == {}
    await database.close()


async def test_what_is_no_address_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadAddress) as caught:
        Database("mongodb://ann:hush@/x")
    assert "hush" not in str(caught.value)
