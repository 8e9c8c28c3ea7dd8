"""Inspection: every log is told again, and everything that follows the logs is compared with it."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, Literal

from msgspec import DecodeError, Struct

from parley.journal.commands import Digester
from parley.model.accounts import folded
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.inspection import Fault, FaultKind, Retold
from parley.model.marks import Mark
from parley.model.rooms import Room, directory_key, room_key
from parley.model.validation import Misshapen
from parley.ports.accounts import AccountStore
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.integrity import Integrity
from parley.ports.log import Log, Record
from parley.ports.marks import MarkStore
from parley.ports.rooms import RoomStore
from parley.ports.transfer import Catalogue

logger = logging.getLogger(__name__)

TOGETHER: Final = 500
ROUNDS: Final = 3
"""What is written while it is read may look wrong once; what looks wrong three times is."""

STATE: Final = (
    *("head", "messages", "at", "kind", "name", "topic", "avatar", "data", "created_at"),
    *("deleted", "members", "pins", "banned"),
)
"""What of a conversation's state is kept; the rest is only remembered."""

MOST_FAULTS: Final = 1_000
"""More are counted, and not told."""

Report = Callable[[str, int, int], None]
"""Told what goes on, how much of it is done, and of how much."""


class Inspected(Struct, frozen=True, kw_only=True):
    """What was looked at, and the faults that were found: the first of them, and how many there are."""

    accounts: int
    conversations: int
    entries: int
    faults: list[Fault]
    count: int


class Inspection:
    """Reads through the same ports as everybody; a server may write meanwhile."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        integrity: Integrity,
        log: Log,
        views: Conversations,
        marks: MarkStore,
        rooms: RoomStore,
        accounts: AccountStore,
        erasures: ErasureStore,
    ) -> None:
        self._catalogue = catalogue
        self._integrity = integrity
        self._log = log
        self._views = views
        self._marks = marks
        self._rooms = rooms
        self._accounts = accounts
        self._erasures = erasures

    async def run(self, report: Report) -> Inspected:
        """Look at everything.

        Raises:
            Unavailable: The store can't be read.
        """
        identity = await self._log.identity()
        return await _Run(self, Digester(identity.digest_key), report).run()

    async def conversation(
        self, conversation_id: ConversationId, digester: Digester
    ) -> tuple[Retold, list[Fault]]:
        """A log told again, and what is wrong with it or with what is kept beside it."""
        retold, faults = await self._looked_at(conversation_id, digester)
        for _ in range(ROUNDS):
            if not faults:
                break
            retold, faults = await self._looked_at(conversation_id, digester)
        state = retold.state
        if faults and not retold.faults and await self._log.read(conversation_id, state.head, 1):
            return (
                retold,
                [],
            )  # it never stood still, and what is kept beside it has a right to be ahead
        return retold, faults

    async def _looked_at(
        self, conversation_id: ConversationId, digester: Digester
    ) -> tuple[Retold, list[Fault]]:
        retold = Retold(conversation_id, digester)
        try:
            await self._retell(retold)
            return retold, retold.faults or [
                *await self._state(retold),
                *await self._aftermaths(retold),
                *await self._of_members(retold),
                *await self._claim(retold),
            ]
        except Misshapen:
            return retold, retold.faults
        except Exception as error:
            message = f"What is kept beside it can't be read: {_damage(error)}."
            retold.faults.append(_fault("unreadable", message, conversation_id))
            return retold, retold.faults

    async def _retell(self, retold: Retold) -> None:
        state = retold.state
        settled, _ = await self._log.aftermaths(state.conversation_id, ())
        while records := await self._read(retold):
            for record in records:
                retold.take(record.entry, record.digest)
        for seq in retold.edited:
            retold.sent_with(seq, await self._log.original(state.conversation_id, seq))
        retold.end(settled)

    async def _read(self, retold: Retold) -> Sequence[Record]:
        """The next records; of those among which one can't be read, that one is named.

        Raises:
            Misshapen: It is the next one.
        """
        state = retold.state
        conversation_id, head = state.conversation_id, state.head
        try:
            return await self._log.read(conversation_id, head, TOGETHER)
        except Exception as error:
            logger.debug("some entries can't be read", exc_info=error)
            _damage(error)
        try:
            return await self._log.read(conversation_id, head, 1)
        except Exception as error:
            message = f"Entry {head + 1} can't be read: {_damage(error)}."
            retold.faults.append(
                Fault(
                    kind="unreadable",
                    message=message,
                    conversation_id=conversation_id,
                    seq=head + 1,
                )
            )
            raise Misshapen from error

    async def _state(self, retold: Retold) -> list[Fault]:
        kept = await self._log.load(retold.state.conversation_id)
        if kept == retold.state:
            return []
        differ = [name for name in STATE if getattr(kept, name) != getattr(retold.state, name)]
        message = f"The views differ from the log in: {', '.join(differ)}."
        return [_fault("state_differs", message, kept.conversation_id)]

    async def _aftermaths(self, retold: Retold) -> list[Fault]:
        faults = []
        conversation_id = retold.state.conversation_id
        for begin in range(0, len(retold.touched), TOGETHER):
            some = retold.touched[begin : begin + TOGETHER]
            _, kept = await self._log.aftermaths(conversation_id, some)
            for seq in some:
                if kept.get(seq) != retold.aftermath(seq):
                    message = f"What became of message {seq} is kept otherwise than the log says."
                    faults.append(
                        Fault(
                            kind="aftermath_differs",
                            message=message,
                            conversation_id=conversation_id,
                            seq=seq,
                        )
                    )
        return faults

    async def _of_members(self, retold: Retold) -> list[Fault]:
        faults = []
        conversation_id = retold.state.conversation_id
        members = sorted(retold.state.members)
        for begin in range(0, len(members), TOGETHER):
            some = members[begin : begin + TOGETHER]
            marks = await self._marks.of(conversation_id, some)
            for user_id in some:
                mark = marks.get(user_id, Mark())
                faults += _mark(retold, user_id, mark) or await self._standing(
                    retold, user_id, mark
                )
        return faults

    async def _standing(self, retold: Retold, user_id: UserId, mark: Mark) -> list[Fault]:
        """Marks move without entries: what differs is a fault only if the mark stood still around it."""
        conversation_id = retold.state.conversation_id
        moved = True
        while moved:
            kept = (await self._marks.standings(user_id, [conversation_id])).get(conversation_id)
            if kept == retold.standing(user_id, mark):
                return []
            again = (await self._marks.of(conversation_id, [user_id])).get(user_id, Mark())
            moved, mark = again != mark, again
        message = f"What {user_id} has not read, or is mentioned in, is counted otherwise than the log says."
        return [_fault("standing_differs", message, conversation_id)]

    async def _claim(self, retold: Retold) -> list[Fault]:
        state = retold.state
        if state.kind != "room" or not state.exists or state.name is None:
            return []
        claim = await self._rooms.claimed(room_key(state.name))
        if claim is not None and claim.conversation_id == state.conversation_id:
            return []
        message = f"The name of this room, {state.name}, is not claimed for it."
        return [_fault("name_not_claimed", message, state.conversation_id)]

    async def several(
        self, kind: Literal["accounts", "conversations"]
    ) -> AsyncIterator[Sequence[str]]:
        """All ids of a kind, some at once."""
        after = ""
        while found := await self._catalogue.ids(kind, after, TOGETHER):
            yield found
            after = found[-1]

    async def ids(self, kind: Literal["accounts", "conversations"]) -> AsyncIterator[str]:
        """All ids of a kind."""
        async for found in self.several(kind):
            for one in found:
                yield one

    async def accounts(self, user_ids: Sequence[UserId]) -> list[Fault]:
        """Whether these can be read, and are found by their names."""
        try:
            kept = await self._accounts.several(user_ids)
        except Exception as error:
            if len(user_ids) > 1:  # which one is it?
                return [fault for one in user_ids for fault in await self.accounts([one])]
            message = f"The account of {user_ids[0]} can't be read: {_damage(error)}."
            return [Fault(kind="unreadable", message=message)]
        found = await self._accounts.named([one.username for one in kept.values() if one.username])
        return [
            Fault(
                kind="account_differs",
                message=f"The account of {account.user_id} is not found by its username.",
            )
            for account in kept.values()
            if account.username and found.get(folded(account.username)) != account.user_id
        ]

    async def is_going(self, user_id: UserId) -> bool:
        """Whether somebody's account is being erased, or there after all."""
        pending = {erasure.user_id for erasure in await self._erasures.pending()}
        return user_id in pending or bool(await self._accounts.existing([user_id]))

    async def total(self) -> int:
        """How many entries there are."""
        return await self._catalogue.count("entries")

    async def beneath(self) -> Sequence[Fault]:
        """What the store finds wrong with itself."""
        return await self._integrity.faults()

    async def rooms_listed(self) -> AsyncIterator[tuple[Room, bool]]:
        """The whole directory; of each room, whether it is listed where its name belongs."""
        after = ""
        while page := await self._rooms.page("", after, TOGETHER):
            before = after
            for room in page:
                key = directory_key(room.name, room.conversation_id)
                yield room, key > after
                after = max(key, after)
            if after == before:
                return  # behind where they belong, these would come for ever

    async def memberships(self, user_id: UserId) -> set[ConversationId]:
        """What the view says that somebody is in."""
        return set(await self._views.memberships(user_id))

    async def last_listed(self, user_id: UserId) -> AsyncIterator[tuple[ConversationId, int]]:
        """Of each conversation in somebody's list, the seq of the last message that it shows."""
        before = None
        while page := await self._views.listed(user_id, kind=None, before=before, limit=TOGETHER):
            for one in page:
                yield one.conversation_id, 0 if one.last_message is None else one.last_message.seq
            before = page[-1].activity


class _Run:
    """One inspection: what the logs said, to compare with what is kept by person and for all."""

    def __init__(self, inspection: Inspection, digester: Digester, report: Report) -> None:
        self._inspection = inspection
        self._digester = digester
        self._report = report
        self._faults: list[Fault] = []
        self._count = 0
        self._accounts = 0
        self._conversations = 0
        self._entries = 0
        self._erased: set[UserId] = set()
        self._holders: set[UserId] = set()
        self._inside: dict[UserId, set[ConversationId]] = {}
        self._last: dict[ConversationId, int] = {}
        self._rooms: dict[ConversationId, Room] = {}

    async def run(self) -> Inspected:
        try:
            self._note(await self._inspection.beneath())
        except Unavailable as error:
            message = f"What the store says of itself can't be read: {_damage(error)}."
            self._note([Fault(kind="unreadable", message=message)])
        # Of a damaged file nothing that is read can be believed.
        if not any(fault.kind == "file_damaged" for fault in self._faults):
            await self._look()
        return Inspected(
            accounts=self._accounts,
            conversations=self._conversations,
            entries=self._entries,
            faults=self._faults,
            count=self._count,
        )

    async def _look(self) -> None:
        stages = {
            "The list of conversations": self._all_conversations,
            "An account": self._all_accounts,
            "What a person is in": self._people,
            "The directory of rooms": self._directory,
        }
        for what, stage in stages.items():
            try:
                await stage()
            except Exception as error:  # one damaged row must not hide what else there is
                message = f"{what} can't be read: {_damage(error)}."
                self._note([Fault(kind="unreadable", message=message)])

    async def _all_conversations(self) -> None:
        total = await self._inspection.total()
        async for conversation_id in self._inspection.ids("conversations"):
            self._conversations += 1
            await self._conversation(ConversationId(conversation_id))
            self._report("entries", self._entries, total)

    def _note(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._count += 1
            if len(self._faults) < MOST_FAULTS:
                self._faults.append(fault)

    async def _conversation(self, conversation_id: ConversationId) -> None:
        retold, faults = await self._told(conversation_id)
        self._note(faults)
        self._entries += retold.state.head
        self._remember(retold)

    async def _told(self, conversation_id: ConversationId) -> tuple[Retold, list[Fault]]:
        return await self._inspection.conversation(conversation_id, self._digester)

    def _remember(self, retold: Retold) -> None:
        state = retold.state
        self._erased |= retold.erased
        for user_id in state.members:
            self._inside.setdefault(user_id, set()).add(state.conversation_id)
        self._last[state.conversation_id] = retold.last_message
        if state.kind == "room" and state.exists:
            self._rooms[state.conversation_id] = _room(retold)

    async def _all_accounts(self) -> None:
        without = set(self._inside)
        async for user_ids in self._inspection.several("accounts"):
            people = [UserId(user_id) for user_id in user_ids]
            self._accounts += len(people)
            without.difference_update(people)
            self._holders.update(people)
            for user_id in self._erased.intersection(people):
                message = f"Logs say that {user_id} was erased, and the account is there."
                self._note([Fault(kind="erased_remains", message=message)])
            self._note(await self._inspection.accounts(people))
        for user_id in without:
            await self._without_account(user_id)

    async def _without_account(self, user_id: UserId) -> None:
        """A member who has none is being erased, or something took it."""
        for conversation_id in self._inside[user_id]:
            if await self._inspection.is_going(user_id):
                return
            retold, _ = await self._told(conversation_id)
            if user_id in retold.state.members:
                message = f"{user_id} is a member, and has no account."
                self._note([_fault("account_missing", message, conversation_id)])
                return

    async def _people(self) -> None:
        people = sorted(self._holders | self._inside.keys())
        for number, user_id in enumerate(people, start=1):
            await self._person(user_id)
            self._report("people", number, len(people))

    async def _person(self, user_id: UserId) -> None:
        """Whom and what their lists show; what differs is looked at again, as it may just have changed."""
        kept = await self._inspection.memberships(user_id)
        for conversation_id in kept ^ self._inside.get(user_id, set()):
            retold, _ = await self._told(conversation_id)
            again = await self._inspection.memberships(user_id)
            if (user_id in retold.state.members) != (conversation_id in again):
                message = f"Whether {user_id} is a member is listed otherwise than the log says."
                self._note([_fault("membership_differs", message, conversation_id)])
        async for conversation_id, shown in self._inspection.last_listed(user_id):
            if shown < self._last.get(conversation_id, 0):
                message = f"The list of {user_id} shows message {shown} as the last one."
                self._note([_fault("list_differs", message, conversation_id)])

    async def _directory(self) -> None:
        listed = {}
        async for room, in_place in self._inspection.rooms_listed():
            listed[room.conversation_id] = room
            if not in_place:
                message = "The directory of rooms lists it where its name does not belong."
                self._note([_fault("room_differs", message, room.conversation_id)])
        for conversation_id in listed.keys() | self._rooms.keys():
            if listed.get(conversation_id) == self._rooms.get(conversation_id):
                continue
            retold, _ = await self._told(conversation_id)
            listed = {
                room.conversation_id: room async for room, _ in self._inspection.rooms_listed()
            }
            told = _room(retold) if retold.state.exists else None
            if listed.get(conversation_id) != told:
                message = "The directory of rooms shows it otherwise than its log."
                self._note([_fault("room_differs", message, conversation_id)])


def _damage(error: Exception) -> str:
    """What is wrong with what could not be read.

    Raises:
        Unavailable: Nothing is wrong with it: the store doesn't answer.
    """
    reason = error.__cause__ if isinstance(error, Unavailable) else error
    if isinstance(reason, DecodeError):
        return str(reason)
    if isinstance(error, Unavailable):
        raise error
    return f"{type(reason).__name__}: {reason}"


def _fault(kind: FaultKind, message: str, conversation_id: ConversationId) -> Fault:
    return Fault(kind=kind, message=message, conversation_id=conversation_id)


def _mark(retold: Retold, user_id: UserId, mark: Mark) -> list[Fault]:
    conversation_id = retold.state.conversation_id
    head = retold.state.head
    if not mark.read <= mark.seen <= mark.delivered <= head or mark.unread_at > head:
        message = f"The marks of {user_id} are beyond the head, or past one another: {mark}."
        return [_fault("mark_beyond_head", message, conversation_id)]
    if retold.count_at(mark.read) != mark.messages:
        message = f"The mark of {user_id} counts {mark.messages} messages up to {mark.read}."
        return [_fault("mark_count_differs", message, conversation_id)]
    return []


def _room(retold: Retold) -> Room:
    state = retold.state
    return Room(
        conversation_id=state.conversation_id,
        name=state.name or "",
        topic=state.topic,
        avatar=state.avatar,
        data=state.data,
        created_at=state.created_at,
        member_count=len(state.members),
    )
