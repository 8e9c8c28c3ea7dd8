"""Contacts, kept in MongoDB: what two people have of each other is one document, so that it changes in one write."""

from collections.abc import Collection

import msgspec
from pymongo.errors import DuplicateKeyError

from parley.adapters.mongo.client import ASCENDING, Database, Document, Filter, translated
from parley.adapters.mongo.documents import free, thawed
from parley.model.contacts import Contact, ContactStatus, Pair
from parley.model.ids import UserId
from parley.ports.contacts import ContactStore


class MongoContacts(ContactStore):
    """`low` is what the one with the lower id has of the one with the `high`er, and the reverse."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection("contacts")

    async def pair(self, user_id: UserId, other_id: UserId) -> Pair:
        with translated():
            found = await self._documents.find_one({"_id": _key(user_id, other_id)})
        if found is None:
            return Pair()
        pair = Pair(_contact(found, "low"), _contact(found, "high"))
        return pair if user_id < other_id else pair.turned

    async def replace(self, user_id: UserId, other_id: UserId, before: Pair, after: Pair) -> bool:
        if user_id > other_id:
            return await self.replace(other_id, user_id, before.turned, after.turned)
        key = {"_id": _key(user_id, other_id)}
        kept, now = _sides(before), _sides(after)
        with translated():
            if before == Pair():
                return after == Pair() or await self._insert({**key, **now}, user_id, other_id)
            if after == Pair():
                return (await self._documents.delete_one({**key, **kept})).deleted_count == 1
            result = await self._documents.update_one({**key, **kept}, {"$set": now})
        return result.matched_count == 1

    async def page(
        self, user_id: UserId, status: ContactStatus, after: str, limit: int
    ) -> list[Contact]:
        found: list[Contact] = []
        for mine, other in (("low", "high"), ("high", "low")):
            wanted = {
                f"{mine}_id": user_id,
                f"{mine}_status": status,
                f"{other}_id": {"$gt": after},
            }
            documents = self._documents.find(wanted).sort(f"{other}_id", ASCENDING).limit(limit)
            with translated():
                contacts = [_contact(document, mine) async for document in documents]
            found += [contact for contact in contacts if contact is not None]
        return sorted(found, key=_other)[:limit]

    async def count(self, user_id: UserId, status: ContactStatus) -> int:
        sides = [{"low_id": user_id, "low_status": status}, _high(user_id, status)]
        with translated():
            counts = [await self._documents.count_documents(side) for side in sides]
        return sum(counts)

    async def kept(self, user_id: UserId) -> set[UserId]:
        low = await self._ids({"low_id": user_id, "low_status": "accepted"}, "high_id")
        return low | await self._ids(_high(user_id, "accepted"), "low_id")

    async def keeping(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        keys = {"_id": {"$in": [_key(user_id, other) for other in others]}}
        low = await self._ids({**keys, "high_id": user_id, "low_status": "accepted"}, "low_id")
        high = {**keys, "low_id": user_id, "high_status": "accepted"}
        return low | await self._ids(high, "high_id")

    async def _insert(self, document: Document, low_id: UserId, high_id: UserId) -> bool:
        try:
            await self._documents.insert_one({**document, "low_id": low_id, "high_id": high_id})
        except DuplicateKeyError:
            return False
        return True

    async def _ids(self, wanted: Filter, field: str) -> set[UserId]:
        with translated():
            found = self._documents.find(wanted, {"_id": 0, field: 1})
            return {UserId(document[field]) async for document in found}


def _key(one: UserId, other: UserId) -> str:
    return f"{min(one, other)}/{max(one, other)}"


def _high(user_id: UserId, status: ContactStatus) -> Filter:
    return {"high_id": user_id, "high_status": status}


def _sides(pair: Pair) -> Document:
    document: Document = {}
    for side, contact in (("low", pair.mine), ("high", pair.theirs)):
        document[f"{side}_status"] = None if contact is None else contact.status
        document[side] = None if contact is None else _kept(contact)
    return document


def _kept(contact: Contact) -> Document:
    """All fields, always in one order: documents within documents are compared as they were written."""
    data = None if contact.data is None else free(contact.data)
    return {**msgspec.structs.asdict(contact), "data": data}


def _contact(document: Document, side: str) -> Contact | None:
    kept = document[side]
    if kept is None:
        return None
    data = None if kept["data"] is None else thawed(kept["data"])
    return msgspec.convert({**kept, "data": data}, Contact)


def _other(contact: Contact) -> str:
    return contact.user_id
