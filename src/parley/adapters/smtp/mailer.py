"""Mail by SMTP, one connection a mail: a chat server sends few."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from parley.model.mails import Mail
from parley.ports.mail import Mailer, NotSent

TIMEOUT_S: Final = 20
"""Of one attempt, each step of which may take as long."""

PERMANENT: Final = 500
"""RFC 5321, 4.2.1: replies from here on say that the same again would be refused again."""


class SmtpMailer(Mailer):
    """By `smtp://` (encrypted by STARTTLS where the server offers it) or `smtps://` (encrypted from the start).

    A name and a password in the address are never sent unencrypted. What is in it is percent-encoded where needed.
    """

    def __init__(self, url: str, *, sender: str) -> None:
        self._url: SplitResult = urlsplit(url)
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        url = self._url
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=url.hostname,
                port=url.port,
                username=None if url.username is None else unquote(url.username),
                password=None if url.password is None else unquote(url.password),
                use_tls=url.scheme == "smtps",
                start_tls=self._start_tls,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(_reason(error), for_good=_for_good(error)) from error

    @property
    def _start_tls(self) -> bool | None:
        """None: where the server offers it."""
        if self._url.scheme == "smtps":
            return False
        return None if self._url.username is None else True

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip("> "))
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(mail.text)
        return message


def _for_good(error: Exception) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refusal.code >= PERMANENT for refusal in error.recipients)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return False  # an operator puts that right
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code >= PERMANENT
    return isinstance(error, ValueError | aiosmtplib.SMTPNotSupported)


def _reason(error: Exception) -> str:
    """What went wrong, without the address that it was for."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return f"the recipient was refused: {sorted({one.code for one in error.recipients})}"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.code}"
    return f"{type(error).__name__}: {error}"
