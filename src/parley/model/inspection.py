"""Inspection: what a log must be like, and what the views beside it must say."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from parley.model.contents import is_erasure
from parley.model.conversations import State, apply
from parley.model.entries import (
    ConversationCreated,
    ConversationDeleted,
    Entry,
    MemberLeft,
    MessageAnnotated,
    MessageDeleted,
    MessageEdited,
    MessageNew,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.marks import Mark, Point, Standing, position
from parley.model.messages import Aftermath, Facts, followed, target
from parley.model.validation import Command, Misshapen, command, refusal, require_shape

FaultKind = Literal[
    "unreadable",
    "contents_differ",
    "not_permitted",
    "hole",
    "no_creation",
    "created_twice",
    "after_the_end",
    "time_goes_back",
    "wrong_count",
    "client_id_twice",
    "no_target",
    "not_a_member",
    "edit_not_shown",
    "deleted_with_text",
    "state_differs",
    "aftermath_differs",
    "mark_beyond_head",
    "mark_count_differs",
    "standing_differs",
    "membership_differs",
    "list_differs",
    "room_differs",
    "name_not_claimed",
    "erased_remains",
    "account_missing",
    "account_differs",
    "contact_differs",
    "row_misshapen",
    "schema_differs",
    "file_damaged",
    "position_missing",
    "position_out_of_order",
    "activity_differs",
    "mentions_differ",
    "index_missing",
]
"""What can be wrong; each is stable, for machines."""

MOST_A_LOG: Final = 20
"""Of one log no more faults than this are told: where one thing is wrong, all that follows may be."""


class Fault(Struct, frozen=True, kw_only=True):
    """Something that must not be so, and where; `message` is for people."""

    kind: FaultKind
    message: str
    conversation_id: ConversationId | None = None
    seq: int | None = None


Edit = tuple[str, Timestamp]
"""A body, and since when it is the message's."""


class _AllFacts(dict[int, Facts | None]):
    """Those of every message so far: what is not here is no message."""

    def __contains__(self, _seq: object) -> bool:
        return True

    def __missing__(self, _seq: int) -> None:
        return None


Digest = Callable[..., bytes]
"""By the key of the store, of the parts of a command."""


class Retold:
    """A log as it is told again from its first entry: what is wrong with it, and what follows from it."""

    def __init__(self, conversation_id: ConversationId, digest: Digest) -> None:
        self.state = State(conversation_id, facts=_AllFacts())
        self.edited: dict[int, tuple[MessageNew, bytes]] = {}
        """Messages that were edited, with the digests of what they were sent with."""
        self.faults: list[Fault] = []
        self.last_message = 0
        self._erased_at: dict[UserId, int] = {}
        self._digest = digest
        self._counts = array("Q", [0])
        self._commands: set[tuple[UserId, str]] = set()
        self._wrote: dict[UserId, Point] = {}
        self._mentioned: dict[UserId, list[int]] = {}
        self._deleted: set[int] = set()
        self._deletions: dict[int, Timestamp] = {}
        self._emptied: dict[int, Timestamp] = {}
        self._shown: dict[int, Edit] = {}
        self._edits: dict[int, Edit] = {}
        self._revised_with: set[int] = set()
        self._aimed: dict[int, list[Entry]] = {}

    def take(self, entry: Entry, digest: bytes | None) -> None:
        """Look at the next entry, and at the digest that is kept of its command; and apply it.

        Raises:
            Misshapen: It is none; what follows it can't be looked at.
        """
        self._look_at_shape(entry)
        self._look_at_order(entry)
        self._look_at_kind(entry)
        if not self.faults:  # else the state is not what it was then
            self._look_at_rules(entry)
        if digest is not None:
            self._look_at_contents(entry, digest)
        if isinstance(entry, MessageNew):
            self._take_message(entry)
        elif target(entry):
            self._take_aimed(entry)
        elif isinstance(entry, MemberLeft) and is_erasure(entry):
            self._take_erasure(entry)
        missing = entry.seq - len(self._counts)
        self._counts.extend([self.state.messages] * missing)
        self._counts.append(entry.messages)
        apply(self.state, entry)

    def end(self, settled: int) -> None:
        """Look at what only the whole log shows: every message has its latest body, and a deleted one none.

        Messages that an entry behind `settled` changed may have been read before it.
        """
        gone = self._deleted | self._emptied.keys()
        wrong: list[tuple[FaultKind, str, Iterable[int]]] = [
            ("edit_not_shown", "does not show its latest edit", self._not_shown()),
            (
                "edit_not_shown",
                "shows an edit that nobody made",
                self._shown.keys() - self._edits.keys() - self._deleted,
            ),
            (
                "not_permitted",
                "is empty since its latest edit, and not deleted",
                (
                    seq
                    for seq, (body, _) in self._edits.items()
                    if not body and seq not in self._deleted
                ),
            ),
            (
                "deleted_with_text",
                "was deleted, and an edit or annotation of it keeps its contents",
                self._revised_with & gone,
            ),
            (
                "deleted_with_text",
                "was deleted, and is still there",
                self._deleted - self._emptied.keys(),
            ),
            (
                "not_permitted",
                "was deleted at another instant than its deletion says",
                (seq for seq, at in self._deletions.items() if self._emptied.get(seq, at) != at),
            ),
            (
                "not_permitted",
                "is empty, and no entry deletes it",
                self._emptied.keys() - self._deleted,
            ),
        ]
        if self.state.deleted:  # who is erased is emptied there too, where no entry can say so
            wrong.pop()
        for kind, what, seqs in wrong:
            for seq in seqs:
                if self._changed_last(seq) <= settled:
                    self._note(kind, what, seq)

    def _not_shown(self) -> Iterator[int]:
        for seq, edit in self._edits.items():
            if seq not in self._deleted and self._shown.get(seq) != edit:
                yield seq

    def _changed_last(self, seq: int) -> int:
        """The entry that changed a message last; 0 where there is none."""
        facts = self.state.message(seq)
        erased = self._erased_at.get(facts.sender_id, 0) if facts else 0
        return max(erased, *(entry.seq for entry in self._aimed.get(seq, ())), 0)

    def _look_at_order(self, entry: Entry) -> None:
        state = self.state
        if entry.seq != state.head + 1:
            self._note("hole", f"follows {state.head}: what lies between is missing", entry.seq)
        if entry.at < state.at:
            self._note("time_goes_back", f"is of {entry.at}, before the one before it", entry.seq)
        if entry.messages != state.messages + isinstance(entry, MessageNew):
            self._note(
                "wrong_count", f"counts {entry.messages} messages after {state.messages}", entry.seq
            )
        command = entry.actor_id, entry.client_id
        if command in self._commands:
            self._note(
                "client_id_twice", f"has the client_id of an earlier one: {command[1]}", entry.seq
            )
        self._commands.add(command)

    def _look_at_shape(self, entry: Entry) -> None:
        try:
            require_shape(entry)
        except Misshapen as error:
            self._note("unreadable", f"can't be understood: {error}", entry.seq)
            raise

    def _look_at_rules(self, entry: Entry) -> None:
        if isinstance(entry, MessageNew) and entry.actor_id not in self.state.members:
            what = f"was written by {entry.actor_id}, who is no member"
            self._note("not_a_member", what, entry.seq)
            return
        if target(entry) and self.state.message(target(entry)) is None:
            what = f"is aimed at {target(entry)}, which is no message before it"
            self._note("no_target", what, entry.seq)
            return
        reason = refusal(self.state, entry)
        if reason is not None:
            what = f"({entry.type} by {entry.actor_id}) is against the rules: {reason[:-1]}"
            self._note("not_permitted", what, entry.seq)

    def _look_at_contents(self, entry: Entry, digest: bytes) -> None:
        if isinstance(entry, MessageNew) and entry.edited_at is not None:
            self.edited[entry.seq] = entry, digest
            return
        self._compare(entry, command(entry), digest)

    def sent_with(self, seq: int, body: str | None) -> None:
        """Look at what one of `edited` was sent with."""
        message, digest = self.edited[seq]
        if body is None:
            self._note("contents_differ", "was edited, and its first body is gone", seq)
        else:
            self._compare(message, command(replace(message, body=body)), digest)

    def _compare(self, entry: Entry, told: Command | None, digest: bytes) -> None:
        if told is not None and self._digest(*told) != digest:
            self._note("contents_differ", "is not what its command asked for", entry.seq)

    def _look_at_kind(self, entry: Entry) -> None:
        created = isinstance(entry, ConversationCreated)
        barred = isinstance(entry, ConversationDeleted)  # see `journal/naming.py`
        if created and self.state.head:
            self._note("created_twice", "creates what exists", entry.seq)
        if not (created or barred) and not self.state.head:
            self._note("no_creation", "is the first one, and creates nothing", entry.seq)
        if self.state.deleted:
            self._note("after_the_end", "comes after the conversation's end", entry.seq)

    def _take_message(self, entry: MessageNew) -> None:
        seq = entry.seq
        if entry.deleted_at is not None and (entry.body or entry.attachments or entry.data):
            self._note("deleted_with_text", "was deleted, and keeps its contents", seq)
        if entry.deleted_at is not None:
            self._emptied[seq] = entry.deleted_at
        else:
            for user_id in set(entry.mentions) - {entry.actor_id}:
                self._mentioned.setdefault(user_id, []).append(seq)
        if entry.edited_at is not None:
            self._shown[seq] = entry.body, entry.edited_at
        self.state.facts[seq] = Facts(entry.actor_id)
        self._wrote[entry.actor_id] = Point(seq, entry.messages)
        self.last_message = seq

    def _take_aimed(self, entry: Entry) -> None:
        seq = target(entry)
        self._aimed.setdefault(seq, []).append(entry)
        if self.state.message(seq) is None:
            return
        if isinstance(entry, MessageEdited):
            self._edits[seq] = entry.body, entry.at
            if entry.body or entry.mentions:
                self._revised_with.add(seq)
        elif isinstance(entry, MessageAnnotated) and entry.attachments:
            self._revised_with.add(seq)
        elif isinstance(entry, MessageDeleted):
            self._deleted.add(seq)
            self._deletions.setdefault(seq, entry.at)

    def _take_erasure(self, entry: MemberLeft) -> None:
        """It deletes all that its person wrote before."""
        self._erased_at[entry.user_id] = entry.seq
        facts = self.state.facts.items()
        self._deleted.update(seq for seq, one in facts if one and one.sender_id == entry.user_id)

    def _note(self, kind: FaultKind, what: str, seq: int) -> None:
        if len(self.faults) < MOST_A_LOG:
            self.faults.append(
                Fault(
                    kind=kind,
                    message=f"Entry {seq} {what}.",
                    conversation_id=self.state.conversation_id,
                    seq=seq,
                )
            )

    # --- what views must say

    @property
    def erased(self) -> AbstractSet[UserId]:
        """Whose accounts were erased from it."""
        return self._erased_at.keys()

    def count_at(self, seq: int) -> int | None:
        """How many messages there were up to a seq; None beyond the head."""
        return self._counts[seq] if 0 <= seq < len(self._counts) else None

    @property
    def touched(self) -> list[int]:
        """The messages that anything is aimed at."""
        return list(self._aimed)

    def aftermath(self, seq: int) -> Aftermath:
        """What became of one of these messages."""
        told = followed(self._aimed[seq])
        if seq in self._deleted or seq in self._emptied:
            return Aftermath({}, False, True, told.changed_seq)
        return Aftermath(told.reactions, seq in self.state.pins, False, told.changed_seq)

    def standing(self, user_id: UserId, mark: Mark) -> Standing:
        """How a member with this mark stands."""
        joined_seq = self.state.members[user_id].joined_seq
        own = [Point(joined_seq, self.count_at(joined_seq) or 0)]
        if user_id in self._wrote:
            own.append(self._wrote[user_id])
        read, messages = position(mark, own)
        return Standing(
            conversation_id=self.state.conversation_id,
            head=self.state.head,
            delivered=max(mark.delivered, read),
            read=read,
            unread=self.state.messages - messages,
            mentions=sum(seq > read for seq in self._mentioned.get(user_id, ())),
        )
