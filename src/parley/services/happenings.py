"""Happenings: what became of a conversation itself, to be shown between what was said in it."""

from msgspec import Struct

from parley.journal.journal import Journal
from parley.model.entries import Entry
from parley.model.errors import Invalid
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import require_member
from parley.ports.log import Log

PAGE = 200


class HappeningPage(Struct, frozen=True, omit_defaults=True):
    """Entries ascending. `next` is the seq to name as `after`; absent at the end."""

    items: list[Entry]
    next: int | None = None


class Happenings:
    """Entries that never change once they are in."""

    def __init__(self, *, journal: Journal, log: Log) -> None:
        self._journal = journal
        self._log = log

    async def page(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = PAGE,
    ) -> HappeningPage:
        """That it was made or changed, who came, went or has another role, and pins, between two seqs.

        Raises:
            Invalid: A limit that is none.
            NotFound: The conversation is not there for this person.
        """
        if not 1 <= limit <= PAGE:
            raise Invalid("A page holds 1 to 200 items.", limit=limit)
        require_member(await self._journal.state(conversation_id), user_id)
        found = await self._log.happenings(
            conversation_id, after=after, before=before, limit=limit + 1
        )
        # Asked for again behind the reading: who left meanwhile must not see what followed.
        require_member(await self._journal.state(conversation_id), user_id)
        items = found[:limit]
        return HappeningPage(items, items[-1].seq if len(items) < len(found) else None)
