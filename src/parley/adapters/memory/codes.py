"""One-time codes in memory."""

from collections.abc import Iterable

from parley.model.codes import Code, Purpose
from parley.model.ids import UserId
from parley.ports.codes import CodeStore


class MemoryCodes(CodeStore):
    def __init__(self) -> None:
        self._codes: dict[tuple[UserId, Purpose], Code] = {}

    def drop(self, user_id: UserId) -> None:
        """Forget everything about this person."""
        self._remove(code for code in self._codes.values() if code.user_id == user_id)

    async def put(self, code: Code) -> None:
        self._codes[code.user_id, code.purpose] = code

    async def take(self, purpose: Purpose, digest: bytes) -> Code | None:
        for key, code in self._codes.items():
            if (code.purpose, code.digest) == (purpose, digest):
                return self._codes.pop(key)
        return None

    async def forget(self, user_id: UserId) -> None:
        self._remove(code for code in self._codes.values() if code.user_id == user_id)

    async def sweep(self, before_ms: int) -> int:
        return self._remove(code for code in self._codes.values() if code.expires_ms < before_ms)

    def _remove(self, codes: Iterable[Code]) -> int:
        gone = list(codes)
        for code in gone:
            del self._codes[code.user_id, code.purpose]
        return len(gone)
