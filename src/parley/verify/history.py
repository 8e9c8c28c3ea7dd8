"""What a run leaves behind: what was asked and answered, what each device has, and what was read at the end.

Instants are seconds of one clock that never goes backwards, the one of the process that runs the clients.
"""

from array import array
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

Outcome = Literal["done", "nothing", "refused", "open"]
"""What an answer says: an entry came of it; nothing had to; it is not in the log; or that it is open."""

MESSAGE = "message.new"


class Member(Struct, frozen=True):
    """Somebody who is in a conversation from its first entry on."""

    user_id: str
    role: str = "member"


class Entry(Struct, frozen=True, kw_only=True):
    """Something that happened in a conversation, under the names that Parley gives the types.

    `seq` is its place there, from 1; 0 where the server numbers nothing: then the order of a reading is all there is.
    """

    conversation_id: str
    seq: int = 0
    type: str = MESSAGE
    actor_id: str
    client_id: str = ""
    at: str = ""
    body: str = ""
    edited_at: str | None = None
    deleted_at: str | None = None
    message_seq: int = 0
    emoji: str = ""
    user_id: str = ""
    kind: str = ""
    members: tuple[Member, ...] = ()

    @property
    def key(self) -> tuple[int, str, str, str]:
        """By what two readings are compared; contents are, once all is quiet."""
        return self.seq, self.type, self.actor_id, self.client_id

    def __str__(self) -> str:
        """For evidence."""
        target = (
            f" at {self.message_seq or self.user_id}" if self.message_seq or self.user_id else ""
        )
        return f"#{self.seq} {self.type}{target} of {self.actor_id} ({self.client_id})"


class Content(Struct, frozen=True):
    """A message as it is now; `reactions` as (emoji, user_id)."""

    body: str
    deleted: bool = False
    reactions: frozenset[tuple[str, str]] = frozenset()


class Command(Struct, frozen=True, kw_only=True):
    """What somebody asks to be done, under the names that Parley gives to commands."""

    kind: str
    actor_id: str
    client_id: str
    conversation_id: str = ""
    body: str = ""
    message_seq: int = 0
    emoji: str = ""
    user_id: str = ""
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For evidence."""
        return f"{self.kind} {self.client_id} of {self.actor_id} in {self.conversation_id or 'none yet'}"


class Answer(Struct, frozen=True, kw_only=True):
    """What the server said; `seq` and `conversation_id` are those of the entry that came of it."""

    outcome: Outcome
    seq: int = 0
    conversation_id: str = ""
    code: str = ""


class Told(Struct, kw_only=True):
    """A command with everything that became of it, over however many attempts and connections.

    `sent_at` is before the first byte of the first attempt went out, `answers` have the instants when they were in.
    `open` counts attempts that got no answer, or one that leaves it open: any of them may be in the log.
    """

    command: Command
    device: str
    sent_at: float
    attempts: int = 0
    open: int = 0
    answers: list[tuple[float, Answer]] = []

    @property
    def first_done(self) -> float | None:
        """When it was first acknowledged to be in the log."""
        return next((at for at, answer in self.answers if answer.outcome == "done"), None)


class View(Struct, kw_only=True):
    """What a device has of a conversation: the entries after `base`, without a hole if all is well."""

    base: int
    cursor: int
    entries: list[Entry] = []
    left: bool = False

    def add(self, entry: Entry) -> None:
        """Take the next one."""
        self.entries.append(entry)
        self.cursor = entry.seq


class Arrivals(Struct):
    """Every entry of a conversation that reached a device, wanted or not: its seq, and when."""

    seqs: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[float]" = field(default_factory=lambda: array("d"))


class DeviceHistory(Struct, kw_only=True):
    """A device at the end of the run. `faults` are what it saw go wrong by itself, such as a jump over entries."""

    name: str
    user_id: str
    views: Mapping[str, View] = {}
    arrivals: Mapping[str, Arrivals] = {}
    faults: list[str] = []


class Reading(Struct, frozen=True):
    """A conversation, read from the store without help of any view: its log, and its messages as they are now."""

    log: list[Entry]
    contents: Mapping[int, Content]


class Mark(Struct, frozen=True):
    """A read position that somebody set; `acked` where they were told that it is kept."""

    user_id: str
    conversation_id: str
    seq: int
    acked: bool


class Trespass(Struct, frozen=True):
    """Somebody who is not a member asked for a conversation at the end, and got it."""

    user_id: str
    conversation_id: str


class History(Struct, kw_only=True):
    """All that the checks go by. `standings` are read positions by (user_id, conversation_id), read at the end.

    `strangers` is how many times somebody who is not a member tried to read at the end; `trespasses` who could.
    """

    commands: list[Told] = []
    devices: list[DeviceHistory] = []
    readings: Mapping[str, Reading] = {}
    marks: list[Mark] = []
    standings: Mapping[tuple[str, str], int] = {}
    strangers: int = 0
    trespasses: list[Trespass] = []
    incidents: list[str] = []
    numbered: bool = True


class Violation(Struct, frozen=True):
    """A broken promise: which, in one word how, and the evidence."""

    promise: str
    code: str
    evidence: str
