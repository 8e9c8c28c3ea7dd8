"""Which nodes live on this database: each counts its beats in a document of its own.

Nobody's clock is compared with anybody's: a node is alive whose count goes up while it is watched.
"""

import asyncio

from parley.adapters.mongo.client import Database, translated

BEAT_SECONDS = 1.0
WATCHED_SECONDS = 3.5


class Nodes:
    def __init__(self, database: Database, node_id: str) -> None:
        self._documents = database.collection("nodes")
        self._node_id = node_id

    async def beat(self) -> None:
        """Show that this node is alive."""
        with translated():
            await self._documents.update_one(
                {"_id": self._node_id}, {"$inc": {"beats": 1}}, upsert=True
            )

    async def others_alive(self, watched_seconds: float = WATCHED_SECONDS) -> bool:
        """Whether another node is; where there are only documents of dead ones, these go."""
        before = await self._others()
        if not before:
            return False
        await asyncio.sleep(watched_seconds)
        after = await self._others()
        dead = [node_id for node_id, beats in after.items() if before.get(node_id) == beats]
        with translated():
            await self._documents.delete_many({"_id": {"$in": dead}})
        return len(dead) < len(after)

    async def leave(self) -> None:
        """Be gone."""
        with translated():
            await self._documents.delete_one({"_id": self._node_id})

    async def _others(self) -> dict[str, int]:
        with translated():
            return {
                found["_id"]: found["beats"]
                async for found in self._documents.find({"_id": {"$ne": self._node_id}})
            }
