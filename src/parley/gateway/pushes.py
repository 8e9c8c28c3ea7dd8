"""What sockets are sent besides entries: the present state of something that no log keeps, without a seq."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from parley.model.marks import Receipt

PUSHES: Final[Mapping[str, type[Struct]]] = {"receipt": Receipt}
"""By the names of their events; the events page of the docs is written from it."""
