"""The services by which people come to an account and into it."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from parley.bootstrap.core import Core, wire_sessions
from parley.model.buckets import Buckets
from parley.model.tries import Tries
from parley.services.accounts import Accounts
from parley.services.codes import Codes
from parley.services.emails import Emails
from parley.services.housekeeping import Chore
from parley.services.passwords import Passwords
from parley.services.profiles import Profiles
from parley.services.sessions import Sessions
from parley.settings import Settings

MAILS: Final = 3

MAILS_PER_MINUTE: Final = 0.2
"""Of those that anybody can have sent, for each e-mail address; ten times as many for each network address."""

HOUR_S: Final = 3600


class People(Struct, frozen=True, kw_only=True):
    """The services by which people come to an account and into it."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    emails: Emails
    profiles: Profiles
    chores: Sequence[Chore]


def wire_people(settings: Settings, core: Core) -> People:
    """Accounts, and the ways into them."""
    stores = core.stores
    tries = settings.tries_per_minute
    most = settings.registrations_per_minute
    sessions = wire_sessions(settings, core)
    codes = Codes(
        codes=stores.codes,
        send=core.mails.send,
        clock=core.clock,
        random=core.random,
        tries=Buckets(burst=2 * tries, per_minute=tries),
        mailing=Tries(burst=MAILS, per_minute=MAILS_PER_MINUTE, a_name=1),
        client_url=settings.public_url and settings.public_url.rstrip("/"),
    )
    emails = Emails(
        accounts=stores.accounts,
        codes=codes,
        send=core.mails.send,
        spawn=core.background.spawn,
        bus=core.bus,
    )
    passwords = Passwords(
        accounts=stores.accounts,
        sessions=sessions,
        hashing=core.hashing,
        codes=codes,
        send=core.mails.send,
        spawn=core.background.spawn,
        clock=core.clock,
        tries=Buckets(burst=2 * tries, per_minute=tries),
    )
    return People(
        accounts=Accounts(
            accounts=stores.accounts,
            sessions=sessions,
            passwords=core.hashing,
            clock=core.clock,
            random=core.random,
            epoch=stores.identity.epoch,
            tries=Tries(burst=2 * tries, per_minute=tries),
            registrations=Buckets(burst=most, per_minute=most) if most else None,
            prove=emails.prove,
            open_to_all=settings.registration == "open",
        ),
        sessions=sessions,
        passwords=passwords,
        emails=emails,
        profiles=Profiles(
            accounts=stores.accounts,
            codes=codes,
            require_password=passwords.require,
            prove=emails.prove,
            bus=core.bus,
        ),
        chores=(
            Chore("sweeping sessions", HOUR_S, sessions.sweep),
            Chore("sweeping codes", HOUR_S, codes.sweep),
        ),
    )
