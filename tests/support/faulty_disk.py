"""A disk that fails when told to: `tests/faults/faulty_disk.c`, loaded into the processes of a test."""

import errno
import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path, PurePath
from typing import Self

SOURCE = Path(__file__).parent.parent / "faults" / "faulty_disk.c"
LIBRARY = SOURCE.parent / "build" / "faulty_disk.so"
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")


class Call(IntFlag):
    """Kinds of system calls on the files that matter; `OPEN` where it asks to write."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 4
    READ = 8
    OPEN = 16
    REMOVE = 32
    SEND = 64

    CHANGE = WRITE | SYNC | TRUNCATE | REMOVE


class Action(IntEnum):
    """What becomes of a call that is struck: SHORT writes half, and later ones fail; TORN is killed after half."""

    FAIL = 1
    SHORT = 2
    KILL = 3
    TORN = 4


_FIELDS = (
    "armed",
    "calls",
    "countdown",
    "action",
    "error",
    "sticky",
    "recording",
    "no_space",
    "seen",
    "struck",
)
_PATTERN_BYTES = 256
_LINE = struct.Struct("=IIqq")


def build() -> Path:
    """The library, built if need be. Asked of several processes at once, each gets a whole one."""
    if LIBRARY.exists() and LIBRARY.stat().st_mtime >= SOURCE.stat().st_mtime:
        return LIBRARY
    compiler = shutil.which("cc")
    assert compiler is not None
    LIBRARY.parent.mkdir(exist_ok=True)
    new = LIBRARY.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [compiler, *FLAGS, "-o", new, SOURCE, "-ldl"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return new.replace(LIBRARY)


class FaultyDisk:
    """Arms the faults of every process that has `environment`, while they run."""

    def __init__(self, control: Path, record: Path | None = None) -> None:
        if not control.exists():
            control.write_bytes(bytes(8 * len(_FIELDS) + _PATTERN_BYTES))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self.record = record
        self.environment = {"LD_PRELOAD": str(build()), "FAULTY_DISK": str(control)}
        if record is not None:
            self.environment["FAULTY_DISK_RECORD"] = str(record)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """One that watches nothing yet; its own files lie in this folder."""
        return cls(folder / "faulty-disk", folder / "record")

    def watch(self, pattern: str) -> None:
        """Let calls on the files whose paths match be counted, struck and recorded; an asterisk matches slashes."""
        self._map[8 * len(_FIELDS) :] = pattern.encode().ljust(_PATTERN_BYTES, b"\0")

    def arm(
        self,
        calls: Call,
        at: int = 1,
        action: Action = Action.FAIL,
        *,
        error: int = errno.EIO,
        sticky: bool = False,
    ) -> None:
        """From now on, the `at`-th of these calls is struck, and all after it where it is `sticky`."""
        self.disarm()
        self._set("calls", calls)
        self._set("countdown", at)
        self._set("action", action)
        self._set("error", error)
        self._set("sticky", sticky)
        self._set("seen", 0)
        self._set("struck", 0)
        self._set("armed", 1)

    def count(self, calls: Call) -> None:
        """Strike nothing, and count these from now on."""
        self.arm(calls, 1 << 62)

    def disarm(self) -> None:
        self._set("armed", 0)

    def run_out_of_space(self, full: bool = True) -> None:
        """Have the file system say that it has no space left; for what asks it, and nothing fails by this."""
        self._set("no_space", full)

    def keep_record(self) -> None:
        self._set("recording", 1)

    @property
    def seen(self) -> int:
        """Calls since it was armed."""
        return self._get("seen")

    @property
    def struck(self) -> int:
        return self._get("struck")

    def recorded(self) -> "list[Step]":
        """What was done so far, in order."""
        assert self.record is not None
        return list(_steps(self.record.read_bytes()))

    def _set(self, field: str, value: int) -> None:
        struct.pack_into("=q", self._map, 8 * _FIELDS.index(field), value)

    def _get(self, field: str) -> int:
        return int(struct.unpack_from("=q", self._map, 8 * _FIELDS.index(field))[0])


@dataclass(frozen=True)
class Step:
    """A call on a file that was done, or data that are about to go to a socket (`file` is empty).

    A sync that failed has the offset -1. `length` is also what a file was truncated to.
    """

    call: Call
    file: str
    offset: int
    length: int
    data: bytes


def _steps(record: bytes) -> Iterator[Step]:
    at = 0
    while at < len(record):
        kind, name_length, offset, length = _LINE.unpack_from(record, at)
        at += _LINE.size
        name = PurePath(record[at : at + name_length].decode()).name
        at += name_length
        has_data = kind in (Call.WRITE, Call.SEND)
        data = record[at : at + length] if has_data else b""
        at += len(data)
        yield Step(Call(kind), name, offset, length, data)
