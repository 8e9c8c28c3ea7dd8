"""Reactions: what people say to a message without words."""

from parley.journal.blocking import Blocking
from parley.journal.commands import Committed, Judge, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State
from parley.model.entries import Entry
from parley.model.ids import ConversationId, UserId
from parley.model.messages import check_emoji
from parley.model.permissions import add_reaction, remove_reaction
from parley.model.rates import Rate, unlimited


class Reactions:
    """Each person reacts with each emoji once; a message has at most `most` different ones.

    `reacting` bounds how often a person does so and takes it back: each time is an entry for good.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        blocking: Blocking,
        most: int = 50,
        reacting: Rate = unlimited,
    ) -> None:
        self._journal = journal
        self._most = most
        self._reacting = reacting
        self._blocking = blocking

    async def add(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        emoji: str,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """React to a message; what is so already appends nothing.

        Raises:
            Invalid: The emoji is no text.
            TooLarge: It has more than 64 bytes.
            NotFound: The message is not there for this person, or was deleted.
            Forbidden: This person may only read.
            Conflict: The message has as many different reactions as it may have.
            RateLimited: This person reacts too often.
            Blocked: It is a direct conversation, and one of the two has blocked the other.
        """
        self._reacting(user_id)
        state = await self._journal.state(conversation_id)
        relation = await self._blocking.relation(state, user_id)

        def judge(state: State) -> Entry | Unchanged:
            entry = add_reaction(state, user_id, seq, emoji, most=self._most)
            relation.require_open(state)
            return entry or Unchanged()

        return await self._commit(
            user_id, conversation_id, judge, client_id, ("reaction.add", seq, emoji)
        )

    async def remove(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        seq: int,
        emoji: str,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Take a reaction of one's own back; where there is none nothing is appended.

        Raises:
            NotFound: The message is not there for this person, or was deleted.
        """
        return await self._commit(
            user_id,
            conversation_id,
            lambda state: remove_reaction(state, user_id, seq, emoji) or Unchanged(),
            client_id,
            ("reaction.remove", seq, emoji),
        )

    async def _commit(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        judge: Judge,
        client_id: str | None,
        command: tuple[str, int, str],
    ) -> Committed:
        check_emoji(command[2])
        digest = self._journal.digest(*command) if client_id is not None else None
        return await self._journal.commit(
            conversation_id, user_id, judge, client_id=client_id, digest=digest
        )
