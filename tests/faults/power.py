"""What a disk may hold after a power cut, by the record of what was written to it."""

import random
from collections.abc import Sequence
from pathlib import Path

from tests.support.faulty_disk import Call, Step

SECTOR = 512
FOLDER = "data"
"""What the folder of the files is called: a sync of it makes removals sure."""


class Disk:
    """Files after some steps: what is sure to be there, and what waits for a sync."""

    def __init__(self) -> None:
        self._sure: dict[str, bytes] = {}
        self._waiting: dict[str, list[Step]] = {}
        self._removed: dict[str, bytes] = {}

    def take(self, step: Step) -> None:
        """Let it be done."""
        match step.call:
            case Call.WRITE | Call.TRUNCATE:
                self._removed.pop(step.file, None)
                self._waiting.setdefault(step.file, []).append(step)
            case Call.SYNC if step.file == FOLDER:
                self._removed.clear()
            case Call.SYNC if step.offset < 0:
                # The kernel holds the pages for written now: no later sync writes them.
                self._waiting.pop(step.file, None)
            case Call.SYNC:
                content = self._sure.get(step.file, b"")
                for waiting in self._waiting.pop(step.file, []):
                    content = _after(content, waiting)
                self._sure[step.file] = content
            case Call.REMOVE:
                self._waiting.pop(step.file, None)
                self._removed[step.file] = self._sure.pop(step.file, b"")

    def cut(self, folder: Path, dice: random.Random) -> None:
        """Leave in this folder what a power cut may leave: of what was not synced anything, in sectors of 512 bytes.

        A file that was removed may still be there until its folder is synced. The shared memory is no file.
        """
        lingering = {name: old for name, old in self._removed.items() if dice.random() < 0.5}
        files = self._sure | lingering
        for name, waiting in self._waiting.items():
            content = files.get(name, b"")
            for step in waiting:
                content = _after(content, _survivor(step, dice))
            files[name] = content
        for name, content in files.items():
            if not name.endswith("-shm"):
                (folder / name).write_bytes(content)


def _survivor(step: Step, dice: random.Random) -> Step | None:
    """What is left of a step: all, nothing, or its first sectors."""
    fate = dice.random()
    if fate < 0.4:
        return step
    if fate < 0.8 or step.call is Call.TRUNCATE:
        return None
    length = SECTOR * dice.randrange(step.length // SECTOR + 1)
    return Step(step.call, step.file, step.offset, length, step.data[:length])


def _after(content: bytes, step: Step | None) -> bytes:
    if step is None:
        return content
    if step.call is Call.TRUNCATE:
        return content[: step.length].ljust(step.length, b"\0")
    before = content[: step.offset].ljust(step.offset, b"\0")
    return before + step.data + content[step.offset + step.length :]


def cut_at(steps: Sequence[Step], instants: Sequence[int], folder: Path, seed: int) -> list[Path]:
    """A folder for each of these instants (ascending, counted in steps), as a power cut then may leave it."""
    disk, made, taken = Disk(), [], 0
    for instant in instants:
        for step in steps[taken:instant]:
            disk.take(step)
        taken = instant
        made.append(folder / f"cut-at-{instant}")
        made[-1].mkdir()
        disk.cut(made[-1], random.Random(f"{seed} {instant}"))
    return made
