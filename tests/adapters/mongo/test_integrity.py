"""The same inspection on MongoDB: nothing is found where all is well, and what is planted is found and named."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parley.adapters.mongo.client import Collection, Database
from parley.adapters.mongo.store import MongoStore
from parley.services.inspection.inspection import Inspected, Inspection
from tests.adapters.mongo.conftest import Place
from tests.support.eventful import GROUP, ROOM, fill
from tests.support.mongodb import Publishing

Plant = Callable[[Callable[[str], Collection]], Awaitable[object]]


@pytest.fixture
async def filled(place: Place) -> Place:
    async with place.node() as store:
        log: Any = Publishing(store)
        await fill(
            log=log,
            accounts=store.accounts,
            erasures=store.erasures,
            rooms=store.rooms,
            marks=store.marks,
        )
    return place


async def inspected(store: MongoStore) -> Inspected:
    inspection = Inspection(
        catalogue=store.catalogue,
        integrity=store.integrity,
        log=store.log,
        views=store.conversations,
        marks=store.marks,
        rooms=store.rooms,
        accounts=store.accounts,
        erasures=store.erasures,
    )
    return await inspection.run(lambda *_: None)


async def test_nothing_is_found_where_all_is_well(filled: Place) -> None:
    async with filled.node() as store:
        found = await inspected(store)
    assert found.faults == []
    assert (found.accounts, found.conversations) == (3, 2)
    assert found.entries == len(ROOM) + len(GROUP)


GARDEN = {"conversation_id": "garden"}
PLANTED: dict[str, Plant] = {
    "hole": lambda on: on("entries").delete_one(GARDEN | {"seq": 9}),
    "no_creation": lambda on: on("entries").delete_one(GARDEN | {"seq": 1}),
    "unreadable": lambda on: on("entries").update_one(
        GARDEN | {"seq": 2}, {"$unset": {"body": ""}}
    ),
    "contents_differ": lambda on: on("entries").update_one(
        GARDEN | {"seq": 2}, {"$set": {"body": "uno"}}
    ),
    "not_permitted": lambda on: on("entries").update_one(
        GARDEN | {"seq": 6}, {"$set": {"actor_id": "ann"}}
    ),
    "account_missing": lambda on: on("accounts").delete_one({"_id": "ben"}),
    "deleted_with_text": lambda on: on("entries").update_one(
        GARDEN | {"seq": 14}, {"$set": {"body": "six"}}
    ),
    "aftermath_differs": lambda on: on("reactions").delete_many({"emoji": "👍"}),
    "state_differs": lambda on: on("conversations").update_one(
        {"_id": "kitchen"}, {"$set": {"name": "Cellar"}}
    ),
    "membership_differs": lambda on: on("memberships").update_one(
        {"conversation_id": "kitchen", "user_id": "cat"}, {"$set": {"inside": True}}
    ),
    "standing_differs": lambda on: on("mentions").insert_one(
        GARDEN | {"user_id": "ben", "seq": 12}
    ),
    "room_differs": lambda on: on("conversations").update_one(
        {"_id": "garden"}, {"$set": {"member_count": 7}}
    ),
    "name_not_claimed": lambda on: on("room_names").delete_many({}),
    "mark_beyond_head": lambda on: on("marks").update_many({}, {"$set": {"delivered": 99}}),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_planted_fault_is_found_and_named(filled: Place, planted: str) -> None:
    database = Database(filled.uri)
    await PLANTED[planted](database.collection)
    await database.close()
    async with filled.node() as store:
        found = await inspected(store)
    assert planted in {fault.kind for fault in found.faults}, found


async def test_an_index_that_goes_missing_is_named(filled: Place) -> None:
    async with filled.node() as store:
        database = Database(filled.uri)
        await database.collection("blocks").drop_index("blocked_id")
        await database.close()
        faults = await store.integrity.faults()
    assert [fault.message for fault in faults] == ["The index blocked_id of blocks is missing."]
