"""How the database is asked."""

from pymongo import UpdateOne

from parley.adapters.mongo.client import write_all
from tests.adapters.mongo.conftest import Place


async def test_however_many_writes_there_are_all_are_carried_out(place: Place) -> None:
    database = place.database()
    numbers = database.collection("numbers")
    writes = [
        UpdateOne({"_id": number}, {"$max": {"value": number}}, upsert=True)
        for number in range(150)
    ]
    assert await write_all(numbers, writes) == 0
    assert await write_all(numbers, writes, ordered=False) == 150
    assert await numbers.count_documents({}) == 150
    assert await write_all(numbers, []) == 0
    await database.close()
