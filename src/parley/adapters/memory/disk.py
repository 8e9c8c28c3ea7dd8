"""What survives a crash of the process: the entries, and everything that follows from them."""

from collections.abc import Iterable

from msgspec.structs import replace

from parley.model.contents import Revision, deleted, emptied, is_erasure, revised
from parley.model.conversations import State, apply
from parley.model.entries import (
    ConversationCreated,
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.marks import Mark
from parley.ports.log import Record, StoreIdentity

CommandKey = tuple[ConversationId, UserId, str]


class Disk:
    """Entries with their present content, and views that can't lag behind them. Several logs may share one."""

    def __init__(self, identity: StoreIdentity | None = None) -> None:
        self.identity = identity or StoreIdentity("memory", b"memory" * 5)
        self.marks: dict[tuple[ConversationId, UserId], Mark] = {}
        self._logs: dict[ConversationId, list[Record]] = {}
        self._states: dict[ConversationId, State] = {}
        self._commands: dict[CommandKey, int] = {}
        self._activity: dict[ConversationId, int] = {}
        self._departures: dict[tuple[ConversationId, UserId], int] = {}
        self._originals: dict[tuple[ConversationId, int], str] = {}
        self._position = 0

    def head(self, conversation_id: ConversationId) -> int:
        return len(self._logs.get(conversation_id, ()))

    def log(self, conversation_id: ConversationId) -> list[Record]:
        """The records of a conversation; the one with seq n at n - 1."""
        return self._logs.get(conversation_id, [])

    def state(self, conversation_id: ConversationId) -> State:
        """The state as it is kept, to be looked at only."""
        return self._states.get(conversation_id) or State(conversation_id)

    def states(self) -> Iterable[State]:
        return self._states.values()

    def activity(self, conversation_id: ConversationId) -> int:
        """The position of the latest message, or of the creation."""
        return self._activity.get(conversation_id, 0)

    def departure(self, conversation_id: ConversationId, user_id: UserId) -> int:
        """The seq of this person's last `member.left`, or 0."""
        return self._departures.get((conversation_id, user_id), 0)

    def original(self, conversation_id: ConversationId, seq: int) -> str | None:
        """The body that a message which is still there was sent with."""
        message = _message(self.log(conversation_id), seq)
        if message is None or message.deleted_at is not None:
            return None
        return self._originals.get((conversation_id, seq), message.body)

    def find(self, key: CommandKey) -> Record | None:
        seq = self._commands.get(key)
        return None if seq is None else self._logs[key[0]][seq - 1]

    def write(self, record: Record) -> int:
        """Add a record that fits: the next seq, a new command. Its position."""
        entry = record.entry
        conversation_id = entry.conversation_id
        log = self._logs.setdefault(conversation_id, [])
        self._position += 1
        self._commands[conversation_id, entry.actor_id, entry.client_id] = entry.seq
        log.append(replace(record, position=self._position))
        apply(self._states.setdefault(conversation_id, State(conversation_id)), entry)
        self._follow(log, entry)
        return self._position

    def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        """Empty what this person wrote."""
        log = self._logs.get(conversation_id, [])
        for record in list(log):
            message = record.entry
            if isinstance(message, MessageNew) and message.actor_id == user_id:
                _delete(log, message.seq, at)
                self._originals.pop((conversation_id, message.seq), None)

    def _follow(self, log: list[Record], entry: Entry) -> None:
        if isinstance(entry, MessageNew | ConversationCreated):
            self._activity[entry.conversation_id] = self._position
        elif isinstance(entry, MemberLeft):
            self._departures[entry.conversation_id, entry.user_id] = entry.seq
            if is_erasure(entry):
                self.erase(entry.conversation_id, entry.user_id, entry.at)
        elif isinstance(entry, MessageEdited | MessageAnnotated):
            message = _message(log, entry.message_seq)
            if message is not None:
                self._originals.setdefault((entry.conversation_id, message.seq), message.body)
            _revise(log, entry)
        elif isinstance(entry, MessageDeleted):
            _delete(log, entry.message_seq, entry.at)


def _message(log: list[Record], seq: int) -> MessageNew | None:
    entry = log[seq - 1].entry if 0 < seq <= len(log) else None
    return entry if isinstance(entry, MessageNew) else None


def _revise(log: list[Record], revision: Revision) -> None:
    message = _message(log, revision.message_seq)
    if message is None:
        return
    record = log[message.seq - 1]
    log[message.seq - 1] = replace(record, entry=revised(message, revision))
    if message.deleted_at is not None:
        _empty(log, revision)


def _delete(log: list[Record], seq: int, at: Timestamp) -> None:
    message = _message(log, seq)
    if message is None:
        return
    record = log[message.seq - 1]
    log[message.seq - 1] = replace(record, entry=deleted(message, at), digest=None)
    for kept in log:
        entry = kept.entry
        if isinstance(entry, MessageEdited | MessageAnnotated) and (
            entry.message_seq == message.seq
        ):
            _empty(log, entry)


def _empty(log: list[Record], revision: Revision) -> None:
    record = log[revision.seq - 1]
    log[revision.seq - 1] = replace(record, entry=emptied(revision), digest=None)
