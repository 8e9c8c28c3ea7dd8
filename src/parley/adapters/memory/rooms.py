"""The names of rooms in memory, and their directory, read from the log's disk."""

from parley.adapters.memory.log import MemoryLog
from parley.model.rooms import Room, as_room, directory_key, matches
from parley.ports.rooms import Claim, RoomStore


class MemoryRooms(RoomStore):
    """Claims never fail; the directory is a reading of the log, and meets its faults."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._claims: dict[str, Claim] = {}

    async def claim(self, claim: Claim) -> Claim:
        standing = self._claims.get(claim.name_key)
        if standing is not None and standing.conversation_id != claim.conversation_id:
            return standing
        self._claims[claim.name_key] = claim
        return claim

    async def claimed(self, name_key: str) -> Claim | None:
        return self._claims.get(name_key)

    async def take_over(self, standing: Claim, claim: Claim) -> bool:
        if not self._stands(standing):
            return False
        self._claims[claim.name_key] = claim
        return True

    async def release(self, claim: Claim) -> None:
        if self._stands(claim):
            del self._claims[claim.name_key]

    async def page(self, query: str, after: str, limit: int) -> list[Room]:
        def reading() -> list[Room]:
            found = {
                directory_key(state.name or "", state.conversation_id): state
                for state in self._log.disk.states()
                if state.exists and state.kind == "room" and matches(state.name or "", query)
            }
            keys = sorted(key for key in found if key > after)
            return [as_room(found[key]) for key in keys[:limit]]

        return await self._log.look(reading)

    def _stands(self, claim: Claim) -> bool:
        standing = self._claims.get(claim.name_key)
        return standing is not None and standing.token == claim.token
