"""What a process that ended suddenly left in the write-ahead log: maybe nowhere but in the kernel's memory yet."""

import os
from pathlib import Path

from parley.adapters.sqlite.checkpoints import MEBIBYTE


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
