"""What people can do, wired."""

from typing import Final

from parley.api.app import Services
from parley.bootstrap.core import Core, wire_naming
from parley.bootstrap.people import People
from parley.journal.blocking import Blocking
from parley.journal.capacity import Capacity
from parley.journal.journal import Journal
from parley.model.buckets import Buckets
from parley.model.rates import rate
from parley.services.administration import Administration
from parley.services.bans import Bans
from parley.services.blocks import Blocks
from parley.services.contacts import Contacts, Rates
from parley.services.conversations import Conversations
from parley.services.erasures import Erasures
from parley.services.happenings import Happenings
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.reactions import Reactions
from parley.services.rooms import Rooms
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users
from parley.settings import Settings

ADDITIONS: Final = 30

ADDITIONS_PER_MINUTE: Final = 10
"""Of people to one's contacts: each addition is told to somebody."""

LOOKUPS: Final = 20

LOOKUPS_PER_MINUTE: Final = 1 / 3
"""Of people by their e-mail address, for each person and each network address: at most 500 a day."""


def wire_services(settings: Settings, core: Core, people: People, journal: Journal) -> Services:
    """Everything that both doors offer."""
    stores = core.stores
    if stores.log.shared:
        core.bus.subscribe(on_record=journal.on_record)
    blocking = Blocking(store=stores.blocks, spawn=core.background.spawn)
    core.bus.subscribe(on_signal=blocking.on_signal)
    capacity = Capacity(views=stores.conversations, most=settings.max_conversations)
    naming = wire_naming(core, journal)
    return Services(
        accounts=people.accounts,
        sessions=people.sessions,
        passwords=people.passwords,
        emails=people.emails,
        profiles=people.profiles,
        erasures=Erasures(
            erasures=stores.erasures,
            journal=journal,
            log=stores.log,
            conversations=stores.conversations,
            require_password=people.passwords.require,
            end_sessions=people.sessions.remove_all,
            clock=core.clock,
            spawn=core.background.spawn,
            grace_s=settings.presence_grace_seconds,
        ),
        users=Users(stores.accounts),
        contacts=Contacts(
            contacts=stores.contacts,
            accounts=stores.accounts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            rates=Rates(
                adding=Buckets(burst=ADDITIONS, per_minute=ADDITIONS_PER_MINUTE),
                by_email=Buckets(burst=LOOKUPS, per_minute=LOOKUPS_PER_MINUTE),
            ),
            by_request=settings.contacts == "by-request",
            by_email=settings.contacts_by_email,
            most=settings.max_contacts,
        ),
        blocks=Blocks(
            blocks=stores.blocks,
            contacts=stores.contacts,
            accounts=stores.accounts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            most=settings.max_blocks,
        ),
        conversations=Conversations(
            journal=journal,
            blocking=blocking,
            capacity=capacity,
            views=stores.conversations,
            marks=stores.marks,
            accounts=stores.accounts,
            preferences=stores.preferences,
            random=core.random,
            most_first_members=settings.max_members_at_creation,
            most_group_members=settings.max_group_members,
            most_room_members=settings.max_room_members,
        ),
        rooms=Rooms(
            journal=journal,
            naming=naming,
            rooms=stores.rooms,
            capacity=capacity,
            random=core.random,
            most_members=settings.max_room_members,
        ),
        administration=Administration(journal=journal, naming=naming),
        bans=Bans(journal=journal, accounts=stores.accounts, most=settings.max_bans),
        preferences=Preferences(journal=journal, preferences=stores.preferences),
        messages=Messages(
            journal=journal,
            blocking=blocking,
            capacity=capacity,
            log=stores.log,
            accounts=stores.accounts,
            spawn=core.background.spawn,
            sending=rate(settings.messages_per_second, core.clock.monotonic),
        ),
        reactions=Reactions(
            journal=journal,
            blocking=blocking,
            most=settings.max_emoji,
            reacting=rate(settings.reactions_per_second, core.clock.monotonic),
        ),
        pins=Pins(journal=journal, blocking=blocking, log=stores.log, most=settings.max_pins),
        happenings=Happenings(journal=journal, log=stores.log),
        marks=Marks(
            journal=journal,
            blocking=blocking,
            log=stores.log,
            marks=stores.marks,
            bus=core.bus,
            spawn=core.background.spawn,
            after=core.after,
        ),
        presence=Presences(
            store=stores.presence,
            acquaintances=stores.acquaintances,
            contacts=stores.contacts,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            after=core.after,
            spawn=core.background.spawn,
            grace_s=settings.presence_grace_seconds,
        ),
        typing=Typing(
            journal=journal,
            blocking=blocking,
            bus=core.bus,
            clock=core.clock,
            most_members=settings.max_typing_members,
        ),
        sync=Sync(
            journal=journal,
            log=stores.log,
            marks=stores.marks,
            preferences=stores.preferences,
            rollbacks=core.rollbacks,
        ),
    )
