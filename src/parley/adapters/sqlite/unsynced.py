"""Whether a machine went down while commits were answered before they were synced.

With `synchronous=NORMAL` a power cut takes the end of the log, and what is written next gets the seqs and positions
that were told to clients with other content: their cursors and offsets look right, and are of another past. So while
such commits are made a file beside the database says during which start of the machine. A process that was killed
leaves it behind, and nothing is lost as long as the machine has not gone down since.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

SUFFIX: Final = ".unsynced"
OWNER_ONLY: Final = 0o600
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def this_boot() -> str:
    """The start of the machine that this is; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class Unsynced:
    """The file beside one database. `boot` is the start of the machine that this is, empty where that is not known."""

    def __init__(self, database: Path, boot: str) -> None:
        self._path = mark(database)
        self._boot = boot

    def may_have_lost(self) -> bool:
        """Whether commits that were answered may be missing, as the machine went down since."""
        try:
            during = self._path.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return False
        return not self._boot or during != self._boot

    def begin(self) -> None:
        """From here on commits may be answered before they are synced; that is sure once this returns."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, OWNER_ONLY)
        try:
            os.write(descriptor, f"{self._boot}\n".encode("ascii", "replace"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._sync_folder()

    def end(self) -> None:
        """Everything is synced. Where that can't be said, the next start believes what was there before."""
        with contextlib.suppress(OSError):
            self._path.unlink()
            self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def mark(database: Path) -> Path:
    """The file that says so."""
    return database.with_name(database.name + SUFFIX)
