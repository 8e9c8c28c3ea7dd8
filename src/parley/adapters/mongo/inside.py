"""Where a person is in, and how the log stands there, by readings that together are as good as one.

The person's documents are read before and after everything else. Before an entry about them gets in, theirs is
marked pending; so one that was the same both times held in between, and for any other the log itself is asked.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from parley.adapters.mongo.client import Document
from parley.adapters.mongo.contents import CHANGING, brought_forward
from parley.adapters.mongo.entries import Entries, by_conversation
from parley.adapters.mongo.memberships import Memberships
from parley.adapters.mongo.views import View, Views, activity
from parley.model.ids import ConversationId, UserId
from parley.model.instants import Timestamp
from parley.model.marks import Point
from parley.ports.log import Record


class Standing(Struct, frozen=True):
    """A conversation that a person is in since `joined_seq`, at `head`.

    `applied` is how far the rows' contents are sure to be present.

    `message_seq` is the last message, 0 where there is none; `changing` whether contents changed since `applied`.
    """

    conversation_id: ConversationId
    head: int
    joined_seq: int
    kind: str
    activity: int
    message_seq: int
    applied: int
    changing: bool


class Presented(Struct, frozen=True):
    """What a person did in a conversation: where they came in, what they wrote last.

    `messages` is how many there are up to `head`; the view follows the log up to `applied`, and of the messages after
    that those with the seqs `mentioned` mention them.
    """

    conversation_id: ConversationId
    joined: Point
    wrote: Point
    head: int
    messages: int
    applied: int
    mentioned: Sequence[int]


class Inside:
    def __init__(self, entries: Entries, memberships: Memberships, views: Views) -> None:
        self._entries = entries
        self._memberships = memberships
        self._views = views

    async def of(self, user_id: UserId) -> list[Standing]:
        """Every conversation that this person is in, latest activity first."""
        before = await self._memberships.of(user_id)
        views = await self._views.read(before)
        tails = await self._tails(views)
        after = await self._memberships.of(user_id)
        found = []
        for conversation_id in before.keys() | after.keys():
            tail = tails.get(conversation_id, ())
            now = after.get(conversation_id)
            if (
                now is not None
                and now.still(before.get(conversation_id))
                and not _is_deleted(tail)
                and views[conversation_id].stored
            ):
                standing: Standing | None = _standing(views[conversation_id], now.joined.seq, tail)
            else:
                standing = await self._by_the_log(user_id, conversation_id)
            if standing is not None:
                found.append(standing)
        found.sort(key=lambda standing: standing.activity, reverse=True)
        return found

    async def presented(
        self, user_id: UserId, conversation_ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Presented]:
        """What a person did in those of these conversations that they are in."""
        before = await self._memberships.of(user_id, conversation_ids)
        views = await self._views.read(before)
        tails = await self._tails(views)
        changing = {one: tail[-1]["seq"] for one, tail in tails.items() if _changes(tail)}
        if changing:
            for conversation_id, head in changing.items():
                await self._views.bring_forward(conversation_id, head)
            views = await self._views.read(before)
            tails = await self._tails(views)
        after = await self._memberships.of(user_id, conversation_ids)
        found = {}
        for conversation_id, now in after.items():
            view = views.get(conversation_id)
            if view is None:
                continue
            still = now.still(before.get(conversation_id))
            joined = now.joined if still else await self._joined(user_id, conversation_id)
            if joined is not None:
                tail = tails.get(conversation_id, ())
                found[conversation_id] = _presented(user_id, joined, now.wrote, view, tail)
        return found

    async def writers(
        self, conversation_ids: Sequence[ConversationId]
    ) -> dict[ConversationId, tuple[set[UserId], set[UserId]]]:
        """Who is in these conversations, and who ever wrote in them."""
        tails = await self._tails(await self._views.read(conversation_ids))
        around = await self._memberships.around(conversation_ids)
        return {
            conversation_id: (
                set(people),
                {user_id for user_id, pointer in people.items() if pointer.wrote.seq}
                | {UserId(e["actor_id"]) for e in _messages(tails.get(conversation_id, ()))},
            )
            for conversation_id, people in around.items()
        }

    async def members_among(
        self, user_ids: Sequence[UserId], conversation_ids: Sequence[ConversationId]
    ) -> set[UserId]:
        """Those of these people who are in at least one of these conversations."""
        found: set[UserId] = set()
        around = await self._memberships.around(conversation_ids, user_ids)
        for conversation_id, people in around.items():
            found |= {user_id for user_id, pointer in people.items() if not pointer.pending}
            open_to_question = people.keys() - found
            if open_to_question:
                view = await self._views.latest(conversation_id)
                found |= open_to_question & view.state.members.keys()
        return found

    async def _tails(
        self, views: Mapping[ConversationId, View]
    ) -> Mapping[ConversationId, Sequence[Document]]:
        return await self._entries.outlines(
            {conversation_id: (view.state.head, None) for conversation_id, view in views.items()}
        )

    async def _joined(self, user_id: UserId, conversation_id: ConversationId) -> Point | None:
        """Where somebody came in, as the log says; None where they aren't."""
        member = (await self._views.latest(conversation_id)).state.members.get(user_id)
        if member is None:
            return None
        (joined,) = await self._entries.at(conversation_id, [member.joined_seq])
        return Point(joined.entry.seq, joined.entry.messages)

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
        member = view.state.members.get(user_id)
        if member is None:
            return None
        return Standing(
            conversation_id,
            view.state.head,
            member.joined_seq,
            view.state.kind,
            activity(conversation_id, view.active_at),
            view.message_seq,
            view.stored,
            True,
        )


def _is_deleted(tail: Sequence[Document]) -> bool:
    """Whether the conversation went: the one entry that takes people out without naming them."""
    return any(entry["type"] == "conversation.deleted" for entry in tail)


def _standing(view: View, joined_seq: int, tail: Sequence[Document]) -> Standing:
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
        joined_seq,
        kind,
        activity(state.conversation_id, active_at),
        message_seq,
        state.head,
        _changes(tail),
    )


def _presented(
    user_id: UserId, joined: Point, wrote: Point, view: View, tail: Sequence[Document]
) -> Presented:
    messages = _messages(tail)
    own = [Point(e["seq"], e["messages"]) for e in messages if e["actor_id"] == user_id]
    return Presented(
        view.state.conversation_id,
        joined,
        max([wrote, *own]),
        tail[-1]["seq"] if tail else view.state.head,
        tail[-1]["messages"] if tail else view.state.messages,
        view.state.head,
        [
            e["seq"]
            for e in messages
            if e["actor_id"] != user_id and user_id in e.get("mentions", ())
        ],
    )


def _changes(tail: Sequence[Document]) -> bool:
    return any(entry["type"] in CHANGING for entry in tail)


def _messages(tail: Sequence[Document]) -> list[Document]:
    return [entry for entry in tail if entry["type"] == "message.new"]
