"""Preferences, kept in MongoDB: one document a person and conversation."""

from collections.abc import Mapping, Sequence

from pymongo import ReturnDocument

from parley.adapters.mongo.client import Database, translated, upserting
from parley.model.ids import ConversationId, UserId
from parley.model.preferences import Preference
from parley.ports.preferences import PreferenceStore


class MongoPreferences(PreferenceStore):
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("preferences")

    async def change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        *,
        muted: bool | None,
        archived: bool | None,
    ) -> Preference:
        given = {"muted": muted, "archived": archived}
        changed = {name: value for name, value in given.items() if value is not None}
        first = {name: False for name, value in given.items() if value is None}
        key = {"_id": f"{user_id}/{conversation_id}"}
        update = {
            "$setOnInsert": {"user_id": user_id, "conversation_id": conversation_id, **first},
            **({"$set": changed} if changed else {}),
        }
        found = await upserting(
            lambda: self._documents.find_one_and_update(
                key, update, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        return Preference() if found is None else Preference(found["muted"], found["archived"])

    async def of(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Preference]:
        wanted = {"_id": {"$in": [f"{user_id}/{one}" for one in conversation_ids]}}
        with translated():
            return {
                ConversationId(found["conversation_id"]): Preference(
                    found["muted"], found["archived"]
                )
                async for found in self._documents.find(wanted)
            }
