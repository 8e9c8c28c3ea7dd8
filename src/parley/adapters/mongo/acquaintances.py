"""Who knows whom, kept in MongoDB."""

from collections.abc import Collection

from parley.adapters.mongo.client import Database
from parley.adapters.mongo.inside import Inside, Standing
from parley.model.ids import UserId
from parley.ports.acquaintances import Acquaintances


class MongoAcquaintances(Acquaintances):
    def __init__(self, database: Database, inside: Inside) -> None:
        self._database = database
        self._inside = inside

    async def partners(self, user_id: UserId) -> set[UserId]:
        await self._database.confirm()
        return await self._partners(user_id, await self._inside.of(user_id))

    async def sharing(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        await self._database.confirm()
        mine = await self._inside.of(user_id)
        public = [standing.conversation_id for standing in mine if standing.kind != "direct"]
        found = await self._inside.members_among(list(others), public)
        partners = await self._partners(user_id, mine)
        return (found | (partners & set(others))) - {user_id}

    async def _partners(self, user_id: UserId, mine: Collection[Standing]) -> set[UserId]:
        direct = [standing.conversation_id for standing in mine if standing.kind == "direct"]
        return {
            other
            for people, wrote in (await self._inside.writers(direct)).values()
            if people <= wrote
            for other in people - {user_id}
        }
