"""The names of rooms, and their directory."""

from abc import ABC, abstractmethod

from msgspec import Struct

from parley.model.ids import ConversationId
from parley.model.rooms import Room


class Claim(Struct, frozen=True):
    """A name (`room_key`) that is one conversation's. `token` is of this claim alone, anew with each renewal."""

    name_key: str
    conversation_id: ConversationId
    claimed_ms: int
    token: str


class RoomStore(ABC):
    """Claims on names, and a directory that follows the log. Unique in the store: `Claim.name_key`.

    Each method is one atomic step on one claim; none looks at the log to decide about a name. Raises `Unavailable`
    where the store can't answer.
    """

    @abstractmethod
    async def claim(self, claim: Claim) -> Claim:
        """Claim a name, and answer with the claim that stands then.

        That is this one where the name was free or the same conversation's, whose claim this replaces; else another's.
        """

    @abstractmethod
    async def claimed(self, name_key: str) -> Claim | None:
        """The claim on a name."""

    @abstractmethod
    async def take_over(self, standing: Claim, claim: Claim) -> bool:
        """Put `claim` in the place of `standing`, if that stands still by its token; False where it doesn't."""

    @abstractmethod
    async def release(self, claim: Claim) -> None:
        """Free a name, if the claim on it still has this token."""

    @abstractmethod
    async def page(self, query: str, after: str, limit: int) -> list[Room]:
        """Rooms whose name `matches` the query, in order of `directory_key`, those without members too.

        Begins behind the room whose key is `after`; empty for the first page.
        """
