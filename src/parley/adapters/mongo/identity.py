"""Which store this is, for good."""

from collections.abc import Callable

from pymongo import ReturnDocument

from parley.adapters.mongo.client import Database, translated
from parley.model.errors import Unavailable
from parley.model.ids import RandomBytes, random_id
from parley.ports.log import StoreIdentity

KEY_BYTES = 32


async def identity(database: Database, random: RandomBytes) -> StoreIdentity:
    """The store's identity; made by the first who asks, the same for all."""
    return await _kept(
        database, lambda: StoreIdentity(epoch=random_id(random), digest_key=random(KEY_BYTES))
    )


async def adopt(database: Database, taken_over: StoreIdentity) -> StoreIdentity:
    """Give a store without one the identity of the store whose data it takes over; the one that it has."""
    return await _kept(database, lambda: taken_over)


async def _kept(database: Database, make: Callable[[], StoreIdentity]) -> StoreIdentity:
    store = database.collection("store")
    with translated():
        found = await store.find_one({"_id": "identity"})
        if found is None:
            made = make()
            found = await store.find_one_and_update(
                {"_id": "identity"},
                {"$setOnInsert": {"epoch": made.epoch, "digest_key": made.digest_key}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
    if found is None:
        raise Unavailable  # an upsert answers with the document; what gives none is no MongoDB
    return StoreIdentity(found["epoch"], found["digest_key"])
