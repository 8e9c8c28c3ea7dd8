"""Copies of a store, made while it is in use."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

FORMAT: Final = 1


class CannotBackUp(Exception):
    """No backup can be made so; the message says to an operator why."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `entries` is the highest position in it, `schema` the version of its tables.

    `sha256` is that of the database's file, in hexadecimal; empty in backups that were made before there was one.
    """

    format: int = FORMAT
    epoch: str
    schema: int
    entries: int
    bytes: int
    sha256: str = ""


class Backups(ABC):
    @abstractmethod
    async def make(self, target: Path, report: Callable[[str, int, int], None]) -> Manifest:
        """Write a copy of everything, as it stands at one moment, into a folder that is new or empty.

        It is whole when this returns; where this fails or is cancelled, what it wrote and the folders that it made
        are removed, and a folder that was there before stays. The store goes on meanwhile, and so slowly is the copy
        made that it does.

        Raises:
            CannotBackUp: The folder is not empty, or can't be written; or this store is backed up otherwise.
        """
