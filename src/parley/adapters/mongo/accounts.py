"""Accounts, kept in MongoDB: one document each, so that creating and renaming are one write."""

import sys
from collections.abc import Collection, Sequence

import msgspec
from pymongo.errors import DuplicateKeyError, OperationFailure

from parley.adapters.mongo.client import ASCENDING, Database, Document, Filter, translated
from parley.adapters.mongo.documents import free, thawed
from parley.model.accounts import Account, directory_key, folded
from parley.model.errors import EmailTaken, Unavailable, UsernameTaken
from parley.model.ids import UserId
from parley.ports.accounts import AccountStore

_SURROGATES = range(0xD800, 0xE000)


class MongoAccounts(AccountStore):
    def __init__(self, database: Database) -> None:
        self._documents = database.collection("accounts")

    async def create(self, account: Account) -> None:
        document = _document(account)
        with translated():
            try:
                await self._documents.insert_one(document)
            except DuplicateKeyError as error:
                await self._refuse_taken(document)
                raise Unavailable from error  # taken by something that is gone again

    async def get(self, user_id: UserId) -> Account | None:
        return await self._first({"_id": user_id})

    async def several(self, user_ids: Collection[UserId]) -> dict[UserId, Account]:
        wanted = {"_id": {"$in": list(user_ids)}}
        with translated():
            return {
                document["_id"]: _account(document)
                async for document in self._documents.find(wanted)
            }

    async def by_login(self, login: str) -> Account | None:
        for key, wanted in (("username", folded(login)), ("email", login.lower())):
            found = await self._first({f"{key}_key": wanted})
            # Where there is no name, the account's own id stands for it, which is nobody's login.
            if found is not None and getattr(found, key) is not None:
                return found
        return None

    async def update(self, account: Account) -> bool:
        document = _document(account)
        before = {"_id": account.user_id, "version": account.version - 1}
        with translated():
            try:
                result = await self._documents.replace_one(before, document)
            except OperationFailure:
                # MongoDB says 11000 here; what merely speaks its protocol may say less.
                await self._refuse_taken(document)
                raise
        return result.matched_count == 1

    async def existing(self, user_ids: Sequence[UserId]) -> set[UserId]:
        wanted = {"_id": {"$in": list(user_ids)}}
        with translated():
            return {found["_id"] async for found in self._documents.find(wanted, {"_id": 1})}

    async def named(self, usernames: Sequence[str]) -> dict[str, UserId]:
        wanted = {"username_key": {"$in": [folded(name) for name in usernames]}}
        with translated():
            return {
                found["username_key"]: found["_id"]
                async for found in self._documents.find(wanted, {"username_key": 1, "username": 1})
                if found["username"] is not None
            }

    async def page(self, query: str, after: str, limit: int) -> list[Account]:
        if limit <= 0:
            return []
        begin = folded(query)
        by_name: Filter = {"username_key": {"$gt": after}}
        if not begin:
            return await self._page(by_name, limit)
        by_name = {"username_key": _bounds(begin, after), "username": {"$ne": None}}
        by_display = {"display_key": _bounds(begin), "username_key": {"$gt": after}}
        found = await self._page(by_name, limit) + await self._page(by_display, limit)
        unique = {account.user_id: account for account in found}
        return sorted(unique.values(), key=directory_key)[:limit]

    async def _page(self, wanted: Filter, limit: int) -> list[Account]:
        found = self._documents.find(wanted).sort("username_key", ASCENDING).limit(limit)
        with translated():
            return [_account(document) async for document in found]

    async def _first(self, wanted: Filter) -> Account | None:
        with translated():
            found = await self._documents.find_one(wanted)
        return None if found is None else _account(found)

    async def _refuse_taken(self, document: Document) -> None:
        """Say which name another has; the error of the index is no reliable witness."""
        for key, refusal in (("username_key", UsernameTaken), ("email_key", EmailTaken)):
            other = await self._documents.find_one({key: document[key]}, {"_id": 1})
            if other is not None and other["_id"] != document["_id"]:
                raise refusal


def _bounds(begin: str, after: str = "") -> Document:
    """Which keys begin so, behind `after`: strings are ordered by their code points, here as in the database."""
    bounds = {"$gte": begin} if after < begin else {"$gt": after}
    end = _successor(begin)
    return bounds if end is None else {**bounds, "$lt": end}


def _successor(begin: str) -> str | None:
    """The first string after all that begin so; None where nothing comes after them."""
    for length in range(len(begin), 0, -1):
        point = ord(begin[length - 1]) + 1
        if point in _SURROGATES:
            point = _SURROGATES.stop
        if point <= sys.maxunicode:
            return begin[: length - 1] + chr(point)
    return None


def _document(account: Account) -> Document:
    document = msgspec.structs.asdict(account)
    user_id = document.pop("user_id")
    return {
        **document,
        "_id": user_id,
        "data": None if account.data is None else free(account.data),
        "username_key": directory_key(account),
        "email_key": user_id if account.email is None else account.email.lower(),
        "display_key": folded(account.display_name),
    }


def _account(document: Document) -> Account:
    data = document["data"]
    fields = {
        **document,
        "user_id": document["_id"],
        "data": None if data is None else thawed(data),
    }
    return msgspec.convert(fields, Account)
