"""How far people have come in their conversations: state that is theirs, beside the log."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from msgspec import Struct

from parley.model.ids import ConversationId, UserId
from parley.model.marks import Mark, Standing


class Move(Struct, frozen=True):
    """A mark of a person in a conversation."""

    conversation_id: ConversationId
    user_id: UserId
    mark: Mark


class MarkStore(ABC):
    """One mark a person and conversation, none being the same as `Mark()`. Raises `Unavailable` where it can't answer.

    Its counts follow the log: a reading shows every entry whose append was answered before it began.
    """

    @abstractmethod
    async def advance(self, moves: Sequence[Move]) -> Sequence[Move]:
        """Join each mark with the kept one (`Mark.joined`); answers with those that moved, as kept now, once durable.

        Each move is one atomic step: of two at once neither is lost. Several are no whole. A conversation and person
        come at most once; both have been named by an entry.
        """

    @abstractmethod
    async def rewind(self, move: Move) -> Mark:
        """Set a mark back (`Mark.rewound`), in one atomic step; as kept now, once durable."""

    @abstractmethod
    async def of(
        self, conversation_id: ConversationId, user_ids: Sequence[UserId]
    ) -> Mapping[UserId, Mark]:
        """The marks of these people; who has none is absent."""

    @abstractmethod
    async def standings(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Standing]:
        """How a person stands in those of these conversations that they are in.

        They have read up to `model.marks.position`, of which their last joining and their last message are theirs.
        Mentions are messages of others, as they are now. The cost does not grow with the length of what was read.
        """
