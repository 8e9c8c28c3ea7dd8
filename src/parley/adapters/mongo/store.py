"""Everything that is kept in one MongoDB: opened in order, kept up, and closed in order."""

import asyncio
import contextlib
import logging

from parley.adapters.mongo import indexes, schema
from parley.adapters.mongo.accounts import MongoAccounts
from parley.adapters.mongo.acquaintances import MongoAcquaintances
from parley.adapters.mongo.aims import Aims
from parley.adapters.mongo.appending import Appending
from parley.adapters.mongo.blocks import MongoBlocks
from parley.adapters.mongo.catching_up import CatchingUp
from parley.adapters.mongo.client import Database
from parley.adapters.mongo.codes import MongoCodes
from parley.adapters.mongo.contacts import MongoContacts
from parley.adapters.mongo.conversations import MongoConversations
from parley.adapters.mongo.deletions import Deletions
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.erasures import MongoErasures
from parley.adapters.mongo.heads import Heads
from parley.adapters.mongo.identity import identity
from parley.adapters.mongo.inserts import Inserts
from parley.adapters.mongo.inside import Inside
from parley.adapters.mongo.integrity import MongoIntegrity
from parley.adapters.mongo.log import MongoLog
from parley.adapters.mongo.marks import MongoMarks
from parley.adapters.mongo.memberships import Memberships
from parley.adapters.mongo.mentions import Mentions
from parley.adapters.mongo.nodes import BEAT_SECONDS, Nodes
from parley.adapters.mongo.outbox import Outbox
from parley.adapters.mongo.preferences import MongoPreferences
from parley.adapters.mongo.presence import MongoPresence
from parley.adapters.mongo.reactions import Reactions
from parley.adapters.mongo.reading import Reading
from parley.adapters.mongo.rooms import MongoRooms
from parley.adapters.mongo.sessions import MongoSessions
from parley.adapters.mongo.transfer import MongoCatalogue, MongoIntake, unfinished
from parley.adapters.mongo.views import Views
from parley.model.errors import Unavailable
from parley.model.ids import RandomBytes
from parley.ports.background import Background
from parley.ports.clock import Clock
from parley.ports.log import Record, StoreIdentity
from parley.ports.measures import Family

logger = logging.getLogger(__name__)

TURNS_A_SWEEP = 5
"""Every so many turns, what other nodes left undone is looked for."""


class Unfinished(Exception):
    """The database holds a part of another store."""


class MongoStore:
    """The ports of one database, and the work that keeps its views behind its logs by no more than a second."""

    def __init__(
        self,
        database: Database,
        known: StoreIdentity,
        *,
        nodes: Nodes,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self.identity = known
        self.integrity = MongoIntegrity(database)
        self.answers = True
        """Whether the database did, the last time this node showed that it is alive."""
        self._database = database
        self._nodes = nodes
        self._background = Background()
        spawn = self._background.spawn
        entries, memberships = Entries(database), Memberships(database)
        aims, mentions, reactions = Aims(database), Mentions(database), Reactions(database, entries)
        self.views = Views(database, entries, memberships, aims, mentions, reactions=reactions)
        inside = Inside(entries, memberships, self.views)
        self._outbox = Outbox(memberships, random=random, spawn=spawn)
        self.deletions = Deletions(database, entries, self.views, clock)
        self.catalogue = MongoCatalogue(database, entries)
        self.intake = MongoIntake(database, entries, self.views)
        heads, reading = Heads(database, entries), Reading(database, entries, self.views)
        self.appending = Appending(
            inserts=Inserts(database, spawn),
            heads=heads,
            reading=reading,
            views=self.views,
            outbox=self._outbox,
            deletions=self.deletions,
            spawn=spawn,
        )
        self.log = MongoLog(
            database,
            known,
            entries=entries,
            views=self.views,
            aims=aims,
            reactions=reactions,
            heads=heads,
            reading=reading,
            appending=self.appending,
            catching_up=CatchingUp(entries, memberships, inside),
        )
        self.conversations = MongoConversations(database, entries, memberships, inside)
        self.accounts = MongoAccounts(database)
        self.sessions = MongoSessions(database)
        self.codes = MongoCodes(database)
        self.erasures = MongoErasures(database)
        self.marks = MongoMarks(database, inside, mentions)
        self.presence = MongoPresence(database)
        self.acquaintances = MongoAcquaintances(database, inside)
        self.rooms = MongoRooms(database)
        self.preferences = MongoPreferences(database)
        self.contacts = MongoContacts(database)
        self.blocks = MongoBlocks(database)
        self._closing = asyncio.Event()
        self._keeping = asyncio.get_running_loop().create_task(self._keep_up())

    @classmethod
    async def open(
        cls, database: Database, *, nodes: Nodes, clock: Clock, random: RandomBytes
    ) -> "MongoStore":
        """Connect, bring the schema up to date, and see that everything is as it must be.

        Raises:
            Unavailable: It can't be reached, or an index is missing.
            NewerSchema: A newer program has written it.
            Unfinished: It is taking over another store.
        """
        await _prepare(database)
        if await unfinished(database):
            raise Unfinished("It is taking over another store; run that migration to its end.")
        known = await identity(database, random)
        await nodes.beat()
        return cls(database, known, nodes=nodes, clock=clock, random=random)

    @classmethod
    async def open_for(
        cls,
        known: StoreIdentity,
        database: Database,
        *,
        nodes: Nodes,
        clock: Clock,
        random: RandomBytes,
    ) -> "MongoStore":
        """As `open`, to take over the store that has this identity; `intake` decides whether it may.

        Raises:
            Unavailable: It can't be reached, or an index is missing.
            NewerSchema: A newer program has written it.
        """
        await _prepare(database)
        await nodes.beat()
        return cls(database, known, nodes=nodes, clock=clock, random=random)

    def heard(self, record: Record) -> None:
        """To be called with every entry that the bus brings: what was published here is known by it."""
        self._outbox.heard(record)

    def measured(self) -> list[Family]:
        """How commands to the database go."""
        return self._database.measured()

    async def close(self) -> None:
        """Finish what is under way, write what lags, and let go of the database."""
        self._closing.set()
        await self._keeping
        await self._background.settled()
        with contextlib.suppress(Unavailable):
            await self.views.flush()
            await self._outbox.settle()
            await self._nodes.leave()
        await self._database.close()

    async def _keep_up(self) -> None:
        """Once a second show that this node is alive, and write the views that lag."""
        turn = 0
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), BEAT_SECONDS)
            turn += 1
            try:
                await self._turn(turn)
            except Unavailable:
                self.answers = False  # readers apply what the views lack; it is written once the database is back
            except Exception:
                logger.exception("keeping the views up failed")
            else:
                self.answers = True

    async def _turn(self, turn: int) -> None:
        await self._nodes.beat()
        self.answers = True
        await self.views.flush()
        await self._outbox.settle()
        if turn % TURNS_A_SWEEP == 0:
            await self.deletions.sweep()


async def _prepare(database: Database) -> None:
    await database.open()
    await schema.migrate(database)
    await indexes.check(database)
