"""Whose conversations are which: views that follow the log."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from msgspec import Struct

from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId


class Listed(Struct, frozen=True):
    """A conversation in somebody's list. `activity` orders the list, higher is later, and is unique in it."""

    conversation_id: ConversationId
    last_message: MessageNew | None
    activity: int


class Conversations(ABC):
    """Reads only: the log's adapter keeps these views, in the same store, as entries get in."""

    @abstractmethod
    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, int]:
        """Every conversation that this person is in, with a head that the answer reflects."""

    @abstractmethod
    async def full(self, user_ids: Sequence[UserId], most: int) -> set[UserId]:
        """Those of these people who are in at least `most` conversations."""

    @abstractmethod
    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        """A person's conversations, latest activity (a message, or the creation) first, below activity `before`."""
