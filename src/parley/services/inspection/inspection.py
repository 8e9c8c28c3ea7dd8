"""Inspection: every log is told again, and everything that follows the logs is compared with it."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from parley.journal.commands import Digester
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, UserId
from parley.model.inspection import Fault, Retold
from parley.model.rooms import Room, as_room
from parley.ports.accounts import AccountStore
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.integrity import Integrity
from parley.ports.log import Log
from parley.ports.marks import MarkStore
from parley.ports.rooms import RoomStore
from parley.ports.transfer import Catalogue
from parley.services.inspection.damage import damage, fault_of
from parley.services.inspection.kept import Kept
from parley.services.inspection.log import LogInspection

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
        self._log = log
        self._marks = marks
        self._rooms = rooms
        self._kept = Kept(
            catalogue=catalogue,
            integrity=integrity,
            views=views,
            rooms=rooms,
            accounts=accounts,
            erasures=erasures,
        )

    async def run(self, report: Report) -> Inspected:
        """Look at everything.

        Raises:
            Unavailable: The store can't be read.
        """
        identity = await self._log.identity()
        logs = LogInspection(
            log=self._log,
            marks=self._marks,
            rooms=self._rooms,
            digester=Digester(identity.digest_key),
        )
        return await _Run(self._kept, logs, report).run()


class _Run:
    """One inspection: what the logs said, to compare with what is kept by person and for all."""

    def __init__(self, kept: Kept, logs: LogInspection, report: Report) -> None:
        self._kept = kept
        self._logs = logs
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
            self._note(await self._kept.beneath())
        except Unavailable as error:
            message = f"What the store says of itself can't be read: {damage(error)}."
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
                message = f"{what} can't be read: {damage(error)}."
                self._note([Fault(kind="unreadable", message=message)])

    async def _all_conversations(self) -> None:
        total = await self._kept.total()
        async for conversation_id in self._kept.ids("conversations"):
            self._conversations += 1
            await self._conversation(ConversationId(conversation_id))
            self._report("entries", self._entries, total)

    def _note(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._count += 1
            if len(self._faults) < MOST_FAULTS:
                self._faults.append(fault)

    async def _conversation(self, conversation_id: ConversationId) -> None:
        retold, faults = await self._logs.conversation(conversation_id)
        self._note(faults)
        self._entries += retold.state.head
        self._remember(retold)

    def _remember(self, retold: Retold) -> None:
        state = retold.state
        self._erased |= retold.erased
        for user_id in state.members:
            self._inside.setdefault(user_id, set()).add(state.conversation_id)
        self._last[state.conversation_id] = retold.last_message
        if state.kind == "room" and state.exists:
            self._rooms[state.conversation_id] = as_room(retold.state)

    async def _all_accounts(self) -> None:
        without = set(self._inside)
        async for user_ids in self._kept.several("accounts"):
            people = [UserId(user_id) for user_id in user_ids]
            self._accounts += len(people)
            without.difference_update(people)
            self._holders.update(people)
            for user_id in self._erased.intersection(people):
                message = f"Logs say that {user_id} was erased, and the account is there."
                self._note([Fault(kind="erased_remains", message=message)])
            self._note(await self._kept.accounts(people))
        for user_id in without:
            await self._without_account(user_id)

    async def _without_account(self, user_id: UserId) -> None:
        """A member who has none is being erased, or something took it."""
        for conversation_id in self._inside[user_id]:
            if await self._kept.is_going(user_id):
                return
            retold, _ = await self._logs.conversation(conversation_id)
            if user_id in retold.state.members:
                message = f"{user_id} is a member, and has no account."
                self._note([fault_of("account_missing", message, conversation_id)])
                return

    async def _people(self) -> None:
        people = sorted(self._holders | self._inside.keys())
        for number, user_id in enumerate(people, start=1):
            await self._person(user_id)
            self._report("people", number, len(people))

    async def _person(self, user_id: UserId) -> None:
        """Whom and what their lists show; what differs is looked at again, as it may just have changed."""
        kept = await self._kept.memberships(user_id)
        for conversation_id in kept ^ self._inside.get(user_id, set()):
            retold, _ = await self._logs.conversation(conversation_id)
            again = await self._kept.memberships(user_id)
            if (user_id in retold.state.members) != (conversation_id in again):
                message = f"Whether {user_id} is a member is listed otherwise than the log says."
                self._note([fault_of("membership_differs", message, conversation_id)])
        async for conversation_id, shown in self._kept.last_listed(user_id):
            if shown < self._last.get(conversation_id, 0):
                message = f"The list of {user_id} shows message {shown} as the last one."
                self._note([fault_of("list_differs", message, conversation_id)])

    async def _directory(self) -> None:
        listed = {}
        async for room, in_place in self._kept.rooms_listed():
            listed[room.conversation_id] = room
            if not in_place:
                message = "The directory of rooms lists it where its name does not belong."
                self._note([fault_of("room_differs", message, room.conversation_id)])
        for conversation_id in listed.keys() | self._rooms.keys():
            if listed.get(conversation_id) == self._rooms.get(conversation_id):
                continue
            retold, _ = await self._logs.conversation(conversation_id)
            listed = {room.conversation_id: room async for room, _ in self._kept.rooms_listed()}
            told = as_room(retold.state) if retold.state.exists else None
            if listed.get(conversation_id) != told:
                message = "The directory of rooms shows it otherwise than its log."
                self._note([fault_of("room_differs", message, conversation_id)])
