"""The log of every conversation: the one place where what happens in conversations is kept."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from msgspec import Struct

from parley.model.conversations import State
from parley.model.entries import Entry, MessageEdited, MessageNew
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.messages import Aftermath
from parley.ports.answers import Answer


class Record(Struct, frozen=True):
    """An entry as it is kept.

    `digest` is the keyed digest of the command that made it, None where its client gave no `client_id` or its message
    was deleted. `position` is its place in the order of all entries of the store, 0 where there is no such order or
    it is not kept yet.
    """

    entry: Entry
    digest: bytes | None = None
    position: int = 0


class Behind(Struct, frozen=True):
    """The next seq was taken by someone else: everything in the log after the last seq that got in."""

    records: Sequence[Record]


class Duplicate(Struct, frozen=True):
    """The next seq is free, but its (actor_id, client_id) is in this log already, with this record."""

    record: Record


class Unknown(Struct, frozen=True):
    """How many of the rest are in can't be said; some may yet land."""


class Down(Struct, frozen=True):
    """None of the rest is in, and none will land: no connection, a full disk."""


Stopped = Behind | Duplicate | Unknown | Down


class Appended(Struct, frozen=True):
    """What became of an append: the first `count` records are durable, at these positions.

    Of the rest none is in, unless `stopped` is `Unknown`. `stopped` is None if and only if all are in.
    """

    count: int
    positions: Sequence[int]
    stopped: Stopped | None = None


class StoreIdentity(Struct, frozen=True):
    """Which store this is. `epoch` changes when it was restored from a copy; `digest_key` keys commands' digests."""

    epoch: str
    digest_key: bytes


class CaughtUp(Struct, frozen=True):
    """What one reading says of a conversation: `head` and `entries` (ascending) belong together."""

    conversation_id: ConversationId
    head: int
    entries: Sequence[Entry]


class CatchUp(Struct, frozen=True):
    """What a person missed, by one reading: the conversations they are in, latest activity first, and those lost.

    `lost` gives the seq of their own last `member.left` (0 where they never were in it, or it does not exist).
    """

    conversations: Sequence[CaughtUp]
    lost: Mapping[ConversationId, int]


class Log(ABC):
    """Appends and reads. A conversation's entries are numbered 1, 2, 3 … without holes, each kept once.

    Unique in the store for ever: (conversation_id, seq) and (conversation_id, actor_id, client_id). Each method is
    one atomic step. Reading raises `Unavailable` where the store can't answer, and misses nothing that was durable
    when it was asked for, whoever appended it.
    """

    shared: bool = False
    """Whether other processes may append to it too."""

    @abstractmethod
    async def identity(self) -> StoreIdentity:
        """Which store this is; made with it."""

    @abstractmethod
    def append(
        self, conversation_id: ConversationId, after: int, records: Sequence[Record]
    ) -> Answer[Appended]:
        """Add records of different commands that ask for the seqs after+1, after+2 … of one conversation.

        There is at least one, and the log is known to reach `after`: what would leave a hole is refused as `Down`.
        They go in one after another, and the first that can't ends it. Answers only once what got in is durable,
        together with every view that follows it in this store, and never before this call has returned. Never fails:
        every outcome is an `Appended`. Appends are answered in the order of their positions.
        """

    @abstractmethod
    async def read(
        self, conversation_id: ConversationId, after: int, limit: int | None = None
    ) -> list[Record]:
        """The records after seq `after`, ascending, with their present content, at most `limit`."""

    @abstractmethod
    async def messages(
        self, conversation_id: ConversationId, *, before: int | None, after: int | None, limit: int
    ) -> tuple[int, list[MessageNew]]:
        """The head, and a page of messages ascending: the last ones before a seq, or the first ones after one.

        With neither: the newest ones.
        """

    @abstractmethod
    async def messages_at(
        self, conversation_id: ConversationId, seqs: Sequence[int]
    ) -> list[MessageNew]:
        """The messages with these seqs, in no order; a seq that is no message's is left out."""

    @abstractmethod
    async def happenings(
        self, conversation_id: ConversationId, *, after: int, before: int | None, limit: int
    ) -> list[Entry]:
        """The first entries of the types `HAPPENINGS` between two seqs, neither included, ascending."""

    @abstractmethod
    async def aftermaths(
        self, conversation_id: ConversationId, message_seqs: Sequence[int]
    ) -> tuple[int, Mapping[int, Aftermath]]:
        """The head, and what became of those of these messages that anything is aimed at.

        Its cost grows with the reactions that stand, not with how often people changed their minds. It may be newer
        than the head, never older.
        """

    @abstractmethod
    async def edits(
        self, conversation_id: ConversationId, message_seq: int, limit: int
    ) -> list[MessageEdited]:
        """The last edits of a message, at most `limit`, ascending, with their present content."""

    @abstractmethod
    async def original(self, conversation_id: ConversationId, seq: int) -> str | None:
        """The body that a message was sent with; None where it was deleted, or is none."""

    @abstractmethod
    async def find(
        self, conversation_id: ConversationId, actor_id: UserId, client_id: str
    ) -> Record | None:
        """The record of this command."""

    @abstractmethod
    async def load(self, conversation_id: ConversationId) -> State:
        """The state after every entry that is in; `head` 0 where there is none."""

    @abstractmethod
    async def erase(self, conversation_id: ConversationId, user_id: UserId, at: Timestamp) -> None:
        """Empty everything that this person wrote in a conversation, as a `member.left` (erased) does.

        For one that has ended, where nothing can be appended that says so and nobody reads; and once more where that
        entry is in, which its node may not have outlived. `at` is when the messages were deleted.
        """

    @abstractmethod
    async def catch_up(
        self, user_id: UserId, cursors: Mapping[ConversationId, int], limit: int, most_bytes: int
    ) -> CatchUp:
        """What this person missed after these cursors, in at most `limit` entries and about `most_bytes` of them.

        Conversations of the latest activity are served first, each from its cursor on without a gap; the last entry
        may go over the bytes, so that there is always one. A conversation of theirs that `cursors` does not name
        comes with its head and no entries.
        """
