"""Builds the C programs when they are older than their source."""

import shutil
import subprocess
from pathlib import Path

from bench.paths import BENCH, BUILD

SOURCES = {"load": BENCH / "load" / "load.c", "floor": BENCH / "servers" / "floor.c"}
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")


class NotBuilt(Exception):
    """There is no C compiler, or it refused."""


def binary(name: str) -> Path:
    """The path of the program, built if need be.

    Raises:
        NotBuilt: with the compiler's own words.
    """
    source, target = SOURCES[name], BUILD / name
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotBuilt("cc is not installed")
    BUILD.mkdir(exist_ok=True)
    done = subprocess.run(
        [compiler, *FLAGS, "-o", target, source], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotBuilt(done.stderr)
    return target
