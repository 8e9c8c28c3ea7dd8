"""What must not be in a log: values by their names, and tokens by their looks."""

import re
from collections.abc import Mapping
from typing import Final

from structlog.typing import EventDict, WrappedLogger

HIDDEN: Final = "(hidden)"
DEPTH: Final = 8
SECRET_NAME: Final = re.compile(
    r"passw|secret|token|authorization|cookie|credential|api_?key|private_?key|digest_?key",
    re.IGNORECASE,
)
SECRET_TEXT: Final = re.compile(
    r"""(?xi)
      \bbearer\s+[\w.~+/=-]+                             # an Authorization header
    | \beyJ[\w-]{8,}\.[\w-]+\.[\w-]*                     # a JSON Web Token
    | (?<=[?&])[\w-]*(?:token|secret|passw)[\w-]*=[^&\s"']+   # a query string's
    """
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: the event with secrets hidden at any depth."""
    return {key: _hidden(key, value, 0) for key, value in event.items()}


def _hidden(key: object, value: object, depth: int) -> object:
    if value is not None and SECRET_NAME.search(str(key)):
        return HIDDEN
    return _within(value, depth)


def _within(value: object, depth: int) -> object:
    if isinstance(value, str):
        return SECRET_TEXT.sub(HIDDEN, value)
    if depth == DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {key: _hidden(key, inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_within(inner, depth + 1) for inner in value]
    return value
