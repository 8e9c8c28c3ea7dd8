"""Mail by SMTP, to a server of our own."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP

from parley.adapters.smtp.mailer import SmtpMailer
from parley.model.mails import Mail
from parley.ports.mail import NotSent

MAIL = Mail(to="anna@example.org", subject="Grüße", text="Ein Wort.\n\n.\nUnd ein Ende.\n")


class Inbox:
    """What the server got; `refusal` is its reply to a recipient, `after` to the data."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusal = self.after = ""

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802  # aiosmtpd's name
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.after:
            return self.after
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def port(inbox: Inbox) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, loop=loop), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def mailer(port: int, credentials: str = "") -> SmtpMailer:
    return SmtpMailer(f"smtp://{credentials}127.0.0.1:{port}", sender="Chat <chat@example.org>")


async def test_a_mail_arrives_as_it_was_written(port: int, inbox: Inbox) -> None:
    await mailer(port).send(MAIL)
    (letter,) = inbox.letters
    assert inbox.recipients == [MAIL.to]
    assert (letter["From"], letter["To"]) == ("Chat <chat@example.org>", MAIL.to)
    assert letter["Subject"] == MAIL.subject
    assert letter.get_content().replace("\r\n", "\n") == MAIL.text
    assert letter["Date"]
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("reply", "for_good"), [("550 No such mailbox", True), ("451 Try later", False)]
)
async def test_a_refused_recipient_is_tried_again_if_the_server_says_so(
    port: int, inbox: Inbox, reply: str, for_good: bool
) -> None:
    inbox.refusal = reply
    with pytest.raises(NotSent) as refused:
        await mailer(port).send(MAIL)
    assert refused.value.for_good is for_good
    assert "anna" not in str(refused.value)


@pytest.mark.parametrize(
    ("reply", "for_good"), [("554 Not with us", True), ("452 No room left", False)]
)
async def test_a_refused_letter_too(port: int, inbox: Inbox, reply: str, for_good: bool) -> None:
    inbox.after = reply
    with pytest.raises(NotSent) as refused:
        await mailer(port).send(MAIL)
    assert refused.value.for_good is for_good


async def test_where_nobody_listens_it_may_be_tried_again() -> None:
    with pytest.raises(NotSent) as refused:
        await mailer(1).send(MAIL)
    assert not refused.value.for_good


async def test_a_password_is_never_sent_unencrypted(port: int, inbox: Inbox) -> None:
    with pytest.raises(NotSent):
        await mailer(port, "chat:se%3Acret@").send(MAIL)
    assert inbox.letters == []


async def test_a_header_can_not_be_smuggled_in(port: int, inbox: Inbox) -> None:
    mail = Mail(to="anna@example.org", subject="Hello\r\nBcc: boris@example.org", text="Hi\n")
    with pytest.raises(NotSent) as refused:
        await mailer(port).send(mail)
    assert refused.value.for_good
    assert inbox.letters == []
