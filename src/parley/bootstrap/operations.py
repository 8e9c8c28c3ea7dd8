"""What operators may ask for, wired."""

from contextlib import AsyncExitStack
from typing import Final

from parley.adapters.files.data_folder import DataFolder
from parley.bootstrap.core import Core, open_core, wire_journal, wire_naming, wire_sessions
from parley.control.operations import Operations
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.ports.clock import Clock
from parley.services.inspection.inspection import Inspection
from parley.services.operator import Operator
from parley.services.seeding import Seeding
from parley.services.sessions import Sessions
from parley.settings import Settings

SEEDED_AWAKE: Final = 20_000
"""Conversations that `parley seed` fills at once."""


async def operations(
    settings: Settings, folder: DataFolder | None, inside: AsyncExitStack
) -> Operations:
    """What operators may ask for, on a store that no server has open. Closing is as with `build`.

    Raises:
        CannotOpenStore: The database can't be used.
    """
    core = await open_core(settings, folder, inside)
    return wire_operations(core, wire_sessions(settings, core))


def wire_operations(core: Core, sessions: Sessions) -> Operations:
    """The same, on what a server has open."""

    def journal(clock: Clock) -> tuple[Journal, Naming]:
        journal = wire_journal(core, clock, SEEDED_AWAKE)
        return journal, wire_naming(core, journal)

    stores = core.stores
    return Operations(
        inspection=Inspection(
            catalogue=stores.catalogue,
            integrity=stores.integrity,
            log=stores.log,
            views=stores.conversations,
            marks=stores.marks,
            rooms=stores.rooms,
            accounts=stores.accounts,
            erasures=stores.erasures,
        ),
        backups=stores.backups,
        seeding=Seeding(
            journal=journal,
            accounts=core.stores.accounts,
            passwords=core.hashing,
            clock=core.clock,
            random=core.random,
        ),
        operator=Operator(
            accounts=core.stores.accounts,
            sessions=core.stores.sessions,
            end_all=sessions.end_all,
            passwords=core.hashing,
            clock=core.clock,
            random=core.random,
        ),
    )
