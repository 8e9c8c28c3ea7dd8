"""Offsets: how far a socket with recovery has been told everything, as the last argument of each entry's push."""

from typing import Final

from parley.ports.log import Record
from parley.ports.recovery import Replays

VOID: Final = "void-"
MOST_DIGITS: Final = 19


class Offsets:
    """`{store epoch}.{bus epoch}.{position}` means: everything up to here was written.

    So while anything is missing before what is written, the position is void, and a client that keeps such an offset is
    not recovered. The first push after that says again how far everything goes.
    """

    def __init__(self, replays: Replays, epoch: str) -> None:
        self.bus_epoch = replays.bus_epoch
        self._replays = replays
        self._prefix = f"{epoch}.{replays.bus_epoch}."
        self._tail = replays.tail
        self._gaps = 0

    @property
    def tail(self) -> int | None:
        """The position up to which everything was delivered; None while something is missing before it."""
        return None if self._gaps else self._tail

    def missing(self) -> None:
        """Something has not been delivered, and what follows goes on without it."""
        self._gaps += 1

    def made_good(self) -> None:
        """It has been delivered now, or those whom it concerns were cut."""
        self._gaps -= 1

    def next(self, record: Record) -> str:
        """The offset of an entry, to be called with each, in the order in which they are delivered or passed over."""
        position = self._replays.heard(record)
        late = position <= self._tail
        self._tail = max(position, self._tail)
        void = VOID if late or self._gaps else ""
        return f"{self._prefix}{void}{position}"

    def at(self, position: int) -> str:
        """The offset of a position."""
        return f"{self._prefix}{position}"

    def position(self, offset: str) -> int | None:
        """The position of an offset that was given out under these epochs; None of any other."""
        digits = offset.removeprefix(self._prefix)
        known = (
            digits != offset
            and digits.isascii()
            and digits.isdecimal()
            and len(digits) <= MOST_DIGITS
        )
        return int(digits) if known else None

    def within(self, offset: str, until: int) -> bool:
        """Whether an entry that was given this offset, void or not, is none that came after a position."""
        position = self.position(offset.replace(VOID, "", 1))
        return position is not None and position <= until
