"""How mail leaves."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from parley.model.mails import Mail

SendMail = Callable[[Mail], None]
"""Sees to a mail in the background; returns at once and never fails."""


class NotSent(Exception):
    """The mail did not leave; the message says why. `for_good` where trying again would not help."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Mailer(ABC):
    @abstractmethod
    async def send(self, mail: Mail) -> None:
        """Hand a mail to whoever delivers it; after an error it may have left all the same.

        Raises:
            NotSent: It was not taken.
        """
