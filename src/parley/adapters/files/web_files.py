"""The web client's files, as `make run` builds them into this package where npm is present."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

BUILT: Final = Path(__file__).parents[2] / "web"


def web_files(folder: Path = BUILT) -> Mapping[str, bytes]:
    """Every file by its path below the folder, with slashes; none where the client was not built."""
    return MappingProxyType(
        {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.name.startswith(".")
        }
    )
