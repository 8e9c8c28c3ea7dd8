"""Blocks: having nothing to do with somebody."""

from parley.journal.blocking import Blocking
from parley.model.accounts import as_user
from parley.model.blocks import Block, ListedBlock
from parley.model.contacts import withdrawn
from parley.model.errors import Conflict, Invalid, NotFound
from parley.model.ids import UserId
from parley.model.instants import timestamp
from parley.model.pages import Page
from parley.ports.accounts import AccountStore
from parley.ports.blocks import BlockStore
from parley.ports.bus import BlockChanged, Bus, ContactChanged
from parley.ports.clock import Clock
from parley.ports.contacts import ContactStore


class Blocks:
    """What a block keeps apart is said where it is judged: this keeps and lists them."""

    def __init__(
        self,
        *,
        blocks: BlockStore,
        contacts: ContactStore,
        accounts: AccountStore,
        blocking: Blocking,
        bus: Bus,
        clock: Clock,
        most: int = 1_000,
    ) -> None:
        self._blocks = blocks
        self._contacts = contacts
        self._accounts = accounts
        self._blocking = blocking
        self._bus = bus
        self._clock = clock
        self._most = most

    async def put(self, user_id: UserId, other_id: UserId) -> ListedBlock:
        """Block somebody, who is not told. Requests between the two are gone; lists stay as they are.

        Raises:
            Invalid: It is oneself.
            NotFound: There is no such person.
            Conflict: One has blocked as many as one may.
        """
        if other_id == user_id:
            raise Invalid("Nobody blocks themselves.")
        account = await self._accounts.get(other_id)
        if account is None:
            raise NotFound("There is no such person.")
        mine = await self._blocking.of(user_id)
        if other_id not in mine and len(mine) >= self._most:
            raise Conflict("You have blocked as many people as you may.", most=self._most)
        block = Block(user_id=other_id, since=timestamp(self._clock.now_ms()))
        block = await self._blocks.put(user_id, block)
        self._changed(user_id, other_id, blocked=True)
        await self._withdraw(user_id, other_id)
        return ListedBlock(user_id=other_id, since=block.since, user=as_user(account))

    async def remove(self, user_id: UserId, other_id: UserId) -> None:
        """Block somebody no more; whom one had not blocked is no error."""
        await self._blocks.remove(user_id, other_id)
        self._changed(user_id, other_id, blocked=False)

    async def page(self, user_id: UserId, *, after: str = "", limit: int) -> Page[ListedBlock]:
        """Whom one has blocked, in the order of their ids; `next` is the id to go on behind."""
        found = await self._blocks.page(user_id, after, limit + 1)
        page = found[:limit]
        accounts = await self._accounts.several([block.user_id for block in page])
        items = [
            ListedBlock(
                user_id=block.user_id, since=block.since, user=as_user(accounts[block.user_id])
            )
            for block in page
            if block.user_id in accounts
        ]
        return Page(items, page[-1].user_id if len(found) > limit else None)

    def _changed(self, user_id: UserId, other_id: UserId, *, blocked: bool) -> None:
        # Here at once, whatever the bus takes: an answered block holds for what this node judges next.
        self._blocking.note(user_id, other_id, blocked=blocked)
        self._bus.signal(BlockChanged(user_id, other_id, blocked))

    async def _withdraw(self, user_id: UserId, other_id: UserId) -> None:
        """Where this is cut short, accepting what is left of a request is refused as long as the block stands."""
        before = await self._contacts.pair(user_id, other_id)
        after = withdrawn(before)
        if after == before or not await self._contacts.replace(user_id, other_id, before, after):
            return
        for one, gone in ((user_id, other_id), (other_id, user_id)):
            self._bus.signal(ContactChanged(one, "contact.removed", gone))
