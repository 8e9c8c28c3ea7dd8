"""The door itself: sockets come in authenticated, their commands become service calls, and every one is acked."""

import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from parley.gateway.authentication import Admission
from parley.gateway.commands import Commands, Later, Payload
from parley.gateway.connection import Connection
from parley.gateway.expiry import Expiry
from parley.gateway.hub import Hub
from parley.gateway.refusals import turned_away
from parley.gateway.socket_commands import SocketCommands
from parley.gateway.tally import Tally
from parley.journal.commands import Committed
from parley.model.errors import (
    ChatError,
    Draining,
    Invalid,
    InvalidJson,
    Problem,
    RateLimited,
    Unavailable,
    UnknownCommand,
    problem,
)
from parley.model.rates import Rate, unlimited
from parley.model.shapes import refusal
from parley.ports.answers import Answer
from parley.ports.background import Spawn
from parley.services.presence import Presences
from parley.socketio.acks import Ack
from parley.socketio.errors import TryLater
from parley.socketio.namespace import Namespace
from parley.socketio.socket import Socket

logger = logging.getLogger(__name__)

HOLDS_PUSHES = "sync"


class ErrorAck(Struct, frozen=True):
    ok: bool
    error: Problem


class Door:
    """Who may come in, and what they may ask; `commanding` bounds how often a person may, over all their sockets."""

    def __init__(
        self,
        *,
        namespace: Namespace,
        hub: Hub,
        commands: Commands,
        socket_commands: SocketCommands,
        presence: Presences,
        expiry: Expiry,
        authenticate: Callable[[Socket], Awaitable[Admission]],
        spawn: Spawn,
        commanding: Rate = unlimited,
        monotonic: Callable[[], float] = time.monotonic,
        most_in_flight: int = 1_000,
        most_connections: int = 50,
    ) -> None:
        self._hub = hub
        self._presence = presence
        self._expiry = expiry
        self._authenticate = authenticate
        self._spawn = spawn
        self._commanding = commanding
        self._monotonic = monotonic
        self.tally = Tally()
        self._most_in_flight = most_in_flight
        self._most_connections = most_connections
        self._commands: dict[str, tuple[Callable[[bytes], Any], Callable[[Any, Any], Later]]] = {}
        for event, (payload, call) in commands.table().items():
            self._commands[event] = (_decoder(payload), call)
        for event, (payload, ask) in socket_commands.table().items():
            self._commands[event] = (_decoder(payload), ask)
        self._of_sockets = frozenset(socket_commands.table())
        self._encode = msgspec.json.Encoder().encode
        namespace.use(self._come_in)
        namespace.on_disconnect(lambda socket, _reason: self._gone(socket))
        namespace.on_drain(self._leave)
        namespace.on_raw(self._command, self._attached)

    async def _come_in(self, socket: Socket) -> None:
        try:
            await self._admit(socket)
        except Unavailable as error:
            raise TryLater(503, retry_after=5) from error
        except ChatError as error:
            raise turned_away(error) from error

    async def _admit(self, socket: Socket) -> None:
        admission = await self._authenticate(socket)
        identity = admission.identity
        if self._hub.connections(identity.user_id) >= self._most_connections:
            raise TryLater(429, retry_after=30)
        connection = Connection(socket, identity.user_id, identity.session_id)
        socket.data = connection
        try:
            await self._hub.welcome(connection)
            # The session may have ended before the hub knew of this socket.
            await self._authenticate(socket)
            self._presence.arrived(identity.user_id, connection)
            self._expiry.begin(connection, admission)
        except BaseException:  # who does not come in, for whatever reason, counts for nothing
            self._gone(socket)
            raise

    def _gone(self, socket: Socket) -> None:
        connection = socket.data
        if isinstance(connection, Connection):
            self._hub.farewell(connection)
            self._presence.departed(connection.user_id, connection)
            self._expiry.end(connection)

    def _leave(self, socket: Socket) -> Awaitable[None] | None:
        """Its turn to be cut has come: what is in flight is answered first, and nothing new is begun."""
        connection = socket.data
        if not isinstance(connection, Connection):
            return None
        if connection.leaving is None:
            connection.leaving = Answer()
        return connection.leaving if connection.in_flight else None

    # --- commands ---------------------------------------------------------------------------------------------------

    def _command(self, socket: Socket, event: str, args: bytes, ack: Ack | None) -> None:
        connection: Connection = socket.data
        began = self._monotonic()
        try:
            later = self._call(connection, event, args)
        except ChatError as error:
            self._took(began)
            self._refuse(ack, error)
            return
        except Exception as fault:
            self._took(began)
            self._log(connection, fault)
            self._refuse(ack, Unavailable())
            return
        connection.in_flight += 1
        if isinstance(later, Answer):
            later.then(lambda answer: self._answered(connection, answer, ack, began))
        else:
            self._spawn(self._wait(connection, event, later, ack, began))

    def _attached(
        self, _socket: Socket, _event: str, _args: bytes, _data: Sequence[bytes], ack: Ack | None
    ) -> None:
        self._refuse(ack, Invalid("Commands carry no binary attachments."))

    def _call(self, connection: Connection, event: str, args: bytes) -> Later:
        if connection.leaving is not None:
            raise Draining
        self._commanding(connection.user_id)
        command = self._commands.get(event)
        if command is None:
            raise UnknownCommand(f"There is no command {event[:64]!r}.")
        if connection.in_flight >= self._most_in_flight:
            raise RateLimited("Too many commands of this socket await their answer.")
        decode, call = command
        try:
            (payload,) = decode(args)
        except msgspec.ValidationError as error:
            raise refusal(error) from None
        except msgspec.DecodeError as error:
            raise InvalidJson(reason=str(error)) from None
        if event == HOLDS_PUSHES:
            # Its answers stand outside the bound on what waits for a socket, so there is one at a time.
            if connection.catching_up:
                raise RateLimited("This socket is catching up already.")
            connection.catching_up = True
        return call(connection if event in self._of_sockets else connection.user_id, payload)

    async def _wait(
        self,
        connection: Connection,
        event: str,
        work: Coroutine[Any, Any, Any],
        ack: Ack | None,
        began: float,
    ) -> None:
        """See work to its answer. While catching up reads, pushes wait, so that they follow its answer in order."""
        answer: Answer[Any] = Answer()
        held = event == HOLDS_PUSHES
        if held:
            connection.socket.hold()
        try:
            answer.resolve(await work)
        except Exception as error:
            answer.fail(error)
        self._answered(connection, answer, ack, began)
        if held:
            connection.catching_up = False
            connection.socket.release()

    def _answered(
        self, connection: Connection, answer: Answer[Any], ack: Ack | None, began: float
    ) -> None:
        self._took(began)
        try:
            value = answer.result()
            if ack is not None:
                ack(self._ok(value))
        except ChatError as error:
            self._refuse(ack, error)
        except Exception as fault:
            self._log(connection, fault)
            self._refuse(ack, Unavailable())
        connection.in_flight -= 1
        if connection.leaving is not None and not connection.in_flight:
            connection.leaving.resolve(None)

    def _took(self, began: float) -> None:
        self.tally.seconds.observe(self._monotonic() - began)

    def _ok(self, value: object) -> bytes:
        """`{"ok": true, …}` with the keys of the answer. Spliced: a struct of each answer with an `ok` is no gain."""
        if isinstance(value, Committed):
            return self._ok_entry(value)
        fields = self._encode(value)
        return b'{"ok":true}' if fields == b"{}" else b'{"ok":true,' + fields[1:]

    def _ok_entry(self, committed: Committed) -> bytes:
        """For a command that appended, its entry; `duplicate` where that was there before."""
        if committed.entry is None:
            return b'{"ok":true}'
        end = b',"duplicate":true}' if committed.duplicate else b"}"
        return b'{"ok":true,"entry":%b%b' % (self._hub.encoded(committed.entry), end)

    def _log(self, connection: Connection, fault: Exception) -> None:
        who = {"sid": connection.socket.id, "user_id": connection.user_id}
        logger.error("a command failed", exc_info=fault, extra=who)

    def _refuse(self, ack: Ack | None, error: ChatError) -> None:
        self.tally.refused(error)
        if ack is not None:
            ack(self._encode(ErrorAck(False, problem(error))))


def _decoder(payload: type[Payload]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(tuple[payload]).decode  # type: ignore[valid-type]
