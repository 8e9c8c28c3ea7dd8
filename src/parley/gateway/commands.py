"""The commands that clients send over a socket: their payloads, and the service call that each becomes."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from parley.journal.commands import Committed
from parley.model.entries import Json
from parley.model.errors import Invalid
from parley.model.ids import AnyId, ClientId, ConversationId, UserId
from parley.model.presence import Chosen
from parley.ports.answers import Answer
from parley.services.conversations import Conversations, NewGroup
from parley.services.marks import Marks
from parley.services.messages import Draft, Messages
from parley.services.pins import Pins
from parley.services.presence import Presences
from parley.services.reactions import Reactions
from parley.services.rooms import NewRoom, Rooms
from parley.services.sync import Sync

Later = Answer[Any] | Coroutine[Any, Any, Any]
"""What a command leads to, now or later."""


Seq = Annotated[int, Meta(ge=0, lt=2**53)]
"""A place in a log, as a request names it: JavaScript counts exactly up to here."""


class Payload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a command carries: one JSON object."""


class Send(Payload, frozen=True, kw_only=True):
    """To a conversation, or to a person: then in the direct conversation with them, which this opens."""

    conversation_id: AnyId | None = None
    user_id: AnyId | None = None
    client_id: ClientId | None = None
    body: str
    reply_to: int | None = None
    data: Json | None = None


class CreateConversation(Payload, frozen=True, kw_only=True):
    """A room has no `members` yet: people join it."""

    kind: Literal["group", "room"]
    name: str
    members: list[AnyId] = []
    topic: str | None = None
    data: Json | None = None
    client_id: ClientId | None = None


class OpenDirect(Payload, frozen=True, kw_only=True):
    user_id: AnyId


class ChangeMember(Payload, frozen=True, kw_only=True):
    conversation_id: AnyId
    user_id: AnyId
    client_id: ClientId | None = None


class AddMember(Payload, frozen=True, kw_only=True):
    conversation_id: AnyId
    user_id: AnyId
    role: Literal["admin", "member", "guest"] = "member"
    client_id: ClientId | None = None


class Join(Payload, frozen=True, kw_only=True):
    """A room; whoever comes into an empty one owns it."""

    conversation_id: AnyId
    client_id: ClientId | None = None


class Leave(Payload, frozen=True, kw_only=True):
    conversation_id: AnyId
    client_id: ClientId | None = None


class OfMessage(Payload, frozen=True, kw_only=True):
    """A message that is there, by its seq."""

    conversation_id: AnyId
    message_seq: Seq
    client_id: ClientId | None = None


class Edit(OfMessage, frozen=True, kw_only=True):
    body: str


class React(OfMessage, frozen=True, kw_only=True):
    emoji: str


class SetMarks(Payload, frozen=True, kw_only=True):
    """Up to where everything is read, or received; or from where on it is unread again."""

    conversation_id: AnyId
    read: Seq | None = None
    delivered: Seq | None = None
    unread_from: Seq | None = None


class History(Payload, frozen=True, kw_only=True):
    conversation_id: AnyId
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: int = 50


class CatchUp(Payload, frozen=True, kw_only=True):
    cursors: dict[AnyId, Seq] = {}
    epoch: str | None = None
    limit: int = 500


class OfPeople(Payload, frozen=True, kw_only=True):
    """Up to 200; offline is said of whoever shares no conversation."""

    user_ids: list[AnyId]


class SetStatus(Payload, frozen=True, kw_only=True):
    """How one appears while connected, on all devices; invisible is offline to others."""

    status: Chosen


class Commands:
    """Each method is one command: who asks, with which payload."""

    def __init__(
        self,
        *,
        messages: Messages,
        reactions: Reactions,
        pins: Pins,
        marks: Marks,
        conversations: Conversations,
        presence: Presences,
        rooms: Rooms,
        sync: Sync,
    ) -> None:
        self._messages = messages
        self._reactions = reactions
        self._pins = pins
        self._marks = marks
        self._conversations = conversations
        self._presence = presence
        self._rooms = rooms
        self._sync = sync

    def table(self) -> "dict[str, tuple[type[Payload], Callable[[UserId, Any], Later]]]":
        """Every command by the name of its Socket.IO event; the events page of the docs is checked against it."""
        return {
            "message.send": (Send, self.send),
            "message.edit": (Edit, self.edit),
            "message.delete": (OfMessage, self.delete),
            "message.pin": (OfMessage, self.pin),
            "message.unpin": (OfMessage, self.unpin),
            "reaction.add": (React, self.react),
            "reaction.remove": (React, self.unreact),
            "conversation.create": (CreateConversation, self.create),
            "conversation.join": (Join, self.join),
            "conversation.leave": (Leave, self.leave),
            "direct.open": (OpenDirect, self.open_direct),
            "member.add": (AddMember, self.add_member),
            "member.remove": (ChangeMember, self.remove_member),
            "mark": (SetMarks, self.mark),
            "presence.get": (OfPeople, self.get_presence),
            "status.set": (SetStatus, self.set_status),
            "history": (History, self.history),
            "sync": (CatchUp, self.catch_up),
        }

    def send(self, user_id: UserId, payload: Send) -> Later:
        draft = Draft(
            body=payload.body,
            reply_to=payload.reply_to,
            data=payload.data,
            client_id=payload.client_id,
        )
        if payload.conversation_id is not None and payload.user_id is None:
            return self._messages.send(user_id, ConversationId(payload.conversation_id), draft)
        if payload.user_id is not None and payload.conversation_id is None:
            return self._messages.send_to(user_id, UserId(payload.user_id), draft)
        raise Invalid("Name one of conversation_id and user_id.")

    async def edit(self, user_id: UserId, payload: Edit) -> Committed:
        return await self._messages.edit(
            user_id, *_message(payload), payload.body, client_id=payload.client_id
        )

    async def delete(self, user_id: UserId, payload: OfMessage) -> Committed:
        return await self._messages.delete(user_id, *_message(payload), client_id=payload.client_id)

    async def pin(self, user_id: UserId, payload: OfMessage) -> Committed:
        return await self._pins.pin(user_id, *_message(payload), client_id=payload.client_id)

    async def unpin(self, user_id: UserId, payload: OfMessage) -> Committed:
        return await self._pins.unpin(user_id, *_message(payload), client_id=payload.client_id)

    async def react(self, user_id: UserId, payload: React) -> Committed:
        return await self._reactions.add(
            user_id, *_message(payload), payload.emoji, client_id=payload.client_id
        )

    async def unreact(self, user_id: UserId, payload: React) -> Committed:
        return await self._reactions.remove(
            user_id, *_message(payload), payload.emoji, client_id=payload.client_id
        )

    async def mark(self, user_id: UserId, payload: SetMarks) -> Struct:
        return await self._marks.mark(
            user_id,
            ConversationId(payload.conversation_id),
            read=payload.read,
            delivered=payload.delivered,
            unread_from=payload.unread_from,
        )

    async def create(self, user_id: UserId, payload: CreateConversation) -> Committed:
        if payload.kind == "room":
            return await self._rooms.create(user_id, _new_room(payload))
        return await self._conversations.create_group(
            user_id,
            NewGroup(
                name=payload.name,
                members=[UserId(member) for member in payload.members],
                topic=payload.topic,
                data=payload.data,
                client_id=payload.client_id,
            ),
        )

    async def join(self, user_id: UserId, payload: Join) -> Committed:
        return await self._rooms.join(
            user_id, ConversationId(payload.conversation_id), client_id=payload.client_id
        )

    async def leave(self, user_id: UserId, payload: Leave) -> Committed:
        return await self._conversations.remove(
            user_id, ConversationId(payload.conversation_id), user_id, client_id=payload.client_id
        )

    async def open_direct(self, user_id: UserId, payload: OpenDirect) -> Struct:
        return await self._conversations.open_direct(user_id, UserId(payload.user_id))

    async def add_member(self, user_id: UserId, payload: AddMember) -> Committed:
        return await self._conversations.add(
            user_id,
            ConversationId(payload.conversation_id),
            UserId(payload.user_id),
            role=payload.role,
            client_id=payload.client_id,
        )

    async def remove_member(self, user_id: UserId, payload: ChangeMember) -> Committed:
        return await self._conversations.remove(
            user_id,
            ConversationId(payload.conversation_id),
            UserId(payload.user_id),
            client_id=payload.client_id,
        )

    async def get_presence(self, user_id: UserId, payload: OfPeople) -> Struct:
        return await self._presence.get(user_id, [UserId(one) for one in payload.user_ids])

    async def set_status(self, user_id: UserId, payload: SetStatus) -> Struct:
        return await self._presence.choose(user_id, payload.status)

    async def history(self, user_id: UserId, payload: History) -> Struct:
        return await self._messages.page(
            user_id,
            ConversationId(payload.conversation_id),
            before=payload.before,
            after=payload.after,
            around=payload.around,
            limit=payload.limit,
        )

    async def catch_up(self, user_id: UserId, payload: CatchUp) -> Struct:
        cursors = {ConversationId(one): seq for one, seq in payload.cursors.items()}
        return await self._sync.catch_up(user_id, cursors, epoch=payload.epoch, limit=payload.limit)


def _message(payload: OfMessage) -> tuple[ConversationId, int]:
    return ConversationId(payload.conversation_id), payload.message_seq


def _new_room(payload: CreateConversation) -> NewRoom:
    if payload.members:
        raise Invalid("Nobody is brought into a new room; people join it.", field="members")
    return NewRoom(
        name=payload.name, topic=payload.topic, data=payload.data, client_id=payload.client_id
    )
