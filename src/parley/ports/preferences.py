"""Where people's preferences are kept."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from parley.model.ids import ConversationId, UserId
from parley.model.preferences import Preference


class PreferenceStore(ABC):
    """One preference for each person and conversation; the default one where none was set."""

    @abstractmethod
    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        muted: bool | None,
        archived: bool | None,
    ) -> Preference:
        """Set what is given and leave what is None, in one step; what holds then."""

    @abstractmethod
    async def of(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Preference]:
        """This person's preferences for these conversations; those never set may be absent."""
