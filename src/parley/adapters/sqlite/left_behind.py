"""What a process that ended suddenly left in the write-ahead log: maybe nowhere but in the kernel's memory yet."""

import os
from pathlib import Path
from typing import Final

from parley.adapters.sqlite.checkpoints import MEBIBYTE
from parley.adapters.sqlite.schema import CannotOpen

LOGS: Final = ("-wal", "-journal")
"""What the names of the files end in that hold what is not in the database itself yet, or not any more."""


def require_one(path: Path) -> None:
    """Pass a database that lies here itself, under this name alone, with what belongs to it.

    SQLite keeps its log beside the file that a link leads to, so that two processes, each with a folder of its own,
    could have one database, and beside each name of a file that has several, so that neither sees the other's. A log
    without its database it removes, with all that was committed there last.

    Raises:
        CannotOpen: It is not so.
    """
    if path.is_symlink():
        raise CannotOpen(
            f"{path} is a link. Move the file here, or link the whole data folder instead."
        )
    if path.is_file() and path.stat().st_nlink > 1:
        raise CannotOpen(
            f"{path} has another name elsewhere (a hard link): what is written here would change it there. "
            f"Remove the other one, or make this a file of its own: cp {path.name} copy && mv copy {path.name}"
        )
    if path.exists() and path.stat().st_size:
        return
    for suffix in LOGS:
        left = path.with_name(path.name + suffix)
        if left.exists() and left.stat().st_size and not (suffix == "-journal" and path.exists()):
            raise CannotOpen(
                f"The database {path} is missing, and {left.name}, which holds what was written last, is there. "
                f"Put {path.name} back; or move {left.name} away to begin with an empty database."
            )


def secure(wal: Path) -> int:
    """Write the log again as it stands, and sync it; how many bytes that were.

    Killed between a write and its sync, or by a sync that failed, a process leaves pages that the next one reads and
    a power cut takes; after a failure the kernel holds them for written, and syncs them no more. SQLite would read
    them as committed and copy them over the database's own, and answers would rest on them.

    Raises:
        OSError: The file can't be read or written.
    """
    if not wal.exists():
        return 0
    with wal.open("r+b") as file:
        at = 0
        while part := file.read(MEBIBYTE):
            file.seek(at)
            file.write(part)
            at = file.tell()
        file.flush()
        os.fsync(file.fileno())
    return at
