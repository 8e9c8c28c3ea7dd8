"""Mails: what Parley writes to people, as plain text."""

from typing import Final

from msgspec import Struct

from parley.model.codes import Purpose


class Mail(Struct, frozen=True, kw_only=True):
    """A mail to one person. The subject has no line breaks."""

    to: str
    subject: str
    text: str


_SUBJECTS: Final[dict[Purpose, str]] = {
    "password": "A new password",
    "email": "Is this your address?",
}
_REASONS: Final[dict[Purpose, str]] = {
    "password": "Somebody, probably you, asked for a new password for your account.",
    "email": "Somebody, probably you, gave this address for their account.",
}
_LASTING: Final[dict[Purpose, str]] = {"password": "one hour", "email": "seven days"}
_IGNORED: Final[dict[Purpose, str]] = {
    "password": "If it wasn't you, do nothing: your password stays as it is.",
    "email": "If it wasn't you, do nothing: without it nobody can say that the address is theirs.",
}
_PAGES: Final[dict[Purpose, str]] = {"password": "reset-password", "email": "verify-email"}


def code_mail(purpose: Purpose, to: str, code: str, client_url: str | None) -> Mail:
    """The mail that brings a code.

    With `client_url`, where people's client is, it also has a link to the page there that takes the code. It stands in
    the link's fragment, which browsers send to nobody.
    """
    link = "" if client_url is None else f"{client_url}/{_PAGES[purpose]}#code={code}\n\n"
    return Mail(
        to=to,
        subject=_SUBJECTS[purpose],
        text=f"{_REASONS[purpose]}\n\n{link}Your code: {code}\n\n"
        f"It is good once, for {_LASTING[purpose]}. {_IGNORED[purpose]}\n",
    )


def password_changed(to: str) -> Mail:
    """The mail after a password was set anew."""
    return Mail(
        to=to,
        subject="Your password was changed",
        text="The password of your account was changed, and all other devices were signed out.\n\n"
        "If it wasn't you, ask for a new password at once.\n",
    )


def address_changed(to: str) -> Mail:
    """The mail to the address that an account had before."""
    return Mail(
        to=to,
        subject="Your e-mail address was changed",
        text="Your account has another e-mail address now; nothing more is sent to this one.\n\n"
        "If it wasn't you, write to whoever runs this server.\n",
    )
