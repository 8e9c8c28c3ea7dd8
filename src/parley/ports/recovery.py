"""Recovery: the one order in which this node delivers entries, and what somebody missed in it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from msgspec import Struct

from parley.model.entries import Entry
from parley.model.ids import UserId
from parley.ports.log import Record


class Placed(Struct, frozen=True):
    """An entry, with its place in the order of delivery."""

    position: int
    entry: Entry


class Bounds(Struct, frozen=True):
    """How much is ever given back: more than this, and nothing is."""

    entries: int
    bytes: int


class Replays(ABC):
    """Positions grow from entry to entry over all conversations. Of another `bus_epoch` they mean nothing."""

    bus_epoch: str

    @property
    @abstractmethod
    def tail(self) -> int:
        """The last position: of what was heard, or what the store held before that."""

    @abstractmethod
    def heard(self, record: Record) -> int:
        """The position of an entry that is about to be delivered; called with each, in the order of delivery."""

    @abstractmethod
    async def missed(
        self, user_id: UserId, after: int, until: int, bounds: Bounds
    ) -> Sequence[Placed] | None:
        """What this person missed at the positions `after` < … ≤ `until`, ascending, with its present content.

        `until` was heard. Of conversations that the person is in now: the entries from their last joining on, where
        that is later. Of those that they have left since `after`, their last `member.left` alone; of those deleted
        since, the `conversation.deleted` alone. None where it can't be had in full, or is out of bounds. "Now" is when
        it is read, which may be after more than `until`. Where the order outlives the process, and one of their
        conversations was deleted after `until`, None too: the bus brings that to those who are in, by lists that don't
        have it any more.

        Raises:
            Unavailable: The store can't answer.
        """
