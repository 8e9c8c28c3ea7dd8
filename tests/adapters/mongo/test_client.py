"""How the database is asked."""

import logging

import pytest
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError, NetworkTimeout

from parley.adapters.mongo.client import Sparse, translated, write_all
from parley.model.errors import Unavailable
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


def _fail(error: Exception) -> None:
    with pytest.raises(Unavailable), translated():
        raise error


def test_what_the_database_did_not_do_is_logged_without_what_was_written(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("parley.adapters.mongo.client"), "filters", [])
    _fail(NetworkTimeout("db:27017: timed out"))
    _fail(DuplicateKeyError("dup key: { email: 'ann@example.org' }", 11000))
    first, second = caplog.messages
    assert first.endswith("db:27017: timed out")
    assert second.endswith("DuplicateKeyError, code 11000")


def test_of_many_lines_one_is_logged_in_a_while() -> None:
    now = [0.0]
    sparse = Sparse(10, lambda: now[0])
    line = logging.makeLogRecord({})
    passed = []
    for now[0] in (1.0, 2.0, 10.9, 11.0, 12.0):
        passed.append(sparse.filter(line))
    assert passed == [True, False, False, True, False]
