"""Moving to another store: everything is copied, and both are compared; clients just go on from their cursors."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from parley.model.contacts import ContactStatus, Pair
from parley.model.entries import Entry, MessageNew, people_named
from parley.model.ids import ConversationId, SessionId, UserId
from parley.model.marks import Mark
from parley.model.presence import Kept
from parley.model.rooms import room_key
from parley.ports.accounts import AccountStore
from parley.ports.blocks import BlockStore
from parley.ports.contacts import ContactStore
from parley.ports.erasures import ErasureStore
from parley.ports.log import Log, Record
from parley.ports.marks import MarkStore, Move
from parley.ports.preferences import PreferenceStore
from parley.ports.presence import PresenceStore, Sighting
from parley.ports.rooms import RoomStore
from parley.ports.sessions import SessionStore
from parley.ports.transfer import Catalogue, Intake, Kind

TOGETHER: Final = 500
KINDS: Final[Sequence[Kind]] = ("accounts", "sessions", "conversations", "entries")
STATUSES: Final[Sequence[ContactStatus]] = ("accepted", "outgoing", "incoming")

Progress = Callable[[int], None]
"""Told how many more entries were copied or found to be there."""


class Side(Struct, frozen=True, kw_only=True):
    """One of the two stores."""

    catalogue: Catalogue
    log: Log
    accounts: AccountStore
    sessions: SessionStore
    marks: MarkStore
    presence: PresenceStore
    rooms: RoomStore
    preferences: PreferenceStore
    contacts: ContactStore
    blocks: BlockStore
    erasures: ErasureStore


class Line(Struct, frozen=True):
    """How many of a kind there are on both sides."""

    kind: Kind
    source: int
    target: int

    @property
    def agrees(self) -> bool:
        return self.source == self.target


class Migration:
    """From a store that nobody writes meanwhile, into one that is empty or that an earlier run has begun to fill."""

    def __init__(self, source: Side, target: Side, intake: Intake) -> None:
        self._source = source
        self._target = target
        self._intake = intake

    async def run(self, progress: Progress) -> list[Line]:
        """Copy what is not there yet, and count both sides. It may be ended anywhere and run again.

        Raises:
            NotForThis: The target holds something else.
            Unavailable: One of the stores does not answer; run it again.
        """
        completed = await self._intake.begin(await self._source.log.identity())
        async for user_id in self._ids("accounts"):
            await self._account(UserId(user_id))
        for erasure in await self._source.erasures.pending():
            # What is to be erased there is to be erased here; the target's first node carries it on.
            begun_ms = erasure.begun_ms
            await self._target.erasures.begin(erasure.user_id, begun_ms, begun_ms)
        async for session_id in self._ids("sessions"):
            await self._session(SessionId(session_id))
        async for conversation_id in self._ids("conversations"):
            await self._conversation(ConversationId(conversation_id), completed, progress)
        lines = await self.compared()
        if all(line.agrees for line in lines):
            await self._intake.finish()
        return lines

    async def compared(self) -> list[Line]:
        """Both sides' counts. The numbers of a log have no holes, so equal counts mean equal logs."""
        return [
            Line(
                kind,
                await self._source.catalogue.count(kind),
                await self._target.catalogue.count(kind),
            )
            for kind in KINDS
        ]

    async def _ids(
        self, kind: Literal["accounts", "sessions", "conversations"]
    ) -> AsyncIterator[str]:
        after = ""
        while found := await self._source.catalogue.ids(kind, after, TOGETHER):
            for one in found:
                yield one
            after = found[-1]

    async def _account(self, user_id: UserId) -> None:
        account = await self._source.accounts.get(user_id)
        if account is None:
            return
        if not await self._target.accounts.existing([user_id]):
            await self._target.accounts.create(account)
        await self._lists(user_id)
        kept = (await self._source.presence.get([user_id]))[user_id]
        if kept != Kept():
            await self._target.presence.choose(user_id, kept.chosen)
            sighting = Sighting(connected=False, seen_ms=kept.last_seen_ms)
            await self._target.presence.note({user_id: sighting})

    async def _lists(self, user_id: UserId) -> None:
        """Whom they keep as contacts or asked, and whom they have blocked; what two have of each other comes once."""
        source, target = self._source, self._target
        for status in STATUSES:
            after = ""
            while found := await source.contacts.page(user_id, status, after, TOGETHER):
                for contact in found:
                    pair = await source.contacts.pair(user_id, contact.user_id)
                    await target.contacts.replace(user_id, contact.user_id, Pair(), pair)
                after = found[-1].user_id
        after = ""
        while blocks := await source.blocks.page(user_id, after, TOGETHER):
            for block in blocks:
                await target.blocks.put(user_id, block)
            after = blocks[-1].user_id

    async def _session(self, session_id: SessionId) -> None:
        session = await self._source.sessions.get(session_id)
        if session is not None and await self._target.sessions.get(session_id) is None:
            await self._target.sessions.create(session)

    async def _conversation(
        self, conversation_id: ConversationId, completed: ConversationId, progress: Progress
    ) -> None:
        people: set[UserId] = set()
        head = 0
        while records := await self._source.log.read(conversation_id, head, TOGETHER):
            head = records[-1].entry.seq
            if conversation_id > completed:
                originals = await self._originals(conversation_id, records)
                changed = await self._changed(conversation_id, records)
                await self._intake.take(conversation_id, records, originals, changed)
                people |= _people(record.entry for record in records)
            progress(len(records))
        if conversation_id > completed:
            await self._beside(conversation_id, sorted(people))
            await self._intake.complete(conversation_id, head)

    async def _originals(
        self, conversation_id: ConversationId, records: Iterable[Record]
    ) -> dict[int, str]:
        """The first bodies of the messages that were edited."""
        originals = {}
        for entry in (record.entry for record in records):
            if isinstance(entry, MessageNew) and entry.edited_at and not entry.deleted_at:
                body = await self._source.log.original(conversation_id, entry.seq)
                if body is not None:
                    originals[entry.seq] = body
        return originals

    async def _changed(
        self, conversation_id: ConversationId, records: Iterable[Record]
    ) -> dict[int, int]:
        """The last entries that are aimed at messages."""
        messages = [record.entry.seq for record in records if isinstance(record.entry, MessageNew)]
        _, became = await self._source.log.aftermaths(conversation_id, messages)
        return {seq: aftermath.changed_seq for seq, aftermath in became.items()}

    async def _beside(self, conversation_id: ConversationId, people: Sequence[UserId]) -> None:
        """What is kept beside a log: marks, preferences, the claim on a room's name."""
        source, target = self._source, self._target
        marks = await source.marks.of(conversation_id, people)
        moves = [Move(conversation_id, one, mark) for one, mark in marks.items() if mark != Mark()]
        if moves:
            await target.marks.advance(moves)
        for user_id in people:
            kept = (await source.preferences.of(user_id, [conversation_id])).get(conversation_id)
            if kept is not None:
                await target.preferences.change(
                    user_id, conversation_id, muted=kept.muted, archived=kept.archived
                )
        name = (await source.log.load(conversation_id)).name
        claim = await source.rooms.claimed(room_key(name)) if name else None
        if claim is not None and claim.conversation_id == conversation_id:
            await target.rooms.claim(claim)


def _people(entries: Iterable[Entry]) -> set[UserId]:
    return {user_id for entry in entries for user_id in (entry.actor_id, *people_named(entry))}
