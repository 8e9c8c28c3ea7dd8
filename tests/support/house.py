"""The services over stores in memory, for tests of services and doors."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.acquaintances import MemoryAcquaintances
from parley.adapters.memory.blocks import MemoryBlocks
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.codes import MemoryCodes
from parley.adapters.memory.contacts import MemoryContacts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.disk import Disk
from parley.adapters.memory.erasures import MemoryErasures
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.mailer import MemoryMailer
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.presence import MemoryPresence
from parley.adapters.memory.rooms import MemoryRooms
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.journal.blocking import Blocking
from parley.journal.capacity import Capacity
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.journal.rollbacks import Rollbacks
from parley.model.buckets import Buckets
from parley.model.sessions import Identity, SignedIn
from parley.model.tries import Tries
from parley.ports.background import Background
from parley.ports.clock import Clock
from parley.ports.log import StoreIdentity
from parley.services.accounts import Accounts
from parley.services.administration import Administration
from parley.services.bans import Bans
from parley.services.blocks import Blocks
from parley.services.codes import Codes
from parley.services.contacts import Contacts, Rates
from parley.services.conversations import Conversations
from parley.services.emails import Emails
from parley.services.erasures import Erasures
from parley.services.happenings import Happenings
from parley.services.mails import Mails
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.operator import Operator
from parley.services.passwords import Passwords
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.profiles import Profiles
from parley.services.reactions import Reactions
from parley.services.rooms import Rooms
from parley.services.seeding import Seeding
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users
from tests.support.clock import ManualClock
from tests.support.timers import ManualTimers

SECRET = b"a secret of the tests, 32 bytes at least"
MONTH_S = 30 * 86_400
CLIENT = "https://chat.example.org"


class House:
    """Everything that signing in and chatting needs, with a clock that tests move and cheap passwords."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus()
        self.background = Background()
        self.timers = ManualTimers(self.clock, self.background)
        self.account_store = MemoryAccounts()
        self.session_store = MemorySessions()
        self.hashing = Argon2Passwords(random=secrets.token_bytes, memory_kib=8, passes=1)
        self.tokens = JwtTokens(SECRET, random=secrets.token_bytes)
        self.sessions = self.more_sessions()
        self.mailer = MemoryMailer()
        self.mails = Mails(mailer=self.mailer, spawn=self.background.spawn, after=self.timers.after)
        self.code_store = MemoryCodes()
        self.codes = Codes(
            codes=self.code_store,
            send=self.mails.send,
            clock=self.clock,
            random=secrets.token_bytes,
            tries=Buckets(burst=5, per_minute=2),
            mailing=Tries(burst=3, per_minute=0.2, a_name=1),
            client_url=CLIENT,
        )
        self.emails = Emails(
            accounts=self.account_store,
            codes=self.codes,
            send=self.mails.send,
            spawn=self.background.spawn,
            bus=self.bus,
        )
        self.accounts = self.more_accounts()
        self.passwords = Passwords(
            accounts=self.account_store,
            sessions=self.sessions,
            hashing=self.hashing,
            codes=self.codes,
            send=self.mails.send,
            spawn=self.background.spawn,
            clock=self.clock,
            tries=Buckets(burst=5, per_minute=2),
        )
        self.profiles = Profiles(
            accounts=self.account_store,
            codes=self.codes,
            require_password=self.passwords.require,
            prove=self.emails.prove,
            bus=self.bus,
        )
        self.users = Users(self.account_store)
        self.operator = Operator(
            accounts=self.account_store,
            sessions=self.session_store,
            end_all=self.sessions.end_all,
            passwords=self.hashing,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        self.log = MemoryLog(Disk(StoreIdentity("epoch-1", b"digest key of the tests")))
        self.conversation_views = MemoryConversations(self.log)
        self.mark_store = MemoryMarks(self.log)
        self.room_store = MemoryRooms(self.log)
        self.preference_store = MemoryPreferences()
        self.journal, naming = self.more_journal(self.clock)
        self.seeding = Seeding(
            journal=self.more_journal,
            accounts=self.account_store,
            passwords=self.hashing,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        self.block_store = MemoryBlocks()
        self.contact_store = MemoryContacts()
        self.blocking = Blocking(store=self.block_store, spawn=self.background.spawn)
        self.bus.subscribe(on_signal=self.blocking.on_signal)
        self.contacts = self.more_contacts()
        self.blocks = Blocks(
            blocks=self.block_store,
            contacts=self.contact_store,
            accounts=self.account_store,
            blocking=self.blocking,
            bus=self.bus,
            clock=self.clock,
            most=3,
        )
        capacity = Capacity(views=self.conversation_views, most=20)
        self.conversations = Conversations(
            journal=self.journal,
            blocking=self.blocking,
            capacity=capacity,
            views=self.conversation_views,
            marks=self.mark_store,
            accounts=self.account_store,
            preferences=self.preference_store,
            random=secrets.token_bytes,
        )
        self.rooms = Rooms(
            journal=self.journal,
            naming=naming,
            rooms=self.room_store,
            capacity=capacity,
            random=secrets.token_bytes,
        )
        self.administration = Administration(journal=self.journal, naming=naming)
        self.bans = Bans(journal=self.journal, accounts=self.account_store, most=2)
        self.preferences = Preferences(journal=self.journal, preferences=self.preference_store)
        self.messages = Messages(
            journal=self.journal,
            blocking=self.blocking,
            capacity=capacity,
            log=self.log,
            accounts=self.account_store,
            spawn=self.background.spawn,
        )
        self.reactions = Reactions(journal=self.journal, blocking=self.blocking)
        self.pins = Pins(journal=self.journal, blocking=self.blocking, log=self.log)
        self.happenings = Happenings(journal=self.journal, log=self.log)
        self.marks = Marks(
            journal=self.journal,
            blocking=self.blocking,
            log=self.log,
            marks=self.mark_store,
            bus=self.bus,
            spawn=self.background.spawn,
            after=self.timers.after,
        )
        self.presence_store = MemoryPresence()
        self.erasure_store = MemoryErasures(
            self.account_store.drop,
            [
                store.drop
                for store in (
                    self.code_store,
                    self.mark_store,
                    self.preference_store,
                    self.presence_store,
                    self.contact_store,
                    self.block_store,
                )
            ],
        )
        self.erasures = self.more_erasures()
        self.presence = self.more_presence()
        self.typing = Typing(
            journal=self.journal,
            blocking=self.blocking,
            bus=self.bus,
            clock=self.clock,
            most_members=3,
        )
        self.sync = Sync(
            journal=self.journal,
            log=self.log,
            marks=self.mark_store,
            preferences=self.preference_store,
            rollbacks=Rollbacks(),
        )

    def more_accounts(self, **options: Any) -> Accounts:
        """The service with other options."""
        return Accounts(
            accounts=self.account_store,
            sessions=self.sessions,
            passwords=self.hashing,
            clock=self.clock,
            random=secrets.token_bytes,
            epoch="epoch-1",
            tries=Tries(burst=5, per_minute=2),
            registrations=options.pop("registrations", None),
            prove=self.emails.prove,
            **options,
        )

    def more_erasures(self, **options: float) -> Erasures:
        """The service again, as another node or the next start on the same store has it."""
        return Erasures(
            erasures=self.erasure_store,
            journal=self.journal,
            log=self.log,
            conversations=MemoryConversations(self.log),
            require_password=self.passwords.require,
            end_sessions=self.sessions.remove_all,
            clock=self.clock,
            spawn=self.background.spawn,
            **options,
        )

    def more_sessions(self, **options: int) -> Sessions:
        """The service again, as another node on the same store and bus has it."""
        return Sessions(
            sessions=self.session_store,
            tokens=self.tokens,
            bus=self.bus,
            clock=self.clock,
            random=secrets.token_bytes,
            session_lifetime_s=MONTH_S,
            **options,
        )

    def more_journal(self, clock: Clock) -> tuple[Journal, Naming]:
        """One that stamps its entries by this clock, on the same log."""
        journal = Journal(
            log=self.log,
            bus=self.bus,
            clock=clock,
            random=secrets.token_bytes,
            spawn=self.background.spawn,
            identity=self.log.disk.identity,
        )
        naming = Naming(
            journal=journal, rooms=self.room_store, clock=clock, random=secrets.token_bytes
        )
        return journal, naming

    def more_contacts(self, **options: object) -> Contacts:
        """The service again, as another setting has it."""
        return Contacts(
            contacts=self.contact_store,
            accounts=self.account_store,
            blocking=self.blocking,
            bus=self.bus,
            clock=self.clock,
            rates=Rates(
                adding=Buckets(burst=20, per_minute=10), by_email=Buckets(burst=4, per_minute=1)
            ),
            **{"most": 3, **options},
        )

    def more_presence(self, **options: float) -> Presences:
        """The service again, as the next start on the same store has it."""
        return Presences(
            store=self.presence_store,
            acquaintances=MemoryAcquaintances(self.log),
            contacts=self.contact_store,
            blocking=self.blocking,
            bus=self.bus,
            clock=self.clock,
            after=self.timers.after,
            spawn=self.background.spawn,
            **options,
        )

    async def person(self, username: str) -> SignedIn:
        """Register somebody."""
        return await self.accounts.register(username=username, password=f"password of {username}")

    async def identity(self, signed_in: SignedIn) -> Identity:
        """Who they are to the services."""
        return await self.sessions.authenticate(signed_in.access_token)


@contextmanager
def a_house() -> Iterator[House]:
    """A house, whose threads end with it."""
    house = House()
    yield house
    house.hashing.close()
