"""Where it is kept how people want to appear, and when they were last seen."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from msgspec import Struct

from parley.model.ids import UserId
from parley.model.presence import Chosen, Kept


class Sighting(Struct, frozen=True):
    """Whether a person is connected now, and when they were seen (milliseconds since 1970; None: not to be known)."""

    connected: bool
    seen_ms: int | None


class PresenceStore(ABC):
    """One record a person, made when first written; each person's part of a call is atomic by itself."""

    @abstractmethod
    async def get(self, user_ids: Collection[UserId]) -> Mapping[UserId, Kept]:
        """What is kept of each of these people; the default of whom nothing is known."""

    @abstractmethod
    async def choose(self, user_id: UserId, chosen: Chosen) -> None:
        """Keep how this person wants to appear; durable when this returns."""

    @abstractmethod
    async def note(self, sightings: Mapping[UserId, Sighting]) -> None:
        """Keep these sightings. `last_seen_ms` only ever moves forwards; noting the same twice changes nothing.

        Where this fails, some may be kept and others not.
        """

    @abstractmethod
    async def connected(self) -> set[UserId]:
        """Those whose latest sighting was connected: after a crash, too."""
