"""One-time codes, kept in MongoDB."""

import msgspec

from parley.adapters.mongo.client import Database, translated, upserting
from parley.model.codes import Code, Purpose
from parley.model.ids import UserId
from parley.ports.codes import CodeStore


class MongoCodes(CodeStore):
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("codes")

    async def put(self, code: Code) -> None:
        # One document a person and purpose, by its id: a second one can't come to be.
        key = f"{code.user_id}-{code.purpose}"
        fields = msgspec.structs.asdict(code)
        await upserting(
            lambda: self._documents.update_one({"_id": key}, {"$set": fields}, upsert=True)
        )

    async def take(self, purpose: Purpose, digest: bytes) -> Code | None:
        with translated():
            found = await self._documents.find_one_and_delete(
                {"digest": digest, "purpose": purpose}
            )
        return None if found is None else msgspec.convert(found, Code)

    async def forget(self, user_id: UserId) -> None:
        with translated():
            await self._documents.delete_many({"user_id": user_id})

    async def sweep(self, before_ms: int) -> int:
        with translated():
            result = await self._documents.delete_many({"expires_ms": {"$lt": before_ms}})
        return result.deleted_count
