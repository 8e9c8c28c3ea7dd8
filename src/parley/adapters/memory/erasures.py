"""Erasures in memory."""

from collections.abc import Callable, Sequence

from parley.model.erasures import Erasure
from parley.model.ids import UserId
from parley.ports.erasures import ErasureStore

Forget = Callable[[UserId], None]


class MemoryErasures(ErasureStore):
    """`remove` removes an account, `forgetting` whatever else is kept of a person, each where it is kept."""

    def __init__(self, remove: Forget, forgetting: Sequence[Forget] = ()) -> None:
        self._remove = remove
        self._forgetting = forgetting
        self._begun: dict[UserId, int] = {}
        self._due: dict[UserId, int] = {}

    async def begin(self, user_id: UserId, now_ms: int, due_ms: int) -> None:
        self._begun.setdefault(user_id, now_ms)
        self._due.setdefault(user_id, due_ms)
        self._remove(user_id)

    async def claim(self, now_ms: int, until_ms: int) -> Erasure | None:
        due = [user_id for user_id, due_ms in self._due.items() if due_ms <= now_ms]
        if not due:
            return None
        self._due[due[0]] = until_ms
        return self._erasure(due[0])

    async def postpone(self, user_id: UserId, due_ms: int) -> None:
        if user_id in self._due:
            self._due[user_id] = due_ms

    async def forget(self, user_id: UserId) -> None:
        for forget in (self._remove, *self._forgetting):
            forget(user_id)

    async def finish(self, user_id: UserId) -> None:
        self._begun.pop(user_id, None)
        self._due.pop(user_id, None)

    async def pending(self) -> list[Erasure]:
        return [self._erasure(user_id) for user_id in self._begun]

    def _erasure(self, user_id: UserId) -> Erasure:
        return Erasure(user_id=user_id, begun_ms=self._begun[user_id])
