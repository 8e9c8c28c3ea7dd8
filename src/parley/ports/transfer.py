"""Moving everything from one store to another."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

from parley.model.ids import ConversationId
from parley.ports.log import Record, StoreIdentity

Kind = Literal["accounts", "sessions", "conversations", "entries"]


class NotForThis(Exception):
    """The store can't take another one's contents; the message says why."""


class Catalogue(ABC):
    """What a store holds, for those who copy it or compare it with a copy."""

    @abstractmethod
    async def ids(
        self, kind: Literal["accounts", "sessions", "conversations"], after: str, limit: int
    ) -> list[str]:
        """The ids behind `after`, ascending; of conversations those that have an entry."""

    @abstractmethod
    async def count(self, kind: Kind) -> int:
        """How many there are."""


class Intake(ABC):
    """A store that takes over another one's logs, with their ids, seqs and digests. It may be interrupted anywhere."""

    @abstractmethod
    async def begin(self, identity: StoreIdentity) -> ConversationId:
        """Take on the identity; the conversation that was completed last, empty where this is the beginning.

        Raises:
            NotForThis: The store holds something else.
        """

    @abstractmethod
    async def take(
        self,
        conversation_id: ConversationId,
        records: Sequence[Record],
        originals: Mapping[int, str],
        changed: Mapping[int, int],
    ) -> None:
        """Add the next records of a conversation, from its first on; those that are there already change nothing.

        By the seqs of messages: `originals` are the first bodies of those that were edited, `changed` the seqs of the
        last entries that are aimed at them.
        """

    @abstractmethod
    async def complete(self, conversation_id: ConversationId, head: int) -> None:
        """All of this conversation is in, and what is kept beside it; conversations come in order of their ids."""

    @abstractmethod
    async def finish(self) -> None:
        """Everything is in: the store may be served from now on."""
