"""Where the control socket of a data folder is, by a path that the kernel takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "control.sock"

MOST_PATH_BYTES: Final = 103
"""With the terminating zero, the least that systems allow: 104 on macOS and BSD, 108 on Linux (unix(7))."""


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """The socket's path, to be used inside; a long one leads through a descriptor of the folder, where there is /proc.

    Raises:
        OSError: There is no such folder.
    """
    plain = str(folder / NAME)
    if len(os.fsencode(plain)) <= MOST_PATH_BYTES:
        yield plain
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
