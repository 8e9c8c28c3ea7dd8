"""A command on its way into a conversation's log, and what becomes of it."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from parley.model.conversations import State
from parley.model.entries import Entry
from parley.model.errors import ChatError
from parley.model.ids import UserId
from parley.ports.answers import Answer
from parley.ports.log import Record


class Unchanged(Struct, frozen=True):
    """A judge's answer that appends nothing: what was asked for is so already. `value` is for the caller."""

    value: Any = None


class Committed(Struct, frozen=True):
    """What a command led to: its entry, in the log for good; or `value`, where nothing had to change.

    `duplicate` says that the entry was there before: the command was a retry.
    """

    entry: Entry | None
    duplicate: bool = False
    value: Any = None


Judge = Callable[[State], Entry | Unchanged]
"""Looks at the conversation as it stands before its own entry and returns that entry, or raises a `ChatError`.

It is plain code without awaits and may be called again, on another state: where it stands in the log changed
meanwhile. It leaves `seq`, `at` and `messages` to the journal and changes nothing itself.
"""


class Digester:
    """Digests of commands, by which a retry is told from another command under the same client_id."""

    __slots__ = ("_encode", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._encode: Final = msgspec.json.Encoder(order="deterministic").encode

    def __call__(self, *command: object) -> bytes:
        """16 bytes for the parts of a command; equal for equal parts, secret without the store's key."""
        return hashlib.blake2b(self._encode(command), digest_size=16, key=self._key).digest()


class Attempt:
    """A command as the journal holds it until it is answered.

    `verdict` is what its judge last said; `basis` is the head that a verdict without an entry rests on. `reached` is
    how far a log that others write too was seen to reach since the command came; None before it was looked at.
    """

    __slots__ = (
        "actor_id",
        "answer",
        "basis",
        "client_id",
        "deadline",
        "digest",
        "judge",
        "key",
        "order",
        "own",
        "reached",
        "record",
        "verdict",
    )

    def __init__(
        self,
        *,
        actor_id: UserId,
        client_id: str,
        own: bool,
        digest: bytes | None,
        judge: Judge,
        order: int,
        deadline: float,
    ) -> None:
        self.actor_id = actor_id
        self.client_id = client_id
        self.own = own
        """Whether the client chose the client_id, and so may retry with it."""
        self.digest = digest
        self.judge = judge
        self.order = order
        self.deadline = deadline
        self.answer: Answer[Committed] = Answer()
        self.record: Record | None = None
        self.verdict: Unchanged | ChatError | None = None
        self.basis = 0
        self.reached: int | None = None
        self.key = (actor_id, client_id)
