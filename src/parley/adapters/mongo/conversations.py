"""Lists of conversations, kept in MongoDB."""

from collections.abc import Mapping, Sequence

from parley.adapters.mongo.client import ASCENDING, Collection, Database, Filter, translated
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.inside import Inside
from parley.adapters.mongo.memberships import Memberships
from parley.model.entries import MessageNew
from parley.model.ids import ConversationId, UserId
from parley.ports.conversations import Conversations, Listed, Membership, Touched


class MongoConversations(Conversations):
    def __init__(
        self, database: Database, entries: Entries, memberships: Memberships, inside: Inside
    ) -> None:
        self._database = database
        self._memberships = memberships
        self._entries = entries
        self._inside = inside

    async def memberships(self, user_id: UserId) -> Mapping[ConversationId, Membership]:
        await self._database.confirm()
        return {
            standing.conversation_id: Membership(standing.head, standing.joined_seq)
            for standing in await self._inside.of(user_id)
        }

    async def full(self, user_ids: Sequence[UserId], most: int) -> set[UserId]:
        return {one for one in user_ids if await self._memberships.count(one, most) >= most}

    async def listed(
        self, user_id: UserId, *, kind: str | None, before: int | None, limit: int
    ) -> Sequence[Listed]:
        await self._database.confirm()
        page = [
            standing
            for standing in await self._inside.of(user_id)
            if (kind is None or standing.kind == kind)
            and (before is None or standing.activity < before)
        ][:limit]
        last = {
            standing.conversation_id: (standing.message_seq - 1, standing.message_seq)
            for standing in page
            if standing.message_seq
        }
        records = await self._inside.present(await self._entries.ranges(last), page)
        messages = {
            record.entry.conversation_id: record.entry
            for record in records
            if isinstance(record.entry, MessageNew)
        }
        return [
            Listed(
                standing.conversation_id,
                standing.head,
                messages.get(standing.conversation_id),
                standing.activity,
            )
            for standing in page
        ]

    async def touched(self, user_id: UserId, after: str, limit: int) -> Touched:
        await self._database.confirm()
        views = self._database.collection("conversations")
        page = views.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
        with translated():
            there = [document["_id"] async for document in page]
        following = there[-1] if len(there) == limit else None
        here = {"conversation_id": {"$in": there}}
        acted = await _conversations(self._entries.rows, {**here, "actor_id": user_id})
        # By bounds, as a view may be missing whose node died; there is a pointer before there is an entry.
        bounds = {"$gt": after} if following is None else {"$gt": after, "$lte": following}
        inside = await _conversations(
            self._database.collection("memberships"),
            {"user_id": user_id, "conversation_id": bounds},
        )
        return Touched(sorted(acted | inside), following)


async def _conversations(documents: Collection, wanted: Filter) -> set[ConversationId]:
    """The conversations of these documents, each once: `distinct` takes no time limit in FerretDB."""
    pipeline: list[Filter] = [{"$match": wanted}, {"$group": {"_id": "$conversation_id"}}]
    with translated():
        return {group["_id"] async for group in await documents.aggregate(pipeline)}
