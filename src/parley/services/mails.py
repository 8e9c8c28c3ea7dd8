"""Mails on their way: sent in the background, and tried again where that may help."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

from parley.model.mails import Mail
from parley.ports.background import Spawn
from parley.ports.mail import Mailer, NotSent
from parley.ports.timers import After, Timer

RETRY_AFTER_S: Final[Sequence[float]] = (5, 30, 120, 600)
"""How long to wait before each further attempt; after the last one the mail is given up."""

MOST_WAITING: Final = 1_000
"""Mails, those that wait for their next attempt included: a server that takes none must not fill the memory."""

logger = logging.getLogger(__name__)


class Mails:
    """In memory only: what waits when the process ends is lost, and people ask again."""

    def __init__(self, *, mailer: Mailer, spawn: Spawn, after: After) -> None:
        self._mailer = mailer
        self._spawn = spawn
        self._after = after
        self._waiting = 0
        self._timers: dict[int, Timer] = {}
        self._count = 0

    def send(self, mail: Mail) -> None:
        """See to a mail in the background; returns at once and never fails."""
        if self._waiting >= MOST_WAITING:
            logger.error("a mail is given up: %s wait already", self._waiting)
            return
        self._waiting += 1
        self._spawn(self._attempt(mail, 0))

    def close(self) -> None:
        """Give up what waits for another attempt."""
        for timer in self._timers.values():
            timer.cancel()
        if self._timers:
            logger.warning("%s mails are given up", len(self._timers))
        self._timers.clear()

    async def _attempt(self, mail: Mail, failures: int) -> None:
        try:
            await self._mailer.send(mail)
        except NotSent as reason:
            if not reason.for_good and failures < len(RETRY_AFTER_S):
                self._later(mail, failures, reason)
                return
            # Not to whom, nor what it says: addresses are people's, and the text may hold a code.
            logger.error("a mail is given up: %s", reason)  # noqa: TRY400  # the reason is all there is
        except Exception:
            logger.exception("a mail is given up")
        self._waiting -= 1

    def _later(self, mail: Mail, failures: int, reason: NotSent) -> None:
        wait_s = RETRY_AFTER_S[failures]
        logger.warning("a mail did not leave, trying again in %s s: %s", wait_s, reason)
        self._count += 1
        again = partial(self._again, self._count, mail, failures + 1)
        self._timers[self._count] = self._after(wait_s, again)

    def _again(self, number: int, mail: Mail, failures: int) -> None:
        del self._timers[number]
        self._spawn(self._attempt(mail, failures))
