"""The one tree of errors that people can meet: a kind says what the caller can do next, a code which it is."""

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct


class Kind(StrEnum):
    """What the caller can do next; each door has one table from these to its own language."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class ChatError(Exception):
    """A refusal that its receiver can understand: `code` is stable, `message` is a sentence for people."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = ""
    message: str = ""

    def __init__(self, message: str | None = None, **details: object) -> None:
        super().__init__(message or self.message)
        if message is not None:
            self.message = message
        self.details = details


class Invalid(ChatError):
    kind = Kind.INVALID
    code = "invalid"
    message = "The request is not valid."


class InvalidJson(Invalid):
    code = "invalid_json"
    message = "The body is not valid JSON."


class UnknownField(Invalid):
    code = "unknown_field"
    message = "The request has a field that is not known here."


class UnknownCommand(Invalid):
    code = "unknown_command"
    message = "There is no such command."


class InvalidCode(Invalid):
    code = "invalid_code"
    message = "This code is not good, or no longer; ask for a new one."


class Unauthenticated(ChatError):
    kind = Kind.UNAUTHENTICATED
    code = "unauthenticated"
    message = "Sign in first."


class WrongCredentials(Unauthenticated):
    code = "wrong_credentials"
    message = "The name or the password is wrong."


class TokenExpired(Unauthenticated):
    code = "token_expired"
    message = "The token has expired; refresh it."


class SessionRevoked(Unauthenticated):
    code = "session_revoked"
    message = "This session was signed out."


class Forbidden(ChatError):
    kind = Kind.FORBIDDEN
    code = "forbidden"
    message = "You may not do this."


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    message = "Nobody can register here by themselves."


class AccountDisabled(Forbidden):
    code = "account_disabled"
    message = "This account is disabled; ask whoever runs this server."


class AccountErased(Forbidden):
    code = "account_erased"
    message = "The other person has erased their account; nothing more can be written here."


class ForeignOrigin(Forbidden):
    code = "foreign_origin"
    message = "This site may not act in the name of those signed in here."


class NotAMember(Forbidden):
    code = "not_a_member"
    message = "You are not a member of this room."


class Banned(Forbidden):
    code = "banned"
    message = "This person was banned here."


class Blocked(Forbidden):
    code = "blocked"
    message = "One of you has blocked the other."


class NotFound(ChatError):
    kind = Kind.NOT_FOUND
    code = "not_found"
    message = "There is no such thing here."


class Conflict(ChatError):
    kind = Kind.CONFLICT
    code = "conflict"
    message = "This was changed by someone else meanwhile."


class NameTaken(Conflict):
    code = "name_taken"
    message = "A room of this name exists."


class UsernameTaken(Conflict):
    code = "username_taken"
    message = "This username is taken."


class EmailTaken(Conflict):
    code = "email_taken"
    message = "This e-mail address is taken."


class ClientIdReused(Conflict):
    code = "client_id_reused"
    message = "This client_id was used for another command."


class LastOwner(Conflict):
    code = "last_owner"
    message = "A conversation needs an owner."


class TooLarge(ChatError):
    kind = Kind.TOO_LARGE
    code = "too_large"
    message = "This is larger than allowed."


class RateLimited(ChatError):
    """Too many of this; `details["retry_after"]` says in how many seconds to come back."""

    kind = Kind.RATE_LIMITED
    code = "rate_limited"
    message = "Too many requests; wait a little."


class Unavailable(ChatError):
    """It is open whether the command is in the log: retry it with the same client_id."""

    kind = Kind.UNAVAILABLE
    code = "unavailable"
    message = "This can't be done right now; try again with the same client_id."


class Draining(Unavailable):
    code = "draining"
    message = "This server is stopping; connect again."


def every_error() -> Iterator[type[ChatError]]:
    """Every error with a code, in the order of this module: what the reference page and the doors' tests walk."""

    def below(parent: type[ChatError]) -> Iterator[type[ChatError]]:
        for child in parent.__subclasses__():
            yield child
            yield from below(child)

    return below(ChatError)


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error as every door shows it."""

    code: str
    message: str
    details: dict[str, object] = {}


def problem(error: ChatError) -> Problem:
    """What clients are shown of an error."""
    return Problem(error.code, error.message, error.details)
