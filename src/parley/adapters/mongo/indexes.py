"""Every index: what is asked of the database is asked through one of these, or by `_id`."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from parley.adapters.mongo.client import ASCENDING, Database, translated
from parley.model.errors import Unavailable


class Index(Struct, frozen=True):
    """Fields in their order, all ascending: MongoDB reads an index in both directions."""

    fields: tuple[str, ...]
    unique: bool = False

    @property
    def name(self) -> str:
        return "_".join(self.fields)


INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    # The arbiter of the order, and the memory of commands. Both begin with the shard key.
    "entries": (
        Index(("conversation_id", "seq"), unique=True),
        Index(("conversation_id", "actor_id", "client_id"), unique=True),
    ),
    "conversations": (Index(("directory_key",)),),
    "memberships": (
        Index(("user_id", "conversation_id"), unique=True),
        Index(("conversation_id", "user_id"), unique=True),
    ),
    "aims": (Index(("conversation_id", "message_seq", "seq")),),
    "reactions": (Index(("conversation_id", "message_seq", "here")),),
    "mentions": (
        Index(("user_id", "conversation_id", "seq")),
        Index(("conversation_id", "seq")),
    ),
    "marks": (),
    "people": (Index(("connected",)),),
    "preferences": (),
    "contacts": (
        Index(("low_id", "low_status", "high_id")),
        Index(("high_id", "high_status", "low_id")),
    ),
    "blocks": (Index(("user_id", "blocked_id"), unique=True), Index(("blocked_id",))),
    "room_names": (),
    "deletions": (Index(("since_ms",)),),
    "accounts": (
        Index(("username_key",), unique=True),
        Index(("email_key",), unique=True),
        Index(("display_key", "username_key")),
    ),
    "sessions": (Index(("user_id",)), Index(("expires_ms",))),
    "codes": (Index(("digest",), unique=True), Index(("user_id",)), Index(("expires_ms",))),
    "erasures": (Index(("due_ms",)),),
    "nodes": (),
    "store": (),
}


async def create(database: Database) -> None:
    """Make the indexes that are not there yet; several nodes may do so at once."""
    with translated():
        for collection, indexes in INDEXES.items():
            for index in indexes:
                await database.collection(collection).create_index(
                    [(field, ASCENDING) for field in index.fields],
                    name=index.name,
                    unique=index.unique,
                )


async def check(database: Database) -> None:
    """Return if every index is there, as unique as it must be.

    Raises:
        Unavailable: One isn't: without it nothing that this store promises would hold.
    """
    for name in await missing(database):
        raise Unavailable(f"The index {name} is missing.")


async def missing(database: Database) -> list[str]:
    """The indexes that are not there, or not as unique as they must be."""
    names = []
    with translated():
        for collection, wanted in INDEXES.items():
            found = [
                Index(tuple(index["key"]), bool(index.get("unique", False)))
                async for index in await database.collection(collection).list_indexes()
            ]
            names += [f"{index.name} of {collection}" for index in wanted if index not in found]
    return names
