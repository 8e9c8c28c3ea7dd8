"""Contacts, kept in SQLite."""

import sqlite3
from collections.abc import Collection
from typing import Any, Final

import msgspec

from parley.adapters.sqlite.database import Database
from parley.adapters.sqlite.views import decode_data, encode_data
from parley.model.contacts import Contact, ContactStatus, Pair
from parley.model.ids import UserId
from parley.ports.contacts import ContactStore

_SELECT: Final = "SELECT contact_id, status, since, name, notes, data FROM contacts"
_ONE: Final = f"{_SELECT} WHERE user_id = ? AND contact_id = ?"
_PAGE: Final = f"""
    {_SELECT} WHERE user_id = ? AND status = ? AND contact_id > ? ORDER BY contact_id LIMIT ?
"""
_PUT: Final = """
    INSERT OR REPLACE INTO contacts (user_id, contact_id, status, since, name, notes, data)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_REMOVE: Final = "DELETE FROM contacts WHERE user_id = ? AND contact_id = ?"
_COUNT: Final = "SELECT count(*) FROM contacts WHERE user_id = ? AND status = ?"
_KEPT: Final = "SELECT contact_id FROM contacts WHERE user_id = ? AND status = 'accepted'"
_KEEPING: Final = """
    SELECT user_id FROM contacts
    WHERE user_id IN (SELECT value FROM json_each(?)) AND contact_id = ? AND status = 'accepted'
"""


class SqliteContacts(ContactStore):
    def __init__(self, database: Database) -> None:
        self._database = database

    async def pair(self, user_id: UserId, other_id: UserId) -> Pair:
        return await self._database.read(lambda connection: _pair(connection, user_id, other_id))

    async def replace(self, user_id: UserId, other_id: UserId, before: Pair, after: Pair) -> bool:
        def change(connection: sqlite3.Connection) -> bool:
            if _pair(connection, user_id, other_id) != before:
                return False
            _keep(connection, user_id, other_id, after.mine)
            _keep(connection, other_id, user_id, after.theirs)
            return True

        return await self._database.write(change)

    async def page(
        self, user_id: UserId, status: ContactStatus, after: str, limit: int
    ) -> list[Contact]:
        values = (user_id, status, after, limit)
        return await self._database.read(
            lambda connection: [_contact(row) for row in connection.execute(_PAGE, values)]
        )

    async def count(self, user_id: UserId, status: ContactStatus) -> int:
        def reading(connection: sqlite3.Connection) -> int:
            return int(connection.execute(_COUNT, (user_id, status)).fetchone()[0])

        return await self._database.read(reading)

    async def kept(self, user_id: UserId) -> set[UserId]:
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(_KEPT, (user_id,))}
        )

    async def keeping(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        values = (msgspec.json.encode(list(others)).decode(), user_id)
        return await self._database.read(
            lambda connection: {found for (found,) in connection.execute(_KEEPING, values)}
        )


def _pair(connection: sqlite3.Connection, user_id: UserId, other_id: UserId) -> Pair:
    mine = connection.execute(_ONE, (user_id, other_id)).fetchone()
    theirs = connection.execute(_ONE, (other_id, user_id)).fetchone()
    return Pair(
        None if mine is None else _contact(mine), None if theirs is None else _contact(theirs)
    )


def _keep(
    connection: sqlite3.Connection, user_id: UserId, other_id: UserId, contact: Contact | None
) -> None:
    if contact is None:
        connection.execute(_REMOVE, (user_id, other_id))
        return
    kept = (contact.status, contact.since, contact.name, contact.notes, encode_data(contact.data))
    connection.execute(_PUT, (user_id, other_id, *kept))


def _contact(row: tuple[Any, ...]) -> Contact:
    contact_id, status, since, name, notes, data = row
    return Contact(
        user_id=contact_id,
        status=status,
        since=since,
        name=name,
        notes=notes,
        data=decode_data(data),
    )
