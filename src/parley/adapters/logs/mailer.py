"""Mail where no way for it is set: printed to the log, for whoever develops to read there."""

import structlog

from parley.model.mails import Mail
from parley.ports.mail import Mailer

log = structlog.get_logger("parley.mail")


class LogMailer(Mailer):
    async def send(self, mail: Mail) -> None:
        log.warning("mail", to=mail.to, subject=mail.subject, text=mail.text)
