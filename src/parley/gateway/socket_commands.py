"""Commands that concern the very socket which sends them, not its person alone."""

from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

from parley.gateway.commands import Payload
from parley.gateway.connection import Connection
from parley.gateway.expiry import Expiry
from parley.model.ids import AnyId, ConversationId, UserId
from parley.services.presence import Presences
from parley.services.typing import Typing


class Types(Payload, frozen=True, kw_only=True):
    """Tells the other members; say it again every few seconds while it goes on."""

    conversation_id: AnyId


class Watch(Payload, frozen=True, kw_only=True):
    """In place of all whom this socket watched before."""

    user_ids: list[AnyId]


class RefreshAuth(Payload, frozen=True, kw_only=True):
    """A new access token of the same session."""

    token: str


class SocketCommands:
    """Each method is one command: which socket asks, with which payload."""

    def __init__(self, *, typing: Typing, presence: Presences, expiry: Expiry) -> None:
        self._typing = typing
        self._presence = presence
        self._expiry = expiry

    def table(
        self,
    ) -> (
        "dict[str, tuple[type[Payload], Callable[[Connection, Any], Coroutine[Any, Any, Struct]]]]"
    ):
        """Every command by the name of its Socket.IO event; the events page of the docs is checked against it."""
        return {
            "typing": (Types, self.types),
            "presence.watch": (Watch, self.watch),
            "auth.refresh": (RefreshAuth, self.refresh),
        }

    async def types(self, connection: Connection, payload: Types) -> Struct:
        return await self._typing.say(
            connection.user_id, connection.socket.id, ConversationId(payload.conversation_id)
        )

    async def watch(self, connection: Connection, payload: Watch) -> Struct:
        return await self._presence.watch(
            connection.user_id, connection, [UserId(one) for one in payload.user_ids]
        )

    async def refresh(self, connection: Connection, payload: RefreshAuth) -> Struct:
        return await self._expiry.refresh(connection, payload.token)
