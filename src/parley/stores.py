"""The store that the settings name, opened: every port of it, and how it is doing."""

import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from secrets import token_bytes

import structlog
from msgspec import Struct

from parley.adapters.files.data_folder import DataFolder
from parley.adapters.memory.recovery import MemoryReplays
from parley.adapters.sqlite.accounts import SqliteAccounts
from parley.adapters.sqlite.acquaintances import SqliteAcquaintances
from parley.adapters.sqlite.backups import SqliteBackups
from parley.adapters.sqlite.blocks import SqliteBlocks
from parley.adapters.sqlite.catalogue import SqliteCatalogue
from parley.adapters.sqlite.codes import SqliteCodes
from parley.adapters.sqlite.connections import fault_of_disk
from parley.adapters.sqlite.contacts import SqliteContacts
from parley.adapters.sqlite.conversations import SqliteConversations
from parley.adapters.sqlite.database import FILES, Database
from parley.adapters.sqlite.erasures import SqliteErasures
from parley.adapters.sqlite.integrity import SqliteIntegrity
from parley.adapters.sqlite.log import SqliteLog
from parley.adapters.sqlite.marks import SqliteMarks
from parley.adapters.sqlite.preferences import SqlitePreferences
from parley.adapters.sqlite.presence import SqlitePresence
from parley.adapters.sqlite.recovery import SqliteReplays
from parley.adapters.sqlite.rooms import SqliteRooms
from parley.adapters.sqlite.schema import CannotOpen
from parley.adapters.sqlite.sessions import SqliteSessions
from parley.ports.accounts import AccountStore
from parley.ports.acquaintances import Acquaintances
from parley.ports.backups import Backups
from parley.ports.blocks import BlockStore
from parley.ports.clock import Clock
from parley.ports.codes import CodeStore
from parley.ports.contacts import ContactStore
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.integrity import Integrity
from parley.ports.log import Log, Record, StoreIdentity
from parley.ports.marks import MarkStore
from parley.ports.measures import Family
from parley.ports.preferences import PreferenceStore
from parley.ports.presence import PresenceStore
from parley.ports.recovery import Replays
from parley.ports.rooms import RoomStore
from parley.ports.sessions import SessionStore
from parley.ports.transfer import Catalogue, Intake
from parley.settings import Settings

log = structlog.get_logger("parley")


class CannotOpenStore(Exception):
    """The store can't be used; the message says to an operator why."""


class Stores(Struct, frozen=True, kw_only=True):
    """The ports of one store; `intake` where it can take over another one's contents.

    `trouble` gives the reason why it can't be relied on right now, if there is one; `heard` is to be called with
    every entry that the bus brings.
    """

    identity: StoreIdentity
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
    catalogue: Catalogue
    replays: Replays
    integrity: Integrity
    trouble: Callable[[], str | None]
    heard: Callable[[Record], None] | None = None
    intake: Intake | None = None
    backups: Backups | None = None
    measured: Callable[[], list[Family]] = list


async def open_stores(
    settings: Settings,
    folder: DataFolder | None,
    clock: Clock,
    inside: AsyncExitStack,
    taking_over: StoreIdentity | None = None,
) -> Stores:
    """Open it; what must be closed goes on `inside`. `taking_over`: it is to get the contents of this store.

    Raises:
        CannotOpenStore: It can't be used.
    """
    if settings.store != "sqlite":
        return await _mongodb(settings, clock, inside, taking_over)
    if folder is None or taking_over is not None:
        raise CannotOpenStore("Only a MongoDB can take over another store.")
    return await _sqlite(settings, folder, inside)


async def _sqlite(settings: Settings, folder: DataFolder, inside: AsyncExitStack) -> Stores:
    folder.keep_private(FILES)
    try:
        database = await Database.open(
            folder.path, fatal=end_at_once, synchronous=settings.synchronous
        )
    except CannotOpen as error:
        raise CannotOpenStore(str(error)) from error
    inside.push_async_callback(database.close)
    return Stores(
        identity=database.identity,
        log=SqliteLog(database),
        conversations=SqliteConversations(database),
        accounts=SqliteAccounts(database),
        sessions=SqliteSessions(database),
        codes=SqliteCodes(database),
        erasures=SqliteErasures(database),
        marks=SqliteMarks(database),
        presence=SqlitePresence(database),
        acquaintances=SqliteAcquaintances(database),
        rooms=SqliteRooms(database),
        preferences=SqlitePreferences(database),
        contacts=SqliteContacts(database),
        blocks=SqliteBlocks(database),
        catalogue=SqliteCatalogue(database),
        replays=await SqliteReplays.begin(database),
        integrity=SqliteIntegrity(database),
        backups=SqliteBackups(database, folder.path),
        measured=database.measured,
        trouble=database.trouble,
    )


async def _mongodb(
    settings: Settings, clock: Clock, inside: AsyncExitStack, taking_over: StoreIdentity | None
) -> Stores:
    try:
        from parley.adapters.mongo import opening  # noqa: PLC0415  # the driver is an extra
    except ImportError as error:
        message = "MongoDB needs its driver: install parley[mongodb]."
        raise CannotOpenStore(message) from error
    try:
        store = await opening.open_store(
            settings.store,
            opening.Limits(
                operation_seconds=settings.mongodb_timeout_seconds,
                selection_seconds=min(2.0, settings.mongodb_timeout_seconds),
                most_connections=settings.mongodb_connections,
            ),
            clock=clock,
            random=token_bytes,
            alone=not settings.allow_several_nodes,
            taking_over=taking_over,
        )
    except opening.CannotOpen as error:
        raise CannotOpenStore(str(error)) from error
    inside.push_async_callback(store.close)
    return Stores(
        identity=store.identity,
        log=store.log,
        conversations=store.conversations,
        accounts=store.accounts,
        sessions=store.sessions,
        codes=store.codes,
        erasures=store.erasures,
        marks=store.marks,
        presence=store.presence,
        acquaintances=store.acquaintances,
        rooms=store.rooms,
        preferences=store.preferences,
        contacts=store.contacts,
        blocks=store.blocks,
        catalogue=store.catalogue,
        replays=MemoryReplays(log=store.log, views=store.conversations, random=token_bytes),
        integrity=store.integrity,
        trouble=lambda: None if store.answers else "the database does not answer",
        heard=store.heard,
        measured=store.measured,
        intake=store.intake,
    )


def end_at_once(error: Exception) -> None:
    """End this process: what is on disk is unknown, and a restart finds it out. What was not answered never is."""
    fault = fault_of_disk(error)
    what = "the store failed, so this process ends; what was not answered is found out by the next start"
    log.critical(what, reason=fault or str(error), exc_info=None if fault else error)
    os._exit(1)
