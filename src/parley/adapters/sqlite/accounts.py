"""Accounts, kept in SQLite."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.views import decode_data, encode_data
from parley.model.accounts import Account, directory_key, folded
from parley.model.errors import EmailTaken, UsernameTaken
from parley.model.ids import UserId
from parley.ports.accounts import AccountStore

_FIELDS: Final = Account.__struct_fields__
KEYS: Final = ("username_key", "email_key", "name_key", "directory_key")
_COLUMNS: Final = (*_FIELDS, *KEYS)
_SELECT: Final = f"SELECT {', '.join(_FIELDS)} FROM accounts"
_INSERT: Final = f"""
    INSERT INTO accounts ({", ".join(_COLUMNS)}) VALUES ({", ".join(f":{name}" for name in _COLUMNS)})
"""
_UPDATE: Final = f"""
    UPDATE accounts SET {", ".join(f"{name} = :{name}" for name in _COLUMNS)}
    WHERE user_id = :user_id AND version = :version - 1
"""
_TAKEN: Final = """
    SELECT username_key IS :username_key FROM accounts
    WHERE user_id <> :user_id AND (username_key = :username_key OR email_key = :email_key)
    ORDER BY 1 DESC
"""
_BY_LOGIN: Final = f"""
    {_SELECT} WHERE username_key = :name OR email_key = :email
    ORDER BY username_key IS :name DESC LIMIT 1
"""
_PAGE: Final = f"""
    {_SELECT} WHERE directory_key > :after
    AND (substr(username_key, 1, length(:query)) = :query OR substr(name_key, 1, length(:query)) = :query)
    ORDER BY directory_key LIMIT :limit
"""
_NAMED: Final = """
    SELECT username_key, user_id FROM accounts WHERE username_key IN (SELECT value FROM json_each(?))
"""
_SEVERAL: Final = f"{_SELECT} WHERE user_id IN (SELECT value FROM json_each(?))"
_EXISTING: Final = "SELECT user_id FROM accounts WHERE user_id IN (SELECT value FROM json_each(?))"


class SqliteAccounts(AccountStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, account: Account) -> None:
        def change(connection: sqlite3.Connection) -> None:
            row = _row(account)
            _refuse_taken(connection, row)
            connection.execute(_INSERT, row)

        await self._database.write(change)

    async def get(self, user_id: UserId) -> Account | None:
        def reading(connection: sqlite3.Connection) -> Account | None:
            return _first(connection.execute(f"{_SELECT} WHERE user_id = ?", (user_id,)))

        return await self._database.read(reading)

    async def several(self, user_ids: Collection[UserId]) -> dict[UserId, Account]:
        wanted = msgspec.json.encode(list(user_ids)).decode()

        def reading(connection: sqlite3.Connection) -> dict[UserId, Account]:
            found = map(_account, connection.execute(_SEVERAL, (wanted,)))
            return {account.user_id: account for account in found}

        return await self._database.read(reading)

    async def by_login(self, login: str) -> Account | None:
        names = {"name": folded(login), "email": login.lower()}
        return await self._database.read(
            lambda connection: _first(connection.execute(_BY_LOGIN, names))
        )

    async def update(self, account: Account) -> bool:
        def change(connection: sqlite3.Connection) -> bool:
            row = _row(account)
            current = connection.execute(
                "SELECT 1 FROM accounts WHERE user_id = :user_id AND version = :version - 1", row
            ).fetchone()
            if current is None:
                return False
            _refuse_taken(connection, row)
            connection.execute(_UPDATE, row)
            return True

        return await self._database.write(change)

    async def existing(self, user_ids: Sequence[UserId]) -> set[UserId]:
        wanted = msgspec.json.encode(user_ids).decode()
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(_EXISTING, (wanted,))}
        )

    async def named(self, usernames: Sequence[str]) -> dict[str, UserId]:
        wanted = msgspec.json.encode([folded(name) for name in usernames]).decode()
        return await self._database.read(
            lambda connection: dict(connection.execute(_NAMED, (wanted,)))
        )

    async def page(self, query: str, after: str, limit: int) -> list[Account]:
        bounds = {"query": folded(query), "after": after, "limit": limit}
        return await self._database.read(
            lambda connection: [_account(row) for row in connection.execute(_PAGE, bounds)]
        )


def _refuse_taken(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Look for another's names first: which index an insert would break says nothing one may rely on."""
    taken = connection.execute(_TAKEN, row).fetchone()
    if taken is not None:
        raise UsernameTaken if taken[0] and row["username_key"] is not None else EmailTaken


def _row(account: Account) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(account),
        "data": encode_data(account.data),
        **dict(zip(KEYS, keys(account), strict=True)),
    }


def keys(account: Account) -> tuple[str | None, str | None, str, str]:
    """`KEYS` of an account: by what it is found, and listed."""
    return (
        None if account.username is None else folded(account.username),
        None if account.email is None else account.email.lower(),
        folded(account.display_name),
        directory_key(account),
    )


def _first(found: sqlite3.Cursor) -> Account | None:
    row = found.fetchone()
    return None if row is None else _account(row)


def _account(row: tuple[Any, ...]) -> Account:
    fields = dict(zip(_FIELDS, row, strict=True))
    fields["email_verified"] = bool(fields["email_verified"])
    fields["data"] = decode_data(fields["data"])
    return Account(**fields)
