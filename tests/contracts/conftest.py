"""The stores that every contract is run on; one line more, and another one joins."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.acquaintances import MemoryAcquaintances
from parley.adapters.memory.blocks import MemoryBlocks
from parley.adapters.memory.codes import MemoryCodes
from parley.adapters.memory.contacts import MemoryContacts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.erasures import MemoryErasures
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.presence import MemoryPresence
from parley.adapters.memory.recovery import MemoryReplays
from parley.adapters.memory.rooms import MemoryRooms
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.mongo.nodes import Nodes
from parley.adapters.mongo.store import MongoStore
from parley.adapters.security.clock import SystemClock
from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.acquaintances import SqliteAcquaintances
from parley.adapters.sqlite.blocks import SqliteBlocks
from parley.adapters.sqlite.codes import SqliteCodes
from parley.adapters.sqlite.contacts import SqliteContacts
from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.erasures import SqliteErasures
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.marks import SqliteMarks
from parley.adapters.sqlite.preferences import SqlitePreferences
from parley.adapters.sqlite.presence import SqlitePresence
from parley.adapters.sqlite.recovery import SqliteReplays
from parley.adapters.sqlite.rooms import SqliteRooms
from parley.adapters.sqlite.sessions import SqliteSessions
from parley.model.conversations import State
from parley.model.entries import Entry
from parley.ports.accounts import AccountStore
from parley.ports.acquaintances import Acquaintances
from parley.ports.blocks import BlockStore
from parley.ports.codes import CodeStore
from parley.ports.contacts import ContactStore
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.log import Log
from parley.ports.marks import MarkStore
from parley.ports.preferences import PreferenceStore
from parley.ports.presence import PresenceStore
from parley.ports.recovery import Replays
from parley.ports.rooms import RoomStore
from parley.ports.sessions import SessionStore
from tests.support.mongodb import Publishing, a_database
from tests.support.pen import Pen


@dataclass
class Store:
    """One technology behind all ports of a store."""

    log: Log
    conversations: Conversations
    accounts: AccountStore
    sessions: SessionStore
    codes: CodeStore
    erasures: ErasureStore
    marks: MarkStore
    presence: PresenceStore
    acquaintances: Acquaintances
    rooms: RoomStore
    preferences: PreferenceStore
    contacts: ContactStore
    blocks: BlockStore
    replays: Replays
    ordered: bool = True
    """Whether all entries of the store have one order, their positions."""

    async def write(self, pen: Pen, *entries: Entry) -> list[int]:
        """Append these entries, all of which must get in; their positions."""
        after = pen.head
        appended = await self.log.append(pen.conversation_id, after, pen.records(*entries))
        assert appended.stopped is None
        assert appended.count == len(entries)
        return list(appended.positions)

    async def state(self, pen: Pen) -> State:
        return await self.log.load(pen.conversation_id)


Opened = AbstractAsyncContextManager[Store]


@asynccontextmanager
async def memory(_request: pytest.FixtureRequest, _folder: Path) -> AsyncIterator[Store]:
    log = MemoryLog()
    accounts, codes, marks = MemoryAccounts(), MemoryCodes(), MemoryMarks(log)
    preferences, presence = MemoryPreferences(), MemoryPresence()
    contacts, blocks = MemoryContacts(), MemoryBlocks()
    forgetting = (codes, marks, preferences, presence, contacts, blocks)
    yield Store(
        log,
        MemoryConversations(log),
        accounts,
        MemorySessions(),
        codes,
        MemoryErasures(accounts.drop, [one.drop for one in forgetting]),
        marks,
        presence,
        MemoryAcquaintances(log),
        MemoryRooms(log),
        preferences,
        contacts,
        blocks,
        MemoryReplays(log=log, views=MemoryConversations(log), random=secrets.token_bytes),
    )


@asynccontextmanager
async def sqlite(_request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Store]:
    failures: list[Exception] = []
    database = await Database.open(folder, fatal=failures.append)
    yield Store(
        SqliteLog(database),
        SqliteConversations(database),
        SqliteAccounts(database),
        SqliteSessions(database),
        SqliteCodes(database),
        SqliteErasures(database),
        SqliteMarks(database),
        SqlitePresence(database),
        SqliteAcquaintances(database),
        SqliteRooms(database),
        SqlitePreferences(database),
        SqliteContacts(database),
        SqliteBlocks(database),
        await SqliteReplays.begin(database),
    )
    await database.close()
    assert failures == []


@asynccontextmanager
async def mongo(request: pytest.FixtureRequest, _folder: Path) -> AsyncIterator[Store]:
    async with a_database(request.getfixturevalue("mongodb")) as database:
        nodes = Nodes(database, "node")
        opened = await MongoStore.open(
            database, nodes=nodes, clock=SystemClock(), random=secrets.token_bytes
        )
        log = Publishing(opened)
        yield Store(
            log,
            opened.conversations,
            opened.accounts,
            opened.sessions,
            opened.codes,
            opened.erasures,
            opened.marks,
            opened.presence,
            opened.acquaintances,
            opened.rooms,
            opened.preferences,
            opened.contacts,
            opened.blocks,
            MemoryReplays(log=log, views=opened.conversations, random=secrets.token_bytes),
            ordered=False,
        )
        await opened.close()


STORES: dict[str, Callable[[pytest.FixtureRequest, Path], Opened]] = {
    "memory": memory,
    "sqlite": sqlite,
    "mongo": mongo,
}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with STORES[request.param](request, tmp_path) as opened:
        yield opened


@pytest.fixture
def pen() -> Pen:
    """A conversation that no test has used before."""
    return Pen(secrets.token_hex(8))


NewPen = Callable[[], Pen]


@pytest.fixture
def new_pen() -> NewPen:
    """More conversations."""
    return lambda: Pen(secrets.token_hex(8))
