"""Stores on one database, as several nodes have them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from parley.adapters.mongo.client import Database, Limits
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.store import MongoStore
from tests.support.clock import ManualClock
from tests.support.mongodb import GIVEN, PATIENT, a_uri
from tests.support.queries import Queries


class Place:
    """A database on a server, and the nodes that were opened on it."""

    def __init__(self, uri: str) -> None:
        self.uri = a_uri(uri)
        self.clock = ManualClock()
        self.queries = Queries()

    def database(self, limits: Limits = PATIENT) -> Database:
        return Database(self.uri, limits, [self.queries])

    @asynccontextmanager
    async def node(self, name: str = "node") -> AsyncIterator[MongoStore]:
        database = self.database()
        store = await MongoStore.open(
            database,
            nodes=Nodes(database, name),
            clock=self.clock,
            random=secrets.token_bytes,
        )
        yield store
        await store.close()


@pytest.fixture
async def place(mongodb: str) -> AsyncIterator[Place]:
    place = Place(mongodb)
    yield place
    await place.queries.verify(place.uri, explain=bool(GIVEN))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[MongoStore]:
    async with place.node() as opened:
        yield opened


@pytest.fixture
async def other(place: Place) -> AsyncIterator[MongoStore]:
    """A second node."""
    async with place.node("other") as opened:
        yield opened
