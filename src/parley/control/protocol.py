"""What passes over the control socket: one request, one line of JSON; then lines of JSON, the last of which ends it.

Requests name what is to be done and carry this protocol's version. `progress` lines may come, as many as there are;
`done` or `refused` is the last line. A client that closes the connection before takes back what can be taken back.
"""

import typing
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from parley.model.instants import Timestamp

VERSION: Final = 1
MOST_REQUEST_BYTES: Final = 64 * 1024

T = TypeVar("T")


class Ask(
    Struct, Generic[T], frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True
):
    """A request; `T` is what `done` brings."""

    version: int = VERSION


class Account(Struct, frozen=True, kw_only=True):
    """An account as operators see it; never its password's hash."""

    user_id: str
    username: str | None
    email: str | None
    display_name: str
    role: str
    created_at: Timestamp
    disabled_at: Timestamp | None


class Accounts(Struct, frozen=True, kw_only=True):
    """A page of them; `next` is what to go on after."""

    items: list[Account]
    next: str | None


class Session(Struct, frozen=True, kw_only=True):
    """A device that is signed in."""

    session_id: str
    device: str
    address: str
    created_at: Timestamp
    used_at: Timestamp


class AccountDetails(Account, frozen=True, kw_only=True):
    """An account, and where it is signed in."""

    sessions: list[Session]


class PasswordSet(Struct, frozen=True, kw_only=True):
    """`password` is there where it was made here, and is shown this once; `ended` sessions were ended."""

    account: Account
    password: str | None
    ended: int = 0


class SessionsEnded(Struct, frozen=True, kw_only=True):
    account: Account
    ended: int


class CreateAccount(Ask[PasswordSet], frozen=True, kw_only=True, tag="account.create"):
    """Make an account; without a password one is made."""

    username: str | None = None
    email: str | None = None
    display_name: str | None = None
    password: str | None = None
    admin: bool = False


class ListAccounts(Ask[Accounts], frozen=True, kw_only=True, tag="account.list"):
    """Accounts whose username or display name begins so."""

    query: str = ""
    after: str = ""
    limit: int = 50


class ShowAccount(Ask[AccountDetails], frozen=True, kw_only=True, tag="account.show"):
    """One account. `who`, here and below, is a username, an e-mail address or an id."""

    who: str


class ResetPassword(Ask[PasswordSet], frozen=True, kw_only=True, tag="account.reset_password"):
    """Set another password and end all sessions; without one, one is made."""

    who: str
    password: str | None = None


class RevokeSessions(Ask[SessionsEnded], frozen=True, kw_only=True, tag="account.revoke_sessions"):
    """End all sessions and close their sockets."""

    who: str


class SetRole(Ask[Account], frozen=True, kw_only=True, tag="account.set_role"):
    """Make somebody an admin, or an ordinary person again."""

    who: str
    admin: bool


class SetDisabled(Ask[SessionsEnded], frozen=True, kw_only=True, tag="account.set_disabled"):
    """Let nobody sign in with it any more, and end its sessions; or let them again."""

    who: str
    disabled: bool


class Seeded(Struct, frozen=True, kw_only=True):
    """What was made, and somebody to sign in as."""

    people: int
    conversations: int
    messages: int
    entries: int
    username: str
    password: str


class Seed(Ask[Seeded], frozen=True, kw_only=True, tag="seed"):
    """Make sample people and conversations."""

    people: int
    conversations: int
    messages: int
    seed: int
    password: str | None = None


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that must not be so, and where."""

    kind: str
    message: str
    conversation_id: str | None = None
    seq: int | None = None


class Checked(Struct, frozen=True, kw_only=True):
    """What was looked at; the first of the faults, and how many there are."""

    accounts: int
    conversations: int
    entries: int
    faults: list[Fault]
    count: int


class Check(Ask[Checked], frozen=True, kw_only=True, tag="check"):
    """Compare everything with the logs."""


class BackedUp(Struct, frozen=True, kw_only=True):
    """The backup that was made; `entries` is the highest position in it."""

    epoch: str
    entries: int
    bytes: int


class Backup(Ask[BackedUp], frozen=True, kw_only=True, tag="backup"):
    """Copy everything into a new or empty folder, named by an absolute path."""

    target: str


AnyAsk = (
    CreateAccount
    | ListAccounts
    | ShowAccount
    | ResetPassword
    | RevokeSessions
    | SetRole
    | SetDisabled
    | Seed
    | Check
    | Backup
)


class Progress(Struct, frozen=True, tag_field="line", tag="progress"):
    """So much of `total` is done of what goes on now; 0 for a total that nobody knows."""

    what: str
    done: int
    total: int


class Done(Struct, frozen=True, tag_field="line", tag="done"):
    """It was done, with this answer."""

    answer: msgspec.Raw


class Refused(Struct, frozen=True, tag_field="line", tag="refused"):
    """It was not done; `message` is for people."""

    code: str
    message: str


Line = Progress | Done | Refused


class OtherVersion(Exception):
    """The request is of another version of this protocol; the message says what to do."""


class _Versioned(Struct, frozen=True):
    version: int


_decode_version: Final = msgspec.json.Decoder(_Versioned).decode
_decode_ask: Final = msgspec.json.Decoder(AnyAsk).decode
_decode_line: Final = msgspec.json.Decoder(Line).decode


def encode(message: Struct) -> bytes:
    """A request or an answer, as one line."""
    return msgspec.json.encode(message) + b"\n"


def decode_ask(line: bytes) -> Ask[Any]:
    """The request of a line.

    Raises:
        OtherVersion: The client is of another version.
        msgspec.DecodeError: It is no request.
    """
    version = _decode_version(line).version
    if version != VERSION:
        raise OtherVersion(
            f"The running server speaks version {VERSION} of the control protocol, this command version {version}. "
            "Use the same version of Parley for both."
        )
    ask: Ask[Any] = _decode_ask(line)
    return ask


def decode_line(line: bytes) -> Line:
    """One line of what answers.

    Raises:
        msgspec.DecodeError: It is none.
    """
    decoded: Line = _decode_line(line)
    return decoded


def decode_answer(ask: Ask[T], done: Done) -> T:
    """What `done` brings for this request.

    Raises:
        msgspec.DecodeError: It is something else.
    """
    (base,) = type(ask).__orig_bases__  # type: ignore[attr-defined]  # how a class remembers its `T`
    return typing.cast("T", msgspec.json.decode(done.answer, type=typing.get_args(base)[0]))
