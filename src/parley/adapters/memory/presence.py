"""How people want to appear, and when they were last seen, in memory."""

from collections.abc import Collection, Mapping

from parley.model.ids import UserId
from parley.model.presence import Chosen, Kept, seen
from parley.ports.presence import PresenceStore, Sighting


class MemoryPresence(PresenceStore):
    def __init__(self) -> None:
        self._kept: dict[UserId, Kept] = {}
        self._connected: set[UserId] = set()

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        self._kept.pop(user_id, None)
        self._connected.discard(user_id)

    async def get(self, user_ids: Collection[UserId]) -> Mapping[UserId, Kept]:
        return {user_id: self._kept.get(user_id, Kept()) for user_id in user_ids}

    async def choose(self, user_id: UserId, chosen: Chosen) -> None:
        self._kept[user_id] = Kept(chosen, self._kept.get(user_id, Kept()).last_seen_ms)

    async def note(self, sightings: Mapping[UserId, Sighting]) -> None:
        for user_id, sighting in sightings.items():
            self._kept[user_id] = seen(self._kept.get(user_id, Kept()), sighting.seen_ms)
            if sighting.connected:
                self._connected.add(user_id)
            else:
                self._connected.discard(user_id)

    async def connected(self) -> set[UserId]:
        return set(self._connected)
