"""Whose conversations are which: views that follow the log."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId


class Listed(Struct, frozen=True):
    """A conversation in somebody's list, as its log was at `head`.

    `activity` orders the list, higher is later, and is unique in it. It may be of an earlier moment, and then so is
    `last_message`, but for its content: it is the last one there was at that activity.
    """

    conversation_id: ConversationId
    head: int
    last_message: MessageNew | None
    activity: int


class Touched(Struct, frozen=True):
    """Some of the conversations that somebody has to do with; `next` is what to go on behind, None at the end."""

    conversation_ids: Sequence[ConversationId]
    next: ConversationId | None


class Membership(NamedTuple):
    """Where somebody is in: since the entry `joined_seq`, by an answer that reflects the log up to `head`."""

    head: int
    joined_seq: int


class Conversations(ABC):
    """Reads only: the log's adapter keeps these views, in the same store, as entries get in."""

    @abstractmethod
    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, Membership]:
        """Every conversation that this person is in."""

    @abstractmethod
    async def full(self, user_ids: Sequence[UserId], most: int) -> set[UserId]:
        """Those of these people who are in at least `most` conversations."""

    @abstractmethod
    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        """A person's conversations, latest activity (a message, or the creation) first, below activity `before`."""

    @abstractmethod
    async def touched(self, user_id: UserId, after: str, limit: int) -> Touched:
        """Of the `limit` conversations behind this id, those in which the person is, or did something.

        Ended ones too, and those that they have left since.
        """
