"""The write-ahead log as a file: how much of it is in use."""

from pathlib import Path
from typing import BinaryIO, Final

HEADER: Final = 32
FRAME_HEADER: Final = 24
SALTS_IN_HEADER: Final = 16
SALTS_IN_FRAME: Final = 8
SALTS: Final = 8


class WriteAheadLog:
    """Read from outside, by its documented format (https://www.sqlite.org/walformat.html#walfmt).

    SQLite holds no lock on this file that closing it here could take away. (It does on the one that ends in `-shm`.)
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self) -> int:
        """Its bytes on the disk. They don't become fewer when it begins anew, so most may be of an earlier time."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def in_use(self) -> tuple[bytes, int, int]:
        """Which of its beginnings this is, how many frames it holds since, and the bytes of a frame."""
        try:
            with self._path.open("rb", buffering=0) as file:
                return _in_use(file, self.size())
        except FileNotFoundError:
            return b"", 0, 0


def _in_use(file: BinaryIO, size: int) -> tuple[bytes, int, int]:
    header = file.read(HEADER)
    if len(header) < HEADER:
        return b"", 0, 0
    page_size = int.from_bytes(header[8:12])
    salts = header[SALTS_IN_HEADER : SALTS_IN_HEADER + SALTS]
    frame = FRAME_HEADER + page_size
    # Frames since the last beginning bear its salts, and stand before all others.
    least, most = 0, (size - HEADER) // frame
    while least < most:
        middle = (least + most + 1) // 2
        file.seek(HEADER + (middle - 1) * frame + SALTS_IN_FRAME)
        if file.read(SALTS) == salts:
            least = middle
        else:
            most = middle - 1
    return salts, least, frame
