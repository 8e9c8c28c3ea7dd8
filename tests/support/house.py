"""The services over stores in memory, for tests of services and doors."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.log import MemoryLog
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.security.passwords import Argon2Passwords
from parley.adapters.security.tokens import JwtTokens
from parley.journal.journal import Journal
from parley.model.buckets import Buckets
from parley.model.sessions import Identity, SignedIn
from parley.ports.background import Background
from parley.ports.log import StoreIdentity
from parley.services.accounts import Accounts
from parley.services.conversations import Conversations
from parley.services.messages import Messages
from parley.services.pins import Pins
from parley.services.reactions import Reactions
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.users import Users
from tests.support.clock import ManualClock

SECRET = b"a secret of the tests, 32 bytes at least"
MONTH_S = 30 * 86_400


class House:
    """Everything that signing in and chatting needs, with a clock that tests move and cheap passwords."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus()
        self.background = Background()
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
        self.log = MemoryLog()
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
            accounts=self.account_store,
            random=secrets.token_bytes,
        )
        self.messages = Messages(
            journal=self.journal,
            log=self.log,
            accounts=self.account_store,
            spawn=self.background.spawn,
        )
        self.reactions = Reactions(self.journal)
        self.pins = Pins(self.journal)
        self.sync = Sync(journal=self.journal, log=self.log)

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
