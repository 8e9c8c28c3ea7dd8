"""The schema, by numbered migrations: `migrations/0001_….sql` brings a database from version 0 to 1, and so on."""

import sqlite3
from importlib.resources import files


class CannotOpen(Exception):
    """The database can't be used; the message says to an operator why."""


class FromTheFuture(CannotOpen):
    """The database was written by a newer version of this program."""


def migrations() -> list[str]:
    """The scripts, the first of which makes version 1."""
    folder = files("parley.adapters.sqlite") / "migrations"
    scripts = [script for script in folder.iterdir() if script.name.endswith(".sql")]
    return [script.read_text("utf-8") for script in sorted(scripts, key=lambda found: found.name)]


def version(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def migrate(connection: sqlite3.Connection, scripts: list[str]) -> None:
    """Bring the database to the newest version, each step whole or not at all.

    Raises:
        FromTheFuture: It is newer than the newest of these scripts.
    """
    found = version(connection)
    if found > len(scripts):
        raise FromTheFuture(
            f"The database has schema version {found}; this program knows versions up to {len(scripts)}. "
            "Start the newer program that wrote it, or restore an older backup."
        )
    for number, script in enumerate(scripts[found:], start=found + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE; {script}\n; PRAGMA user_version = {number}; COMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
