"""What a request's shape was refused for, in words that both doors share."""

import re

import msgspec

from parley.model.errors import Invalid, UnknownField

_WHERE = re.compile(r" - at `\$(?:\.?)(.*)`\Z", re.DOTALL)
_UNKNOWN = "Object contains unknown field"


def misshapen(reason: str, path: str = "") -> Invalid:
    """The refusal of a request whose part at `path` (`members[0].role`) is not what it must be."""
    details = {"field": path, "reason": reason} if path else {"reason": reason}
    if reason.startswith(_UNKNOWN):
        return UnknownField(**details)
    return Invalid(**details)


def refusal(error: msgspec.ValidationError) -> Invalid:
    """The refusal that a failed decoding into a command's Struct means for its sender."""
    text = str(error)
    where = _WHERE.search(text)
    if where is None:
        return misshapen(text)
    return misshapen(text[: where.start()], where.group(1))
