"""The services over stores in memory, for tests of services and doors."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.acquaintances import MemoryAcquaintances
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.presence import MemoryPresence
from parley.adapters.memory.rooms import MemoryRooms
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.model.buckets import Buckets
from parley.model.sessions import Identity, SignedIn
from parley.ports.background import Background
from parley.ports.log import StoreIdentity
from parley.services.accounts import Accounts
from parley.services.administration import Administration
from parley.services.conversations import Conversations
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.operator import Operator
from parley.services.pins import Pins
from parley.services.preferences import Preferences
from parley.services.presence import Presences
from parley.services.reactions import Reactions
from parley.services.rooms import Rooms
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.services.users import Users
from tests.support.clock import ManualClock
from tests.support.timers import ManualTimers

SECRET = b"a secret of the tests, 32 bytes at least"
MONTH_S = 30 * 86_400


class House:
    """Everything that signing in and chatting needs, with a clock that tests move and cheap passwords."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus()
        self.background = Background()
        self.timers = ManualTimers(self.clock, self.background)
        self.account_store = MemoryAccounts()
        self.session_store = MemorySessions()
        self.passwords = Argon2Passwords(random=secrets.token_bytes, memory_kib=8, passes=1)
        self.tokens = JwtTokens(SECRET, random=secrets.token_bytes)
        self.accounts = Accounts(
            accounts=self.account_store,
            sessions=self.session_store,
            passwords=self.passwords,
            tokens=self.tokens,
            clock=self.clock,
            random=secrets.token_bytes,
            epoch="epoch-1",
            session_lifetime_s=MONTH_S,
            tries=Buckets(burst=5, per_minute=2),
        )
        self.sessions = self.more_sessions()
        self.users = Users(self.account_store)
        self.operator = Operator(
            accounts=self.account_store,
            sessions=self.session_store,
            end_all=self.sessions.end_all,
            passwords=self.passwords,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        self.log = MemoryLog()
        self.mark_store = MemoryMarks(self.log)
        self.room_store = MemoryRooms(self.log)
        self.preference_store = MemoryPreferences()
        self.journal = Journal(
            log=self.log,
            bus=self.bus,
            clock=self.clock,
            random=secrets.token_bytes,
            spawn=self.background.spawn,
            identity=StoreIdentity("epoch-1", b"digest key of the tests"),
        )
        self.conversations = Conversations(
            journal=self.journal,
            views=MemoryConversations(self.log),
            marks=self.mark_store,
            accounts=self.account_store,
            preferences=self.preference_store,
            random=secrets.token_bytes,
        )
        naming = Naming(
            journal=self.journal,
            rooms=self.room_store,
            clock=self.clock,
            random=secrets.token_bytes,
        )
        self.rooms = Rooms(
            journal=self.journal, naming=naming, rooms=self.room_store, random=secrets.token_bytes
        )
        self.administration = Administration(journal=self.journal, naming=naming)
        self.preferences = Preferences(journal=self.journal, preferences=self.preference_store)
        self.messages = Messages(
            journal=self.journal,
            log=self.log,
            accounts=self.account_store,
            spawn=self.background.spawn,
        )
        self.reactions = Reactions(self.journal)
        self.pins = Pins(self.journal)
        self.marks = Marks(
            journal=self.journal,
            log=self.log,
            marks=self.mark_store,
            bus=self.bus,
            spawn=self.background.spawn,
            after=self.timers.after,
        )
        self.presence_store = MemoryPresence()
        self.presence = self.more_presence()
        self.typing = Typing(journal=self.journal, bus=self.bus, clock=self.clock, most_members=3)
        self.sync = Sync(
            journal=self.journal,
            log=self.log,
            marks=self.mark_store,
            preferences=self.preference_store,
        )

    def more_sessions(self, **options: int) -> Sessions:
        """The service again, as another node on the same store and bus has it."""
        return Sessions(
            sessions=self.session_store,
            tokens=self.tokens,
            bus=self.bus,
            clock=self.clock,
            session_lifetime_s=MONTH_S,
            **options,
        )

    def more_presence(self) -> Presences:
        """The service again, as the next start on the same store has it."""
        return Presences(
            store=self.presence_store,
            acquaintances=MemoryAcquaintances(self.log),
            bus=self.bus,
            clock=self.clock,
            after=self.timers.after,
            spawn=self.background.spawn,
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
    house.passwords.close()
