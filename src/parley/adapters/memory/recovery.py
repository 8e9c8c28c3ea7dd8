"""Recovery within the life of this process, on any store: it remembers the order of delivery, and reads the content."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec
from msgspec import Struct

from parley.model.entries import ConversationDeleted, MemberLeft, people_named
from parley.model.ids import ConversationId, RandomBytes, UserId
from parley.ports.conversations import Conversations, Membership
from parley.ports.log import Log, Record
from parley.ports.recovery import Bounds, Placed, Replays

MOST_REMEMBERED = 100_000


class _Heard(Struct, frozen=True, gc=False):
    """An entry that passed. `whole` says that the one before it in its conversation was heard too."""

    position: int
    conversation_id: ConversationId
    seq: int
    people: tuple[UserId, ...]
    kind: type
    whole: bool


class MemoryReplays(Replays):
    """Position and bus epoch are this process's own. The last `most` positions are remembered."""

    def __init__(
        self, *, log: Log, views: Conversations, random: RandomBytes, most: int = MOST_REMEMBERED
    ) -> None:
        self.bus_epoch = random(8).hex()
        self._log = log
        self._views = views
        self._most = most
        self._heard: deque[_Heard] = deque(maxlen=most)
        self._seqs: OrderedDict[ConversationId, int] = OrderedDict()
        self._tail = 0

    @property
    def tail(self) -> int:
        return self._tail

    def heard(self, record: Record) -> int:
        entry = record.entry
        self._tail += 1
        whole = entry.seq == self._seqs.pop(entry.conversation_id, 0) + 1
        self._heard.append(
            _Heard(
                self._tail,
                entry.conversation_id,
                entry.seq,
                people_named(entry),
                type(entry),
                whole,
            )
        )
        self._seqs[entry.conversation_id] = entry.seq
        if len(self._seqs) > self._most:
            self._seqs.popitem(last=False)
        return self._tail

    async def missed(
        self, user_id: UserId, after: int, until: int, bounds: Bounds
    ) -> Sequence[Placed] | None:
        if after < self._tail - len(self._heard):
            return None
        passed = self._between(after, until)
        inside = await self._views.memberships(user_id)
        wanted = _wanted(passed, user_id, inside)
        if wanted is None or sum(map(len, wanted.values())) > bounds.entries:
            return None
        found: list[Placed] = []
        for conversation_id, heard in wanted.items():
            found += await self._read(conversation_id, heard)
        size = sum(len(msgspec.json.encode(placed.entry)) for placed in found)
        if len(found) < sum(map(len, wanted.values())) or size > bounds.bytes:
            return None
        return sorted(found, key=attrgetter("position"))

    def _between(self, after: int, until: int) -> list[_Heard]:
        passed = []
        for heard in reversed(self._heard):
            if heard.position <= after:
                break
            if heard.position <= until:
                passed.append(heard)
        passed.reverse()
        return passed

    async def _read(
        self, conversation_id: ConversationId, heard: Sequence[_Heard]
    ) -> Iterable[Placed]:
        first, last = heard[0].seq, heard[-1].seq
        entries = await self._log.read(conversation_id, first - 1, last - first + 1)
        return [
            Placed(one.position, record.entry)
            for one, record in zip(heard, entries, strict=False)
            if one.seq == record.entry.seq
        ]


def _wanted(
    passed: Iterable[_Heard], user_id: UserId, inside: Mapping[ConversationId, Membership]
) -> Mapping[ConversationId, list[_Heard]] | None:
    """What is this person's of all that passed; None where that can't be said.

    Who was in a conversation that was deleted is not remembered. Where an entry was not heard, others may have been
    missed before it.
    """
    wanted: dict[ConversationId, list[_Heard]] = {}
    for heard in passed:
        if heard.kind is ConversationDeleted:
            return None
        named = user_id in heard.people
        if heard.conversation_id not in inside:
            if named and heard.kind is MemberLeft:
                wanted[heard.conversation_id] = [heard]
        elif heard.seq < inside[heard.conversation_id].joined_seq:
            continue
        elif named and heard.kind is not MemberLeft:
            wanted[heard.conversation_id] = [heard]
        elif heard.whole:
            wanted.setdefault(heard.conversation_id, []).append(heard)
        else:
            return None
    return wanted
