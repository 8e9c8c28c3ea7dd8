"""Whose conversations are which: views that follow the log."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from msgspec import Struct

from parley.model.conversations import State
from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId


class Listed(Struct, frozen=True):
    """A conversation in somebody's list. `activity` orders the list, higher is later, and is unique in it."""

    state: State
    last_message: MessageNew | None
    activity: int


class Conversations(ABC):
    """Reads only: the log's adapter keeps these views, in the same store, as entries get in."""

    @abstractmethod
    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, int]:
        """Every conversation that this person is in, with a head that the answer reflects."""

    @abstractmethod
    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        """A person's conversations, latest activity (a message, or the creation) first, below activity `before`.

        The states carry everything but `members` and `pins`.
        """

    @abstractmethod
    async def members(
        self, conversation_id: ConversationId, *, after: int, limit: int
    ) -> Sequence[tuple[UserId, str, int]]:
        """(person, role, joined_seq) of members, in order of joining, from behind `after` (joined_seq, person).

        `after` counts members passed over.
        """
