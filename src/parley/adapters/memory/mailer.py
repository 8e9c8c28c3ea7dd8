"""Mail that goes nowhere: kept, to be looked at, and refused where told so."""

from parley.model.mails import Mail
from parley.ports.mail import Mailer


class MemoryMailer(Mailer):
    """`sent` is what was taken; the next mails are refused with `refusals`, one after another."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refusals: list[Exception] = []

    async def send(self, mail: Mail) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append(mail)
