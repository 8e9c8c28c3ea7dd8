"""Preferences: how a person keeps a conversation."""

from parley.journal.journal import Journal
from parley.model.ids import ConversationId, UserId
from parley.model.permissions import require_member
from parley.model.preferences import Preference
from parley.ports.preferences import PreferenceStore


class Preferences:
    """Mute and archive: each person's own, seen by nobody else."""

    def __init__(self, *, journal: Journal, preferences: PreferenceStore) -> None:
        self._journal = journal
        self._preferences = preferences

    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        muted: bool | None = None,
        archived: bool | None = None,
    ) -> Preference:
        """Set what is given; the preference that holds then.

        Raises:
            NotFound: The conversation is not there for this person (`NotAMember` where it is a room).
        """
        require_member(await self._journal.state(conversation_id), user_id)
        return await self._preferences.change(
            user_id, conversation_id, muted=muted, archived=archived
        )
