"""The hub: which sockets of this node hear of which conversation, and every committed entry on its way to them.

It follows the bus alone. The journal's state runs ahead of what the bus has brought, so the hub never reads it:
who hears of an entry is decided by the entries delivered before it.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from parley.gateway.connection import Connection
from parley.gateway.offsets import Offsets
from parley.gateway.passed import Passed
from parley.gateway.pushes import (
    BlockPush,
    ContactAdded,
    ContactPush,
    ContactRemoved,
    MePush,
    PresencePush,
    Revoked,
    TypingPush,
)
from parley.gateway.refusals import turned_away
from parley.model.entries import (
    ConversationCreated,
    ConversationDeleted,
    Entry,
    MemberJoined,
    MemberLeft,
    MessageNew,
    people_named,
)
from parley.model.errors import SessionRevoked as SignedOut
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, SessionId, UserId
from parley.model.marks import Receipt
from parley.ports.background import Spawn
from parley.ports.bus import (
    BlockChanged,
    ContactChanged,
    Marked,
    MeChanged,
    PresenceChanged,
    SessionRevoked,
    Signal,
)
from parley.ports.bus import Typing as TypingSignal
from parley.ports.conversations import Conversations, Membership
from parley.ports.log import Log, Record
from parley.socketio.encoding import Encoded
from parley.socketio.errors import TooManyRooms
from parley.socketio.namespace import Namespace

logger = logging.getLogger(__name__)

VIEW_PAUSES: Final = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0)
"""Seconds before a list of memberships that is behind what was delivered is read again."""


class _Room:
    """A conversation that someone here hears of.

    `last` is the seq delivered last, None before the first; until then `floor`, the head that a handshake read,
    stands for it. `waiting` are entries behind a gap, while what is missing before them is being read. `since` is
    the highest seq before which anybody here is sent nothing.
    """

    __slots__ = ("connections", "floor", "last", "since", "waiting")

    def __init__(self, floor: int) -> None:
        self.connections: set[Connection] = set()
        self.last: int | None = None
        self.floor = floor
        self.since = 0
        self.waiting: list[Record] | None = None

    def base(self, seq: int) -> int | None:
        """The seq after which the next one is expected, on the arrival of `seq`; None where any may come.

        An entry at or below the floor may not have been delivered when the handshake read it: it goes out, and
        clients drop what they have.
        """
        if self.last is not None:
            return self.last
        return self.floor if self.floor < seq else None


class Hub:
    """Delivers entries in the bus's order. Membership here changes only by the entries that it delivers."""

    def __init__(
        self,
        *,
        namespace: Namespace,
        views: Conversations,
        log: Log,
        offsets: Offsets,
        spawn: Spawn,
    ) -> None:
        self._namespace = namespace
        self._offsets = offsets
        self._views = views
        self._log = log
        self._spawn = spawn
        self._encode = msgspec.json.Encoder().encode
        self._people: dict[UserId, set[Connection]] = {}
        self.pushes = 0
        """Entries handed to sockets since the process began."""
        self._arriving: set[Connection] = set()
        self._passed = Passed()
        self._latest: tuple[Entry | None, bytes] = None, b""
        self._rooms: dict[ConversationId, _Room] = {}

    # --- sockets ------------------------------------------------------------------------------------------------

    @property
    def people(self) -> int:
        """How many people have sockets on this node."""
        return len(self._people)

    def connections(self, user_id: UserId) -> int:
        """How many sockets a person has on this node."""
        return len(self._people.get(user_id, ()))

    async def welcome(self, connection: Connection) -> None:
        """Let a socket hear of every conversation of its person, from some moment of this call on.

        It is registered before the memberships are read, and what passes meanwhile is applied above the heads that
        the reading reflects: otherwise a join during the query would never be seen.

        Raises:
            Unavailable: The memberships can't be read now, or stay behind what was delivered long ago.
        """
        self._people.setdefault(connection.user_id, set()).add(connection)
        self._arriving.add(connection)
        found = dict(await self._views.memberships(connection.user_id))
        delivered = self._delivered(found)
        pauses = iter(VIEW_PAUSES)
        while any(one in found and found[one].head < seq for one, seq in delivered.items()):
            pause = next(pauses, None)
            if pause is None:
                raise Unavailable("the list of your conversations is behind; try again")
            await asyncio.sleep(pause)
            found = dict(await self._views.memberships(connection.user_id))
        for conversation_id, seq, joined in connection.seen or ():
            if conversation_id not in found or seq > found[conversation_id].head:
                if joined:
                    found[conversation_id] = Membership(seq, seq)
                else:
                    found.pop(conversation_id, None)
        connection.seen = None
        self._arriving.discard(connection)
        for conversation_id, (head, joined_seq) in found.items():
            floor = max(head, self._passed.seq(conversation_id))
            self._enter(connection, conversation_id, floor=floor, since=joined_seq)
        self._passed.arrived(connection, self._arriving)

    def farewell(self, connection: Connection) -> None:
        """Forget a socket that is gone."""
        self._arriving.discard(connection)
        self._passed.arrived(connection, self._arriving)
        mine = self._people.get(connection.user_id)
        if mine is not None:
            mine.discard(connection)
            if not mine:
                del self._people[connection.user_id]
        for conversation_id in connection.conversations:
            room = self._rooms.get(conversation_id)
            if room is not None:
                room.connections.discard(connection)
                self._forget_if_empty(conversation_id, room)
        connection.conversations.clear()

    def end_session(self, user_id: UserId, session_id: SessionId) -> None:
        """End the sockets of a session for good, and say why: their clients don't come back by themselves."""
        revoked = self._namespace.encode("session.revoked", self._encode(Revoked(session_id)))
        refusal = turned_away(SignedOut())
        for connection in list(self._people.get(user_id, ())):
            if connection.session_id == session_id:
                socket = connection.socket
                # As a reply it passes by what is held back, which is given up.
                (socket.reply if socket.holds else socket.push)(revoked)
                socket.disconnect(error=refusal)

    def _delivered(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, int]:
        """What has been delivered by now: a mark that stands still, as a busy conversation does not."""
        rooms = ((one, self._rooms.get(one)) for one in conversation_ids)
        return {one: room.last for one, room in rooms if room is not None and room.last is not None}

    def _enter(
        self, connection: Connection, conversation_id: ConversationId, *, floor: int, since: int
    ) -> None:
        """`since`: what the bus still brings of the time before this person's joining is nothing for them."""
        connection.socket.join(conversation_id)  # first: it is refused past the limit of rooms
        room = self._rooms.get(conversation_id)
        if room is None:
            room = self._rooms[conversation_id] = _Room(floor)
        room.connections.add(connection)
        room.since = max(room.since, since)
        connection.conversations[conversation_id] = since

    def _exit(self, connection: Connection, conversation_id: ConversationId, room: _Room) -> None:
        room.connections.discard(connection)
        connection.conversations.pop(conversation_id, None)
        connection.socket.leave(conversation_id)

    def _forget_if_empty(self, conversation_id: ConversationId, room: _Room) -> None:
        if not room.connections and room.waiting is None:
            del self._rooms[conversation_id]
            self._pass(conversation_id, room.last or 0)

    def _pass(self, conversation_id: ConversationId, seq: int) -> None:
        """The memberships that somebody arrives with may be older, and nothing is to be delivered twice."""
        if self._arriving:
            self._passed.note(conversation_id, seq)

    # --- what the bus brings ----------------------------------------------------------------------------------------

    def on_signal(self, signal: Signal) -> None:
        """Act on what passes by."""
        match signal:
            case SessionRevoked():
                self.end_session(signal.user_id, signal.session_id)
            case Marked():
                self._tell_marks(signal)
            case PresenceChanged():
                self._tell_presence(signal)
            case TypingSignal():
                self._tell_typing(signal)
            case ContactChanged():
                self._tell_contact(signal)
            case BlockChanged():
                push = BlockPush(signal.other_id, signal.blocked)
                self._tell_person(signal.user_id, "block.changed", push)
            case MeChanged():
                self._tell_person(signal.user_id, "me.changed", MePush(signal.me))

    def _tell_marks(self, signal: Marked) -> None:
        conversation_id = signal.receipt.conversation_id
        if conversation_id not in self._rooms:
            return
        if signal.to_members:
            encoded = self._namespace.encode("receipt", self._encode(signal.receipt))
            self._namespace.push(conversation_id, encoded)
            return
        for mark in signal.receipt.marks:
            mine = self._people.get(mark.user_id)
            if mine is None:
                continue
            own = self._encode(Receipt(conversation_id, [mark]))
            encoded = self._namespace.encode("receipt", own)
            for connection in mine:
                if conversation_id in connection.conversations:
                    connection.socket.push(encoded)

    def on_record(self, record: Record) -> None:
        """Deliver an entry, in the order of these calls within its conversation.

        One that comes before what is missing waits for it; the other conversations go on, with void offsets.
        """
        entry = record.entry
        room = self._rooms.get(entry.conversation_id)
        if room is None:
            if isinstance(entry, MessageNew) or not self._concerns_someone_here(entry):
                self._offsets.next(record)
                self._pass(entry.conversation_id, entry.seq)
                return
        elif room.waiting is not None:
            room.waiting.append(record)
            return
        else:
            base = room.base(entry.seq)
            if base is not None:
                if entry.seq <= base:
                    return
                if entry.seq > base + 1:
                    self._wait(room, record, base)
                    return
        self._deliver(record)

    def _concerns_someone_here(self, entry: Entry) -> bool:
        if isinstance(entry, ConversationDeleted):
            return bool(self._arriving)
        return any(user_id in self._people for user_id in people_named(entry))

    def _wait(self, room: _Room, record: Record, base: int) -> None:
        room.waiting = [record]
        self._offsets.missing()
        self._spawn(self._fill(room, record.entry, base))

    async def _fill(self, room: _Room, ahead: Entry, base: int) -> None:
        """Read what is missing before an entry, deliver both, and go on with what came meanwhile."""
        conversation_id = ahead.conversation_id
        try:
            for record in await self._log.read(conversation_id, base, ahead.seq - base - 1):
                self._deliver(record)
        except Unavailable:
            logger.warning("a gap in %s can't be read; its sockets are cut", conversation_id)
            self._cut_room(conversation_id, room)
        except Exception:  # whatever it is, the other conversations go on
            logger.exception("a gap in %s can't be filled; its sockets are cut", conversation_id)
            self._cut_room(conversation_id, room)
        waiting, room.waiting = room.waiting or (), None
        for record in waiting:
            try:
                self.on_record(record)
            except Exception:
                logger.exception("%s behind a gap was not delivered", record.entry.type)
        self._offsets.made_good()
        if self._rooms.get(conversation_id) is room:
            self._forget_if_empty(conversation_id, room)

    def _cut_room(self, conversation_id: ConversationId, room: _Room) -> None:
        for connection in list(room.connections):
            self._cut(connection)
        self._rooms.pop(conversation_id, None)

    def _cut(self, connection: Connection) -> None:
        """Its client comes back by itself and catches up from the log."""
        connection.socket.cut()
        self.farewell(connection)

    def _tell_presence(self, signal: PresenceChanged) -> None:
        self._tell_person(signal.user_id, "presence", PresencePush(signal.people))

    def _tell_contact(self, signal: ContactChanged) -> None:
        if signal.event == "contact.added":
            push: Struct = ContactAdded(signal.other_id)
        elif signal.contact is None:
            push = ContactRemoved(signal.other_id)
        else:
            push = ContactPush(signal.contact)
        self._tell_person(signal.user_id, signal.event, push)

    def _tell_person(self, user_id: UserId, event: str, push: Struct) -> None:
        """To all of a person's devices here."""
        connections = self._people.get(user_id)
        if connections:
            encoded = self._namespace.encode(event, self._encode(push))
            for connection in connections:
                connection.socket.push(encoded)

    def _tell_typing(self, signal: TypingSignal) -> None:
        """To everybody but whoever writes, on whichever device: not by the room, as its buffer is the same for all."""
        room = self._rooms.get(signal.conversation_id)
        if room is not None:
            push = TypingPush(signal.conversation_id, signal.user_id, signal.for_ms)
            encoded = self._namespace.encode("typing", self._encode(push))
            for connection in room.connections:
                if connection.user_id != signal.user_id:
                    connection.socket.push(encoded)

    # --- delivering -------------------------------------------------------------------------------------------------

    def encoded(self, entry: Entry) -> bytes:
        """An entry as JSON. The last one is remembered: the ack to its sender follows its push at once."""
        known, encoded = self._latest
        if entry is not known:
            encoded = self._encode(entry)
            self._latest = entry, encoded
        return encoded

    def _deliver(self, record: Record) -> None:
        entry = record.entry
        conversation_id = entry.conversation_id
        offset = self._offsets.next(record)
        encoded = self._namespace.encode(entry.type, self.encoded(entry), offset)
        if not isinstance(entry, MessageNew):
            self._let_in(entry)
        room = self._rooms.get(conversation_id)
        if room is not None and entry.seq < room.since:
            self._push_to_some(room, entry, encoded)
        else:
            self._namespace.push(conversation_id, encoded)
        if isinstance(entry, MemberLeft | ConversationDeleted):
            self._let_out(entry, encoded)
        if room is not None:
            room.last = entry.seq
            self.pushes += len(room.connections)
            self._forget_if_empty(conversation_id, room)
        else:
            self._pass(conversation_id, entry.seq)

    def _push_to_some(self, room: _Room, entry: Entry, encoded: Encoded) -> None:
        """The log was ahead of the bus: some came in by a list that says what the bus brings after this entry."""
        for connection in room.connections:
            if connection.conversations[entry.conversation_id] <= entry.seq:
                connection.socket.push(encoded)

    def _let_in(self, entry: Entry) -> None:
        """Those whom an entry brings in see that entry."""
        if not isinstance(entry, ConversationCreated | MemberJoined):
            return
        for user_id in people_named(entry):
            for connection in list(self._people.get(user_id, ())):
                if connection.seen is not None:
                    connection.seen.append((entry.conversation_id, entry.seq, True))
                    continue
                try:
                    self._enter(
                        connection, entry.conversation_id, floor=entry.seq - 1, since=entry.seq
                    )
                except TooManyRooms:  # one person's matter: the others hear of the entry
                    logger.warning("%s is in too many conversations for a socket", user_id)
                    self._cut(connection)

    def _let_out(self, entry: MemberLeft | ConversationDeleted, encoded: Encoded) -> None:
        """Those whom an entry takes out have seen it, and see nothing that follows it."""
        room = self._rooms.get(entry.conversation_id)
        if isinstance(entry, ConversationDeleted):
            out = [*(room.connections if room is not None else ()), *self._arriving]
        else:
            out = list(self._people.get(entry.user_id, ()))
        for connection in out:
            if connection.seen is not None:
                connection.seen.append((entry.conversation_id, entry.seq, False))
            elif room is not None and connection in room.connections:
                self._exit(connection, entry.conversation_id, room)
            else:
                connection.socket.push(encoded)
