"""Preferences in memory."""

from collections.abc import Mapping, Sequence

from parley.model.ids import ConversationId, UserId
from parley.model.preferences import Preference
from parley.ports.preferences import PreferenceStore


class MemoryPreferences(PreferenceStore):
    def __init__(self) -> None:
        self._kept: dict[tuple[UserId, ConversationId], Preference] = {}

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        for key in [key for key in self._kept if key[0] == user_id]:
            del self._kept[key]

    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        muted: bool | None,
        archived: bool | None,
    ) -> Preference:
        before = self._kept.get((user_id, conversation_id), Preference())
        after = Preference(
            muted=before.muted if muted is None else muted,
            archived=before.archived if archived is None else archived,
        )
        self._kept[user_id, conversation_id] = after
        return after

    async def of(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Preference]:
        return {
            conversation_id: self._kept[user_id, conversation_id]
            for conversation_id in conversation_ids
            if (user_id, conversation_id) in self._kept
        }
