"""What everything else is wired from."""

import asyncio
import hmac
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from secrets import token_bytes

from msgspec import Struct

from parley.adapters.files.data_folder import DataFolder
from parley.adapters.logs.mailer import LogMailer
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.security.clock import SystemClock
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.adapters.smtp.mailer import SmtpMailer
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.journal.rollbacks import Rollbacks
from parley.model.ids import RandomBytes
from parley.ports.background import Background
from parley.ports.bus import Bus
from parley.ports.clock import Clock
from parley.ports.mail import Mailer
from parley.ports.passwords import Passwords as Hashing
from parley.ports.timers import After
from parley.ports.tokens import Tokens
from parley.services.mails import Mails
from parley.services.sessions import Sessions
from parley.settings import Settings
from parley.stores import Stores, open_stores


class Core(Struct, frozen=True, kw_only=True):
    """What services are made of."""

    clock: Clock
    bus: Bus
    background: Background
    after: After
    hashing: Hashing
    mails: Mails
    tokens: Tokens
    stores: Stores
    rollbacks: Rollbacks
    random: RandomBytes
    derived_key: Callable[[str], bytes]
    """A key for one purpose, so that none signs for another's."""


async def open_core(settings: Settings, folder: DataFolder | None, inside: AsyncExitStack) -> Core:
    """The store that the settings name, opened, and the rest; what is to be closed is on `inside`.

    Raises:
        CannotOpenStore: The database can't be used.
    """
    clock = SystemClock()
    stores = await open_stores(settings, folder, clock, inside)
    hashing = Argon2Passwords(random=token_bytes)
    inside.callback(hashing.close)
    background = Background()
    inside.push_async_callback(background.settled)
    after = asyncio.get_running_loop().call_later
    mails = Mails(mailer=_mailer(settings), spawn=background.spawn, after=after)
    inside.callback(mails.close)
    # Without a folder nothing is signed that a server would have to know again.
    secret = settings.secret or (folder.secret() if folder is not None else token_bytes(32).hex())
    derived_key = partial(_derived, secret)
    lifetime_s = settings.access_token_minutes * 60
    return Core(
        clock=clock,
        bus=MemoryBus(),
        background=background,
        after=after,
        hashing=hashing,
        mails=mails,
        tokens=JwtTokens(derived_key("access tokens"), random=token_bytes, lifetime_s=lifetime_s),
        stores=stores,
        rollbacks=Rollbacks(),
        random=token_bytes,
        derived_key=derived_key,
    )


def _mailer(settings: Settings) -> Mailer:
    if settings.smtp_url is None:
        return LogMailer()
    return SmtpMailer(settings.smtp_url, sender=settings.mail_from)


def wire_journal(core: Core, clock: Clock, most_awake: int) -> Journal:
    """The only writer of conversations, stamping by this clock."""
    return Journal(
        log=core.stores.log,
        bus=core.bus,
        clock=clock,
        random=core.random,
        spawn=core.background.spawn,
        identity=core.stores.identity,
        most_awake=most_awake,
    )


def wire_naming(core: Core, journal: Journal) -> Naming:
    """The claims to names of rooms that this journal makes good."""
    return Naming(journal=journal, rooms=core.stores.rooms, clock=core.clock, random=core.random)


def wire_sessions(settings: Settings, core: Core) -> Sessions:
    """Who is signed in."""
    return Sessions(
        sessions=core.stores.sessions,
        tokens=core.tokens,
        bus=core.bus,
        clock=core.clock,
        random=core.random,
        session_lifetime_s=session_lifetime_s(settings),
        most_sessions=settings.max_sessions_per_person,
    )


def session_lifetime_s(settings: Settings) -> int:
    """How long nobody needs to sign in again."""
    return settings.refresh_days * 86_400


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")
