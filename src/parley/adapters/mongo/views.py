"""One document a conversation that follows its log: everything that the rules need of it but its members.

Messages change nothing in it but counters, so they don't write it: it is brought forward once a second, and with
every other entry before that is answered. `applied_seq` says how far it follows; whoever reads it reads the entries
after that too. It is replaced by comparing `applied_seq`, so any node may bring it forward.
"""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from parley.adapters.mongo.aims import Aims
from parley.adapters.mongo.client import (
    Database,
    Document,
    translated,
    write_all,
)
from parley.adapters.mongo.contents import Contents
from parley.adapters.mongo.documents import free, thawed
from parley.adapters.mongo.entries import Entries
from parley.adapters.mongo.memberships import Memberships
from parley.adapters.mongo.mentions import Mentions
from parley.adapters.mongo.reactions import Reactions
from parley.model.conversations import Ban, State, apply, follow_bans
from parley.model.entries import (
    ConversationCreated,
    Entry,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageNew,
    people_named,
)
from parley.model.ids import ConversationId, UserId
from parley.model.instants import BEGINNING, Timestamp, milliseconds
from parley.model.marks import Point
from parley.model.rooms import directory_key, room_key

TOGETHER = 500
"""So many views are written in one bulk."""

FAR_BEHIND = 200
"""A view that was found to be so many entries behind is brought forward: whoever should have done it is gone."""

_TIE_BITS = 20


@dataclass(slots=True)
class View:
    """`state` without its members; `stored` is the document's `applied_seq`.

    `unapplied` are the entries up to the state's head whose effects on other documents may be missing; `wrote` where
    people wrote last, as far as that may be missing. `member_count` is as of `stored`. Up to `present` the rows of
    messages need no change.
    """

    state: State
    member_count: int = 0
    active_at: Timestamp = BEGINNING
    message_seq: int = 0
    stored: int = 0
    present: int = 0
    unapplied: list[Entry] = field(default_factory=list)
    wrote: dict[UserId, Point] = field(default_factory=dict)

    def follow(self, entry: Entry) -> None:
        """Bring the view from `entry.seq - 1` to `entry.seq`."""
        state = self.state
        if isinstance(entry, MemberJoined | MemberLeft | MemberChanged):
            state.head, state.at, state.messages = entry.seq, entry.at, entry.messages
            follow_bans(state, entry)
        else:
            apply(state, entry)
        if isinstance(entry, MessageNew):
            self.active_at, self.message_seq = entry.at, entry.seq
            self.wrote[entry.actor_id] = Point(entry.seq, entry.messages)
        elif isinstance(entry, ConversationCreated):
            self.active_at = entry.at
            state.members.clear()
        if not isinstance(entry, MessageNew) or entry.mentions:
            self.unapplied.append(entry)


def activity(conversation_id: ConversationId, active_at: Timestamp) -> int:
    """What orders people's lists: milliseconds, and 20 bits of the conversation to tell those of one instant apart."""
    tie = zlib.crc32(conversation_id.encode()) >> (32 - _TIE_BITS)
    return milliseconds(active_at) << _TIE_BITS | tie


class Views:
    """Reads views, and brings them forward by what this node appended or finds in the log."""

    def __init__(
        self,
        database: Database,
        entries: Entries,
        memberships: Memberships,
        aims: Aims,
        mentions: Mentions,
        *,
        reactions: Reactions,
        most_known: int = 20_000,
    ) -> None:
        self._database = database
        self._documents = database.collection("conversations")
        self._entries = entries
        self._aims = aims
        self._reactions = reactions
        self.contents = Contents(entries, aims, mentions)
        self._memberships = memberships
        self._most_known = most_known
        self._known: OrderedDict[ConversationId, View] = OrderedDict()
        self._dirty: dict[ConversationId, int] = {}
        self._locks: WeakValueDictionary[ConversationId, asyncio.Lock] = WeakValueDictionary()

    # --- reading ------------------------------------------------------------------------------------------------

    async def applied(self, conversation_id: ConversationId) -> int:
        """How far the document follows the log."""
        with translated():
            found = await self._documents.find_one({"_id": conversation_id}, {"applied_seq": 1})
        return int(found["applied_seq"]) if found else 0

    async def kept(self, conversation_id: ConversationId) -> View:
        """The view as it is kept; an empty one where there is none."""
        return (await self.read([conversation_id]))[conversation_id]

    async def read(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, View]:
        """The views as they are kept; an empty one where there is none."""
        wanted = list(conversation_ids)
        found = {conversation_id: View(State(conversation_id)) for conversation_id in wanted}
        with translated():
            async for document in self._documents.find({"_id": {"$in": wanted}}):
                found[document["_id"]] = view_of(document)
        return found

    async def latest(self, conversation_id: ConversationId) -> View:
        """The view after every entry that is in, with its members."""
        view = await self.kept(conversation_id)
        members = State(conversation_id, members=await self._memberships.members(conversation_id))
        for record in await self._entries.after(conversation_id, view.state.head):
            # The members may be ahead of the view already; applied once more, each ends as the last entry says.
            apply(members, record.entry)
            view.follow(record.entry)
        state = view.state
        state.members = members.members
        if state.head and state.kind == "group" and not state.members:
            state.deleted = True
        if state.head - view.stored > FAR_BEHIND:
            self._dirty[conversation_id] = max(state.head, self._dirty.get(conversation_id, 0))
        return view

    # --- following the log ------------------------------------------------------------------------------------------

    def appended(
        self, conversation_id: ConversationId, entries: Sequence[Entry], *, present: bool = False
    ) -> None:
        """Take note of what this node got in; `bring_forward` or the next `flush` writes it.

        `present`: the rows have their present contents already, as those of a store that was copied do.
        """
        if not entries:
            return
        self._dirty[conversation_id] = max(entries[-1].seq, self._dirty.get(conversation_id, 0))
        view = self._known.get(conversation_id)
        if view is None and entries[0].seq == 1:
            view = View(State(conversation_id))
            self._know(conversation_id, view)
        if view is None:
            return
        if view.state.head != entries[0].seq - 1:
            del self._known[conversation_id]
            return
        self._known.move_to_end(conversation_id)
        for entry in entries:
            view.follow(entry)
        if present:
            view.present = view.state.head

    async def bring_forward(self, conversation_id: ConversationId, seq: int) -> None:
        """Return once the view, the members and the contents follow the log up to this seq at least."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            view = self._known.get(conversation_id)
            if view is None or view.state.head < seq:
                view = await self._found(conversation_id)
            while not await self._written(conversation_id, view):
                view = await self._found(conversation_id)

    async def flush(self) -> None:
        """Write every view that lags behind what this node knows."""
        plain, others = [], []
        for conversation_id, seq in list(self._dirty.items()):
            view = self._known.get(conversation_id)
            if view is None or view.unapplied or not view.stored or view.state.head < seq:
                others.append((conversation_id, seq))
            else:
                plain.append((conversation_id, view))
        for start in range(0, len(plain), TOGETHER):
            chunk = plain[start : start + TOGETHER]
            if not await self._write_together(chunk):
                others += [(conversation_id, view.state.head) for conversation_id, view in chunk]
        for conversation_id, seq in others:
            await self.bring_forward(conversation_id, seq)

    async def _written(self, conversation_id: ConversationId, view: View) -> bool:
        """Write a view, and before it what its entries changed elsewhere; False where another node was faster."""
        head, stored = view.state.head, view.stored
        if head > stored:
            document, effects = _document(view), list(view.unapplied)
            count = document["member_count"] = await self._counted(view, effects)
            await self._memberships.follow(effects)
            await self._aims.follow(effects)
            present = [entry for entry in effects if entry.seq <= view.present]
            await self._reactions.put(present)
            await self.contents.mention(present)
            later = effects[len(present) :]
            await self._reactions.follow(later)
            for entry in later:
                await self.contents.follow(entry)
            wrote = dict(view.wrote)
            await self._memberships.wrote({conversation_id: wrote})
            if not await self._replace(conversation_id, stored, document):
                return False
            view.stored, view.member_count = max(view.stored, head), count
            del view.unapplied[: len(effects)]
            _forget_wrote(view, wrote)
        self._clean(conversation_id, head)
        return True

    async def _counted(self, view: View, effects: Sequence[Entry]) -> int:
        """How many members there are after these entries; to join twice, or leave where one isn't, counts nothing."""
        named = {user_id for entry in effects for user_id in people_named(entry)}
        if not named:
            return view.member_count
        conversation_id = view.state.conversation_id
        known = await self._memberships.around([conversation_id], list(named))
        inside = {
            user_id: pointer.inside
            for user_id, pointer in known.get(conversation_id, {}).items()
            if pointer.seq <= view.stored  # else somebody has applied these entries already
        }
        count = view.member_count
        for entry in effects:
            joins = not isinstance(entry, MemberLeft)
            for user_id in people_named(entry):
                count += (1 if joins else -1) * (inside.get(user_id) is not joins)
                inside[user_id] = joins
        return count

    async def _found(self, conversation_id: ConversationId) -> View:
        """The view as it is kept and, in memory, what the log has after it."""
        await self._database.confirm(conversation_id)
        view = await self.kept(conversation_id)
        for record in await self._entries.after(conversation_id, view.state.head):
            view.follow(record.entry)
        self._know(conversation_id, view)
        return view

    async def _replace(
        self, conversation_id: ConversationId, stored: int, document: Document
    ) -> bool:
        with translated():
            if stored:
                result = await self._documents.update_one(
                    {"_id": conversation_id, "applied_seq": stored}, {"$set": document}
                )
                return result.matched_count == 1
            try:
                await self._documents.insert_one({"_id": conversation_id, **document})
            except DuplicateKeyError:
                return False
        return True

    async def _write_together(self, views: Sequence[tuple[ConversationId, View]]) -> bool:
        heads = [view.state.head for _, view in views]
        wrote = {conversation_id: dict(view.wrote) for conversation_id, view in views}
        writes = [
            UpdateOne(
                {"_id": conversation_id, "applied_seq": view.stored}, {"$set": _document(view)}
            )
            for conversation_id, view in views
        ]
        await self._memberships.wrote(wrote)
        if await write_all(self._documents, writes, ordered=False) != len(writes):
            return False
        for (conversation_id, view), head in zip(views, heads, strict=True):
            view.stored = max(view.stored, head)
            _forget_wrote(view, wrote[conversation_id])
            self._clean(conversation_id, head)
        return True

    def _clean(self, conversation_id: ConversationId, seq: int) -> None:
        if self._dirty.get(conversation_id, 0) <= seq:
            self._dirty.pop(conversation_id, None)

    def _know(self, conversation_id: ConversationId, view: View) -> None:
        """Keep a view in memory, and forget the one longest out of use; nothing is lost with it."""
        self._known[conversation_id] = view
        if len(self._known) > self._most_known:
            self._known.popitem(last=False)


def _forget_wrote(view: View, written: Mapping[UserId, Point]) -> None:
    """Forget what was written, and nothing that came meanwhile."""
    view.wrote = {
        user_id: point for user_id, point in view.wrote.items() if written.get(user_id) != point
    }


def _document(view: View) -> Document:
    state = view.state
    listed = state.exists and state.kind == "room"
    name = state.name or ""
    return {
        "applied_seq": state.head,
        "messages": state.messages,
        "at": state.at,
        "kind": state.kind,
        "name": state.name,
        "topic": state.topic,
        "avatar": state.avatar,
        "data": None if state.data is None else free(state.data),
        "created_at": state.created_at,
        "deleted": state.deleted,
        "pins": {str(seq): user_id for seq, user_id in state.pins.items()},
        "bans": [
            {"user_id": user_id, "actor_id": ban.actor_id, "at": ban.at}
            for user_id, ban in state.banned.items()
        ],
        "active_at": view.active_at,
        "message_seq": view.message_seq,
        "member_count": view.member_count,
        "name_key": room_key(name) if listed else None,
        "directory_key": directory_key(name, state.conversation_id) if listed else None,
    }


def view_of(document: Document) -> View:
    """The view that a document keeps."""
    state = State(
        conversation_id=document["_id"],
        head=document["applied_seq"],
        messages=document["messages"],
        at=document["at"],
        kind=document["kind"],
        name=document["name"],
        topic=document["topic"],
        avatar=document["avatar"],
        data=None if document["data"] is None else thawed(document["data"]),
        created_at=document["created_at"],
        deleted=document["deleted"],
        pins={int(seq): user_id for seq, user_id in document["pins"].items()},
        banned={
            UserId(ban["user_id"]): Ban(UserId(ban["actor_id"]), ban["at"])
            for ban in document.get("bans", ())
        },
    )
    return View(
        state,
        active_at=document["active_at"],
        message_seq=document["message_seq"],
        member_count=document["member_count"],
        stored=state.head,
    )
