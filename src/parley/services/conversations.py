"""Conversations: opening, listing, and who is in."""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from parley.journal.blocking import Blocking
from parley.journal.capacity import Capacity
from parley.journal.commands import Committed, Judge, Unchanged
from parley.journal.journal import Journal
from parley.model.conversations import State, Summary, members_behind, summary
from parley.model.entries import (
    ConversationCreated,
    ConversationKind,
    Entry,
    FirstMember,
    Json,
    MessageNew,
    Role,
)
from parley.model.errors import Blocked, Conflict, Invalid, NotFound, TooLarge
from parley.model.ids import (
    ConversationId,
    RandomBytes,
    UserId,
    created_id,
    direct_id,
    random_id,
)
from parley.model.marks import Marks, Standing
from parley.model.permissions import add_member, open_direct, remove_member, require_member
from parley.model.texts import NAME_CHARS, TOPIC_CHARS, check_data, check_text
from parley.ports.accounts import AccountStore
from parley.ports.conversations import Conversations as Views
from parley.ports.marks import MarkStore
from parley.ports.preferences import PreferenceStore

PAGE = 200

READINGS: Final = 3
"""Of a page of which some conversation goes on meanwhile."""


class NewGroup(Struct, frozen=True, kw_only=True):
    """A group to be made; its creator owns it and need not be among `members`."""

    name: str
    members: Sequence[UserId] = ()
    topic: str | None = None
    data: Json | None = None
    client_id: str | None = None


class ListedConversation(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation in my list: how many messages, and how many that mention me, I have not read; my marks."""

    last_message: MessageNew | None = None
    unread: int
    mentions: int
    marks: Marks


class MemberView(Struct, frozen=True):
    """Someone who is in, since entry `joined_seq`."""

    user_id: UserId
    role: Role
    joined_seq: int


class Page(Struct, frozen=True):
    """A page of my conversations; `next` is the activity below which the next one begins."""

    items: list[ListedConversation]
    next: int | None


class MemberPage(Struct, frozen=True):
    """A page of members; `next` is the key to go on behind."""

    items: list[MemberView]
    next: str | None


class Conversations:
    """Who talks with whom. Every change is a command to the conversation's log, judged there."""

    def __init__(
        self,
        *,
        journal: Journal,
        blocking: Blocking,
        capacity: Capacity,
        views: Views,
        marks: MarkStore,
        accounts: AccountStore,
        preferences: PreferenceStore,
        random: RandomBytes,
        most_first_members: int = 200,
        most_group_members: int = 5_000,
        most_room_members: int = 100_000,
    ) -> None:
        self._journal = journal
        self._blocking = blocking
        self._capacity = capacity
        self._views = views
        self._marks = marks
        self._accounts = accounts
        self._preferences = preferences
        self._random = random
        self._most_first_members = most_first_members
        self._most_group_members = most_group_members
        self._most_room_members = most_room_members

    async def open_direct(self, user_id: UserId, other_id: UserId) -> Summary:
        """The one direct conversation with a person, opened on first use; with oneself it is for notes.

        Raises:
            NotFound: There is no such person.
            Blocked: It is not open yet, and one of the two has blocked the other.
            Conflict: It is not open yet, and one of the two is in as many conversations as one may be.
        """
        conversation_id = direct_id(user_id, other_id)
        state = await self._journal.state(conversation_id)
        if not state.head:
            await self._require_people([other_id])
            if (await self._blocking.between(user_id, other_id)).blocked:
                raise Blocked
            (await self._capacity.of([user_id, other_id])).require_none()
            await self._journal.commit(
                conversation_id,
                user_id,
                lambda state: open_direct(state, user_id, other_id) or Unchanged(),
            )
        return await self._summary(user_id, conversation_id)

    async def create_group(self, user_id: UserId, group: NewGroup) -> Committed:
        """Make a group; the same `client_id` again finds the first.

        Raises:
            Invalid: The name, or the data, is not acceptable.
            TooLarge: More first members than allowed.
            NotFound: Somebody of `members` does not exist; `details["user_ids"]` says who.
            Blocked: Somebody of `members` has blocked this person; `details["user_ids"]` says who.
            Conflict: Somebody is in as many conversations as one may be; `details["user_ids"]` says who.
            ClientIdReused: The client_id was used for something else.
        """
        check_text(group.name, "name", most_chars=NAME_CHARS)
        if group.topic is not None:
            check_text(group.topic, "topic", most_chars=TOPIC_CHARS)
        if group.data is not None:
            check_data(group.data)
        others = sorted(set(group.members) - {user_id})
        if len(others) >= self._most_first_members:
            raise TooLarge("Too many first members.", most=self._most_first_members)
        await self._require_people(others)
        await self._require_willing(user_id, others)
        full = await self._capacity.of([user_id, *others])
        first = (FirstMember(user_id, "owner"), *(FirstMember(one, "member") for one in others))

        def judge(state: State) -> Entry:
            if state.head:
                raise Conflict("This conversation exists.")
            full.require_none()
            return ConversationCreated(
                actor_id=user_id,
                kind="group",
                name=group.name,
                topic=group.topic,
                members=first,
                data=group.data,
            )

        if group.client_id is None:
            made = ConversationId(random_id(self._random))
            return await self._journal.commit(made, user_id, judge)
        return await self._journal.commit(
            created_id(user_id, group.client_id),
            user_id,
            judge,
            client_id=group.client_id,
            digest=self._journal.digest("group", group.name, group.topic, others, group.data),
        )

    async def get(self, user_id: UserId, conversation_id: ConversationId) -> Summary:
        """A conversation as one of its members sees it.

        Raises:
            NotFound: It is not there for this person.
        """
        return await self._summary(user_id, conversation_id)

    async def mine(
        self,
        user_id: UserId,
        *,
        kind: ConversationKind | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """My conversations, latest activity first.

        Each is as at one moment: what is unread, and the last message, are those of its `head`, from which on clients
        count by themselves. Only one that never rests may be told with a head that is newer or older.
        """
        _check_limit(limit)
        page, still = await self._page(user_id, kind, before, limit)
        for _ in range(READINGS - 1):
            if still:
                break
            await asyncio.sleep(0)  # what the store was ahead by may be heard of now
            page, still = await self._page(user_id, kind, before, limit)
        return page

    async def _page(
        self, user_id: UserId, kind: ConversationKind | None, before: int | None, limit: int
    ) -> tuple[Page, bool]:
        """A page, and whether all that it says of a conversation is of the same head.

        The journal may be behind the store: it hears of an entry when that is in.
        """
        found = await self._views.listed(user_id, kind=kind, before=before, limit=limit + 1)
        listing = [listed.conversation_id for listed in found[:limit]]
        kept = await self._preferences.of(user_id, listing)
        abouts = {}
        for one in listing:
            state = await self._journal.state(one)
            if user_id in state.members:
                abouts[one] = summary(state, user_id, kept.get(one))
        standings = await self._marks.standings(user_id, listing)
        items, still = [], True
        for listed in found[:limit]:
            about = abouts.get(listed.conversation_id)
            standing = standings.get(listed.conversation_id)
            if about is None or standing is None:
                continue
            items.append(_listed(about, listed.last_message, standing))
            messages = 0 if listed.last_message is None else listed.last_message.messages
            read = (listed.head, standing.head, messages)
            still = still and read == (about.head, about.head, about.messages)
        more = len(found) > limit
        return Page(items, found[limit - 1].activity if more else None), still

    async def members(
        self, user_id: UserId, conversation_id: ConversationId, *, after: str = "", limit: int = 50
    ) -> MemberPage:
        """The members, longest in first.

        Raises:
            NotFound: The conversation is not there for this person.
        """
        _check_limit(limit)
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        page, following = members_behind(state, after, limit)
        items = [MemberView(one, member.role, member.joined_seq) for one, member in page]
        return MemberPage(items, following)

    async def add(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        added_id: UserId,
        *,
        role: Role = "member",
        client_id: str | None = None,
    ) -> Committed:
        """Bring someone in; they read the whole log, from its beginning.

        Raises:
            NotFound: The conversation is not there for this person, or there is no such person to add.
            Forbidden: This person's role, or the kind of conversation, does not allow it.
            Blocked: That person has blocked this one.
            Conflict: The conversation is full, or that person is in as many as one may be.
        """
        await self._require_people([added_id])
        blocked = bool(await self._blocking.by(user_id, [added_id]))
        full = await self._capacity.of([added_id])

        def judge(state: State) -> Entry | Unchanged:
            in_room = state.kind == "room"
            most = self._most_room_members if in_room else self._most_group_members
            entry = add_member(state, user_id, added_id, role=role, most=most)
            if entry is None:
                return Unchanged()
            if blocked:
                raise Blocked
            full.require_none()
            return entry

        return await self._change(
            user_id, conversation_id, judge, client_id, "member.add", added_id, role
        )

    async def remove(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        removed_id: UserId,
        *,
        client_id: str | None = None,
    ) -> Committed:
        """Take someone out, or leave where both are the same.

        Raises:
            NotFound: The conversation is not there for this person.
            Forbidden: This person's role, or the kind of conversation, does not allow it.
        """

        def judge(state: State) -> Entry | Unchanged:
            return remove_member(state, user_id, removed_id) or Unchanged()

        return await self._change(
            user_id, conversation_id, judge, client_id, "member.remove", removed_id
        )

    async def _summary(self, user_id: UserId, conversation_id: ConversationId) -> Summary:
        kept = await self._preferences.of(user_id, [conversation_id])
        state = await self._journal.state(conversation_id)
        require_member(state, user_id)
        return summary(state, user_id, kept.get(conversation_id))

    async def _change(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        judge: Judge,
        client_id: str | None,
        *command: object,
    ) -> Committed:
        digest = self._journal.digest(*command) if client_id is not None else None
        return await self._journal.commit(
            conversation_id, user_id, judge, client_id=client_id, digest=digest
        )

    async def _require_willing(self, user_id: UserId, others: Sequence[UserId]) -> None:
        unwilling = await self._blocking.by(user_id, others)
        if unwilling:
            raise Blocked("Somebody has blocked you.", user_ids=sorted(unwilling))

    async def _require_people(self, user_ids: Sequence[UserId]) -> None:
        missing = set(user_ids) - await self._accounts.existing(user_ids)
        if missing:
            raise NotFound("There is no such person.", user_ids=sorted(missing))


def _listed(about: Summary, last: MessageNew | None, standing: Standing) -> ListedConversation:
    fields = {name: getattr(about, name) for name in about.__struct_fields__}
    return ListedConversation(
        **fields,
        last_message=last,
        unread=standing.unread,
        mentions=standing.mentions,
        marks=Marks(standing.delivered, standing.read),
    )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE:
        raise Invalid("A page holds 1 to 200 items.", limit=limit)
