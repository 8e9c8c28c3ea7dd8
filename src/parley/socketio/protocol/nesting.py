"""How deep JSON is nested, found without walking it."""

import re

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_FOLD = bytes.maketrans(b"{}", b"[]")
_REST = bytes(set(range(256)) - set(b"[]{}"))


def nested_deeper(data: bytes, limit: int) -> bool:
    """Whether arrays and objects in `data` stand in each other more than `limit` deep.

    Only bytes operations that run in C: each round takes the innermost pairs away, so no depth
    of input costs more than `limit` rounds. Text that is no JSON may give either answer.
    """
    # Almost every message has fewer brackets than that in all, and needs no more than two counts.
    if data.count(b"[") + data.count(b"{") <= limit:
        return False
    brackets = _STRING.sub(b"", data).translate(_FOLD, _REST)
    for _ in range(limit):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True
