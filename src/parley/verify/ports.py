"""What a chat server is to those who verify it. An adapter says how to do this with one server."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from parley.verify.history import Answer, Command, Reading
from parley.verify.views import Views


class Unanswered(Exception):
    """No answer came: the connection ended, or it took too long. What was asked may or may not have been done."""


class NotNow(Exception):
    """The server can't be reached, or can't do this now. Trying again later is right."""


class Unfit(Exception):
    """What answers there is no such server, or lets nobody in. Trying again is of no use."""


class Person(Struct):
    """Somebody with an account; `secret` is the adapter's: whatever signs them in."""

    user_id: str
    name: str
    secret: str


class Keep(Struct):
    """What a device keeps over all its connections. `session` and `recovery` are the adapter's own."""

    person: Person
    device: str
    views: Views
    session: Any = None
    recover: bool = False
    recovery: Any = None
    recovered: int = 0
    synced: int = 0


class Connection(ABC):
    """One connection of a device. It feeds `Keep.views` with what arrives until it ends."""

    @abstractmethod
    async def ask(self, command: Command, within: float) -> Answer:
        """Have something done, once for its `client_id`.

        Raises:
            Unanswered: No answer came within so many seconds, or before the connection ended.
        """

    @abstractmethod
    async def mark(self, conversation_id: str, seq: int, within: float) -> bool:
        """Mark everything up to `seq` as read. Whether that was acknowledged.

        Raises:
            Unanswered: As `ask`.
        """

    @abstractmethod
    async def ended(self) -> None:
        """Return once this connection is of no use any more, for whatever reason."""

    @abstractmethod
    async def close(self) -> None:
        """End it from this side, and wait until nothing of it runs."""


class Chat(ABC):
    """A server, as its clients see it. Methods raise `NotNow` where it can't be reached."""

    kinds: frozenset[str] = frozenset({"message.send"})
    """The commands that it knows, by Parley's names."""

    numbered: bool = True
    """Whether entries have a seq."""

    guards: bool = True
    """Whether it says who may read: `read` is then asked for strangers too."""

    @abstractmethod
    async def open(self, url: str) -> None:
        """Begin with the server at this address; said anew when it moves. Needs no answer of it."""

    @abstractmethod
    async def register(self, name: str) -> Person:
        """Somebody new.

        Raises:
            Unfit: It will never do that.
        """

    @abstractmethod
    async def connect(self, url: str, keep: Keep, within: float) -> Connection:
        """A connection to this address, signed in and caught up.

        Raises:
            NotNow: That did not come about within so many seconds.
        """

    @abstractmethod
    async def establish(
        self, kind: str, name: str, owner: Person, members: list[Person]
    ) -> str | None:
        """Make a group, room or direct conversation before the run; its id, None where there is no such kind."""

    @abstractmethod
    async def read(self, person: Person, conversation_id: str) -> Reading | None:
        """The whole log and all messages as they are now, straight from the server; None where it refuses."""

    async def standings(self, person: Person) -> Mapping[str, int]:
        """The read positions of somebody by conversation; none where there are no such things."""
        del person
        return {}

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""
