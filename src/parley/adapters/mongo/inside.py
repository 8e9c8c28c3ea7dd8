"""Where a person is in, and how the log stands there, by readings that together are as good as one.

The person's documents are read before and after everything else. Before an entry about them gets in, theirs is
marked pending; so one that was the same both times held in between, and for any other the log itself is asked.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from parley.adapters.mongo.client import Document
from parley.adapters.mongo.contents import CHANGING, brought_forward
from parley.adapters.mongo.entries import Entries, by_conversation
from parley.adapters.mongo.memberships import Memberships
from parley.adapters.mongo.views import View, Views, activity
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.ports.log import Record


class Standing(Struct, frozen=True):
    """A conversation that a person is in, at `head`. `applied` is how far the rows' contents are sure to be present.

    `message_seq` is the last message, 0 where there is none; `changing` whether contents changed since `applied`.
    """

    conversation_id: ConversationId
    head: int
    kind: str
    activity: int
    message_seq: int
    applied: int
    changing: bool


class Inside:
    def __init__(self, entries: Entries, memberships: Memberships, views: Views) -> None:
        self._entries = entries
        self._memberships = memberships
        self._views = views

    async def of(self, user_id: UserId) -> list[Standing]:
        """Every conversation that this person is in, latest activity first."""
        before = await self._memberships.of(user_id)
        views = await self._views.read(before)
        tails = await self._entries.outlines(
            {conversation_id: (view.state.head, None) for conversation_id, view in views.items()}
        )
        after = await self._memberships.of(user_id)
        found = []
        for conversation_id in before.keys() | after.keys():
            held = before.get(conversation_id)
            tail = tails.get(conversation_id, ())
            still = held is not None and held == after.get(conversation_id) and not held.pending
            if still and not _is_deleted(tail) and views[conversation_id].stored:
                standing: Standing | None = _standing(views[conversation_id], tail)
            else:
                standing = await self._by_the_log(user_id, conversation_id)
            if standing is not None:
                found.append(standing)
        found.sort(key=lambda standing: standing.activity, reverse=True)
        return found

    async def present(
        self, records: Iterable[Record], standings: Iterable[Standing]
    ) -> list[Record]:
        """Records of these conversations with their present content, each conversation's in their order."""
        standing = {one.conversation_id: one for one in standings}
        present: list[Record] = []
        for conversation_id, kept in by_conversation(records).items():
            if standing[conversation_id].changing:
                changes = await self._entries.of_types(
                    conversation_id, {"$gt": standing[conversation_id].applied}, CHANGING
                )
                kept = brought_forward(kept, changes)  # noqa: PLW2901  # the same ones, brought forward
            present += kept
        return present

    async def _by_the_log(
        self, user_id: UserId, conversation_id: ConversationId
    ) -> Standing | None:
        view = await self._views.latest(conversation_id)
        if user_id not in view.state.members:
            return None
        return Standing(
            conversation_id,
            view.state.head,
            view.state.kind,
            activity(conversation_id, view.active_at),
            view.message_seq,
            view.stored,
            True,
        )


def _is_deleted(tail: Sequence[Document]) -> bool:
    """Whether the conversation went: the one entry that takes people out without naming them."""
    return any(entry["type"] == "conversation.deleted" for entry in tail)


def _standing(view: View, tail: Sequence[Document]) -> Standing:
    state = view.state
    kind, active_at, message_seq = state.kind, view.active_at, view.message_seq
    for entry in tail:
        if entry["type"] in ("message.new", "conversation.created"):
            active_at = Timestamp(entry["at"])
        if entry["type"] == "message.new":
            message_seq = entry["seq"]
    return Standing(
        state.conversation_id,
        tail[-1]["seq"] if tail else state.head,
        kind,
        activity(state.conversation_id, active_at),
        message_seq,
        state.head,
        any(entry["type"] in CHANGING for entry in tail),
    )
