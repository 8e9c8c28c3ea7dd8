"""Rooms: making, finding and joining them."""

from msgspec import Struct

from parley.journal.capacity import Capacity
from parley.journal.commands import Committed, Unchanged
from parley.journal.journal import Journal
from parley.journal.naming import Naming
from parley.model.conversations import State
from parley.model.entries import ConversationCreated, Entry, FirstMember, Json
from parley.model.errors import Conflict
from parley.model.ids import ConversationId, RandomBytes, UserId, created_id, random_id
from parley.model.pages import Page
from parley.model.rooms import Room, directory_key, join_room
from parley.model.texts import NAME_CHARS, TOPIC_CHARS, check_data, check_text
from parley.ports.rooms import RoomStore


class NewRoom(Struct, frozen=True, kw_only=True):
    """A room to be made, with its creator in it, who owns it."""

    name: str
    topic: str | None = None
    data: Json | None = None
    client_id: str | None = None


class Rooms:
    """A room's name is unique, and anyone may join."""

    def __init__(
        self,
        *,
        journal: Journal,
        naming: Naming,
        rooms: RoomStore,
        capacity: Capacity,
        random: RandomBytes,
        most_members: int = 100_000,
    ) -> None:
        self._journal = journal
        self._naming = naming
        self._rooms = rooms
        self._capacity = capacity
        self._random = random
        self._most_members = most_members

    async def create(self, user_id: UserId, room: NewRoom) -> Committed:
        """Make a room; the same `client_id` again finds the first, whatever it is called by now.

        Raises:
            Invalid: The name, the topic or the data is not acceptable.
            TooLarge: One of them is too long.
            NameTaken: Another room is called so, or is about to be.
            Conflict: One is in as many conversations as one may be.
            ClientIdReused: The client_id was used for something else.
        """
        _check(room)
        conversation_id = (
            ConversationId(random_id(self._random))
            if room.client_id is None
            else created_id(user_id, room.client_id)
        )
        full = await self._capacity.of([user_id])
        if not (await self._journal.state(conversation_id)).head:
            full.require_none()
            await self._naming.claim(room.name, conversation_id, user_id)

        def judge(state: State) -> Entry:
            if state.head:
                raise Conflict("This conversation exists.")
            return ConversationCreated(
                actor_id=user_id,
                kind="room",
                name=room.name,
                topic=room.topic,
                data=room.data,
                members=(FirstMember(user_id, "owner"),),
            )

        return await self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=room.client_id,
            digest=self._journal.digest("room", room.name, room.topic, room.data),
        )

    async def directory(self, *, query: str = "", after: str = "", limit: int) -> Page[Room]:
        """Every room in whose name a word begins with `query`, in order of names, from behind the key `after`.

        `next` is the key to go on behind.
        """
        check_text(query, "query", most_chars=NAME_CHARS, blank=True)
        found = await self._rooms.page(query, after, limit + 1)
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, directory_key(page[-1].name, page[-1].conversation_id))

    async def join(
        self, user_id: UserId, conversation_id: ConversationId, *, client_id: str | None = None
    ) -> Committed:
        """Come into a room, as its owner where it was empty; who is in already appends nothing.

        Raises:
            NotFound: There is no such room.
            Forbidden: It is a conversation of another kind.
            Banned: This person was banned from it.
            Conflict: It is full, or one is in as many conversations as one may be.
        """
        full = await self._capacity.of([user_id])

        def judge(state: State) -> Entry | Unchanged:
            entry = join_room(state, user_id, most=self._most_members)
            if entry is None:
                return Unchanged()
            full.require_none()
            return entry

        return await self._journal.commit(
            conversation_id,
            user_id,
            judge,
            client_id=client_id,
            digest=self._journal.digest("conversation.join") if client_id is not None else None,
        )


def _check(room: NewRoom) -> None:
    check_text(room.name, "name", most_chars=NAME_CHARS)
    if room.topic is not None:
        check_text(room.topic, "topic", most_chars=TOPIC_CHARS)
    if room.data is not None:
        check_data(room.data)
