"""Which accounts are being erased; and everything about a person that is kept beside the logs."""

from abc import ABC, abstractmethod

from parley.model.erasures import Erasure
from parley.model.ids import UserId


class ErasureStore(ABC):
    """An erasure is noted before anything of it is done, and until all of it is: a crash anywhere loses none of it.

    Each step may be repeated. Raises `Unavailable`.
    """

    @abstractmethod
    async def begin(self, user_id: UserId, now_ms: int, due_ms: int) -> None:
        """Note the erasure, due to be carried on at `due_ms`, and remove the account; its names are free then.

        Where it can't be done in one step, the note is durable first. An erasure that has begun stays as it is.
        """

    @abstractmethod
    async def claim(self, now_ms: int, until_ms: int) -> Erasure | None:
        """An erasure that is due now, which is due again at `until_ms`; of several who ask at once one gets it."""

    @abstractmethod
    async def postpone(self, user_id: UserId, due_ms: int) -> None:
        """Make an erasure due at this instant."""

    @abstractmethod
    async def forget(self, user_id: UserId) -> None:
        """Remove the account and everything else about this person that is kept beside logs and sessions.

        So others no longer have them among their contacts and blocks.
        """

    @abstractmethod
    async def finish(self, user_id: UserId) -> None:
        """Remove the note."""

    @abstractmethod
    async def pending(self) -> list[Erasure]:
        """Every erasure that is not finished."""
