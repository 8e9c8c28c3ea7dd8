"""Where the bench's files are."""

from pathlib import Path

BENCH = Path(__file__).parent
ROOT = BENCH.parent
BUILD = BENCH / "build"
SERVERS = BENCH / "servers"
