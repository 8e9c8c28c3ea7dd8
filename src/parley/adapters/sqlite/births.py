"""When a file was made: what tells it from another one that was put in its place and got its number."""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

AT_FDCWD: Final = -100
STATX_BTIME: Final = 0x800
SIZE: Final = 256
FIRST: Final = struct.Struct("=I")
BORN: Final = struct.Struct("=qI")
BORN_AT: Final = 80
"""Sizes and places are the kernel's, the same on every architecture (statx(2))."""


def born(path: Path) -> str:
    """The instant as a text, for comparing only; empty where the system does not know it."""
    known = getattr(path.stat(), "st_birthtime", None)  # macOS says it with everything else
    return _asked(path) if known is None else str(known)


def _asked(path: Path) -> str:
    """By statx(2), which Python 3.11 does not know."""
    statx = getattr(ctypes.CDLL(None), "statx", None)
    answer = ctypes.create_string_buffer(SIZE)
    if statx is None or statx(AT_FDCWD, os.fsencode(path), 0, STATX_BTIME, answer):
        return ""
    (known,) = FIRST.unpack_from(answer)
    seconds, nanoseconds = BORN.unpack_from(answer, BORN_AT)
    return f"{seconds}.{nanoseconds:09}" if known & STATX_BTIME else ""
