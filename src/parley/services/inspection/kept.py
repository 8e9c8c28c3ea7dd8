"""What is kept by person and for all, as an inspection reads it."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, Literal

from parley.model.accounts import folded
from parley.model.ids import ConversationId, UserId
from parley.model.inspection import Fault
from parley.model.rooms import Room, directory_key
from parley.ports.accounts import AccountStore
from parley.ports.conversations import Conversations
from parley.ports.erasures import ErasureStore
from parley.ports.integrity import Integrity
from parley.ports.rooms import RoomStore
from parley.ports.transfer import Catalogue
from parley.services.inspection.damage import damage

TOGETHER: Final = 500


class Kept:
    """The ports of a store behind one door."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        integrity: Integrity,
        views: Conversations,
        rooms: RoomStore,
        accounts: AccountStore,
        erasures: ErasureStore,
    ) -> None:
        self._catalogue = catalogue
        self._integrity = integrity
        self._views = views
        self._rooms = rooms
        self._accounts = accounts
        self._erasures = erasures

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
            message = f"The account of {user_ids[0]} can't be read: {damage(error)}."
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
