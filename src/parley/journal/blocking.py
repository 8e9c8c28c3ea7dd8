"""Who has blocked whom, as far as it is in memory: what is judged rests on it, so that judging asks no store."""

from collections import OrderedDict
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Final
from weakref import WeakValueDictionary

from parley.model.conversations import State
from parley.model.errors import Blocked, Unavailable
from parley.model.ids import UserId
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.ports.blocks import BlockStore
from parley.ports.bus import BlockChanged, Signal

MOST_KEPT: Final = 200_000
"""People and their blocks, together: some tens of megabytes."""


class Blocks:
    """Whom one person has blocked. Followed for as long as anybody holds it, forgotten by the memory or not."""

    __slots__ = ("__weakref__", "blocked", "user_id")

    def __init__(self, user_id: UserId, blocked: set[UserId]) -> None:
        self.user_id = user_id
        self.blocked = blocked

    @property
    def size(self) -> int:
        return 1 + len(self.blocked)


class Relation:
    """Whether something stands between somebody and the other one of a direct conversation, whenever it is asked."""

    __slots__ = ("_one", "_other")

    def __init__(self, one: Blocks | None = None, other: Blocks | None = None) -> None:
        self._one = one
        self._other = other

    @property
    def blocked(self) -> bool:
        """Whether one has blocked the other."""
        one, other = self._one, self._other
        if one is None or other is None:
            return False
        return other.user_id in one.blocked or one.user_id in other.blocked

    def require_open(self, state: State) -> None:
        """Pass, in a judge, what says something to the other of a direct conversation.

        Raises:
            Blocked: One of the two has blocked the other.
            Unavailable: The conversation was not known to be a direct one; asked again it is.
        """
        if state.kind != "direct":
            return
        if self._one is None and len(state.members) > 1:
            raise Unavailable
        if self.blocked:
            raise Blocked


NOTHING_BETWEEN: Final = Relation()
"""In groups and rooms, where entries flow for all; and in notes to oneself."""


class Blocking:
    """Remembers the blocks of those who are active and follows their changes, those on other nodes by the bus.

    A change that this node made holds from `note` on; another node's within the bus's delay.
    """

    def __init__(self, *, store: BlockStore, spawn: Spawn, most_kept: int = MOST_KEPT) -> None:
        self._store = store
        self._spawn = spawn
        self._most_kept = most_kept
        self._kept: OrderedDict[UserId, Blocks] = OrderedDict()
        self._size = 0
        self._alive: WeakValueDictionary[UserId, Blocks] = WeakValueDictionary()
        self._reading: dict[UserId, Answer[Blocks]] = {}
        self._changed: set[UserId] = set()

    # --- asking -----------------------------------------------------------------------------------------------------

    def at_hand(self, state: State, user_id: UserId) -> Relation | None:
        """What stands between this person and the other of a direct conversation; None where that must be read first.

        On the way of every message: two look-ups and no query.
        """
        if state.kind != "direct" or user_id not in state.members or len(state.members) == 1:
            return NOTHING_BETWEEN
        one_id, other_id = state.members
        one, other = self._recall(one_id), self._recall(other_id)
        return None if one is None or other is None else Relation(one, other)

    def relation(self, state: State, user_id: UserId) -> Answer[Relation]:
        """As `at_hand`, read where it must be; who asks first is answered first.

        Raises:
            Unavailable: The store can't answer.
        """
        known = self.at_hand(state, user_id)
        return Answer.of(known) if known is not None else self.between(*state.members)

    def between(self, one_id: UserId, other_id: UserId) -> Answer[Relation]:
        """What stands between two people.

        Raises:
            Unavailable: The store can't answer.
        """
        if one_id == other_id:
            return Answer.of(NOTHING_BETWEEN)
        one, other = self._learn(one_id), self._learn(other_id)
        answer: Answer[Relation] = Answer()

        def when_both(_: Answer[Blocks]) -> None:
            if one.done and other.done and not answer.done:
                try:
                    relation = Relation(one.result(), other.result())
                except Unavailable as error:
                    answer.fail(error)
                else:
                    answer.resolve(relation)

        one.then(when_both)
        other.then(when_both)
        return answer

    async def of(self, user_id: UserId) -> AbstractSet[UserId]:
        """Whom this person has blocked; to be looked at before the next await.

        Raises:
            Unavailable: The store can't answer.
        """
        return (await self._learn(user_id)).blocked

    async def by(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        """Those of these people who have blocked this person, as the store knows.

        Raises:
            Unavailable: The store can't answer.
        """
        return await self._store.blocking(user_id, others) if others else set()

    async def apart(self, user_id: UserId, others: Collection[UserId]) -> set[UserId]:
        """Those of these people whom this person has blocked, or who have blocked them.

        Raises:
            Unavailable: The store can't answer.
        """
        theirs = await self.by(user_id, others)
        return theirs.union((await self.of(user_id)) & set(others)) if others else theirs

    # --- following --------------------------------------------------------------------------------------------------

    def note(self, user_id: UserId, other_id: UserId, *, blocked: bool) -> None:
        """Take in that this is so now in the store.

        It is read once more: news of two nodes may come in another order than they were kept in.
        """
        blocks = self._alive.get(user_id)
        if blocks is not None:
            size = blocks.size
            (blocks.blocked.add if blocked else blocks.blocked.discard)(other_id)
            self._grown(user_id, blocks.size - size)
        if blocks is not None or user_id in self._reading:
            self._changed.add(user_id)
            _ = self._read_again(user_id)

    def on_signal(self, signal: Signal) -> None:
        """Take in what the bus brings."""
        if isinstance(signal, BlockChanged):
            self.note(signal.user_id, signal.other_id, blocked=signal.blocked)

    # --- remembering ------------------------------------------------------------------------------------------------

    def _recall(self, user_id: UserId) -> Blocks | None:
        blocks = self._kept.get(user_id)
        if blocks is not None:
            self._kept.move_to_end(user_id)
        return blocks

    def _learn(self, user_id: UserId) -> Answer[Blocks]:
        blocks = self._recall(user_id)
        return Answer.of(blocks) if blocks is not None else self._read_again(user_id)

    def _read_again(self, user_id: UserId) -> Answer[Blocks]:
        answer = self._reading.get(user_id)
        if answer is None:
            answer = self._reading[user_id] = Answer()
            self._spawn(self._read(user_id, answer))
        return answer

    async def _read(self, user_id: UserId, answer: Answer[Blocks]) -> None:
        """Read until nothing changed meanwhile."""
        try:
            while True:
                self._changed.discard(user_id)
                blocked = await self._store.of(user_id)
                if user_id not in self._changed:
                    break
        except (
            Exception
        ) as error:  # whatever it is: who waits must not hang, and nothing old be taken for true
            self._changed.discard(user_id)
            self._forget(user_id)
            del self._reading[user_id]
            answer.fail(error if isinstance(error, Unavailable) else Unavailable())
            return
        del self._reading[user_id]
        answer.resolve(self._remember(user_id, blocked))

    def _remember(self, user_id: UserId, blocked: set[UserId]) -> Blocks:
        self._forget(user_id)
        blocks = self._alive.get(user_id)
        if blocks is None:
            blocks = self._alive[user_id] = Blocks(user_id, blocked)
        else:
            blocks.blocked = blocked
        self._kept[user_id] = blocks
        self._size += blocks.size
        while self._size > self._most_kept and len(self._kept) > 1:
            self._size -= self._kept.popitem(last=False)[1].size
        return blocks

    def _forget(self, user_id: UserId) -> None:
        blocks = self._kept.pop(user_id, None)
        if blocks is not None:
            self._size -= blocks.size

    def _grown(self, user_id: UserId, by: int) -> None:
        if user_id in self._kept:
            self._size += by
