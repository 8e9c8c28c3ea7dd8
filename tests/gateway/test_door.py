"""What a socket may ask, and that each of its commands is answered."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.acquaintances import MemoryAcquaintances
from parley.adapters.memory.contacts import MemoryContacts
from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.marks import MemoryMarks
from parley.adapters.memory.preferences import MemoryPreferences
from parley.adapters.memory.presence import MemoryPresence
from parley.adapters.memory.rooms import MemoryRooms
from parley.adapters.memory.sessions import MemorySessions
from parley.adapters.security.tokens import JwtTokens
from parley.gateway.authentication import Admission
from parley.gateway.commands import Commands
from parley.gateway.connection import Connection
from parley.gateway.door import Door
from parley.gateway.expiry import Expiry
from parley.gateway.socket_commands import SocketCommands
from parley.journal.capacity import Capacity
from parley.journal.naming import Naming
from parley.journal.rollbacks import Rollbacks
from parley.model.accounts import Account
from parley.model.entries import ConversationDeleted
from parley.model.errors import SessionRevoked, TokenExpired, Unauthenticated, Unavailable
from parley.model.ids import SessionId, UserId
from parley.model.instants import timestamp
from parley.model.sessions import SOMEWHERE, Identity, opened
from parley.services.conversations import Conversations
from parley.services.marks import Marks
from parley.services.messages import Messages
from parley.services.pins import Pins
from parley.services.presence import Presences
from parley.services.reactions import Reactions
from parley.services.rooms import Rooms
from parley.services.sessions import Sessions
from parley.services.sync import Sync
from parley.services.typing import Typing
from parley.socketio.errors import ConnectError, TryLater
from parley.socketio.socket import Socket
from tests.gateway.conftest import Node, Wire
from tests.support.timers import ManualTimers
from tests.support.world import ANN, BEN, CAT, HOME


@dataclass
class DoorNode(Node):
    """A node with its door; `who` says whom the next socket belongs to."""

    door: Door | None = None
    who: Identity | Exception | None = None
    expires_ms: int | None = None
    tokens: JwtTokens | None = None
    sessions: MemorySessions | None = None
    timers: ManualTimers | None = None

    async def enter(self, user_id: UserId = ANN) -> tuple[Socket, Wire]:
        connection, wire = self.arrive(user_id)
        connection.socket.data = None
        self.who = (
            self.who if isinstance(self.who, Exception) else Identity(user_id, SessionId("s"))
        )
        await self.door._come_in(connection.socket)
        return connection.socket, wire

    async def token(self, user_id: UserId = ANN, session_id: str = "s") -> str:
        """An access token of a session that lives."""
        session, _ = opened(
            user_id, device=SOMEWHERE, now_ms=0, lifetime_ms=1, random=secrets.token_bytes
        )
        identity = Identity(user_id, SessionId(session_id))
        await self.sessions.create(replace(session, session_id=identity.session_id))
        return self.tokens.issue(identity, self.world.clock.now_ms())[0]

    async def ask(self, socket: Socket, event: str, args: str, *, ack: bool = True) -> Any:
        """The ack of a command whose arguments are this JSON text."""
        answers: list[bytes] = []
        self.door._command(socket, event, args.encode(), answers.append if ack else None)
        for _ in range(200):
            if answers:
                return json.loads(answers[0])
            await asyncio.sleep(0)
        return None


@pytest.fixture
async def door(node: Node) -> AsyncIterator[DoorNode]:
    world = node.world
    accounts = MemoryAccounts()
    for user_id in (ANN, BEN, CAT):
        await accounts.create(
            Account(
                user_id=user_id,
                username=user_id,
                email=None,
                display_name=user_id,
                password_hash="",
                created_at=timestamp(0),
            )
        )
    marks = MemoryMarks(world.log)
    timers = ManualTimers(world.clock, world.background)
    rooms, preferences = MemoryRooms(world.log), MemoryPreferences()
    capacity = Capacity(views=MemoryConversations(world.log))
    made = DoorNode(world, node.namespace, node.hub, node.wires)
    made.timers = timers

    async def authenticate(_socket: Socket) -> Admission:
        if isinstance(made.who, Exception):
            raise made.who
        return Admission(made.who, made.expires_ms)

    made.tokens = JwtTokens(secrets.token_bytes(32), random=secrets.token_bytes, lifetime_s=900)
    made.sessions = MemorySessions()
    presence = Presences(
        store=MemoryPresence(),
        acquaintances=MemoryAcquaintances(world.log),
        contacts=MemoryContacts(),
        blocking=world.blocking,
        bus=world.bus,
        clock=world.clock,
        after=timers.after,
        spawn=world.background.spawn,
    )
    expiry = Expiry(
        namespace=node.namespace,
        sessions=Sessions(
            sessions=made.sessions,
            tokens=made.tokens,
            bus=world.bus,
            clock=world.clock,
            random=secrets.token_bytes,
            session_lifetime_s=9_999,
        ),
        clock=world.clock,
        after=timers.after,
    )
    made.door = Door(
        namespace=node.namespace,
        hub=node.hub,
        commands=Commands(
            messages=Messages(
                journal=world.journal,
                blocking=world.blocking,
                capacity=capacity,
                log=world.log,
                accounts=accounts,
                spawn=world.background.spawn,
            ),
            reactions=Reactions(journal=world.journal, blocking=world.blocking),
            pins=Pins(journal=world.journal, blocking=world.blocking, log=world.log),
            marks=Marks(
                journal=world.journal,
                blocking=world.blocking,
                log=world.log,
                marks=marks,
                bus=world.bus,
                spawn=world.background.spawn,
                after=timers.after,
            ),
            conversations=Conversations(
                journal=world.journal,
                blocking=world.blocking,
                capacity=capacity,
                views=MemoryConversations(world.log),
                marks=marks,
                accounts=accounts,
                preferences=preferences,
                random=secrets.token_bytes,
            ),
            presence=presence,
            rooms=Rooms(
                journal=world.journal,
                naming=Naming(
                    journal=world.journal,
                    rooms=rooms,
                    clock=world.clock,
                    random=secrets.token_bytes,
                ),
                rooms=rooms,
                capacity=capacity,
                random=secrets.token_bytes,
            ),
            sync=Sync(
                journal=world.journal,
                log=world.log,
                marks=marks,
                preferences=preferences,
                rollbacks=Rollbacks(),
            ),
        ),
        socket_commands=SocketCommands(
            typing=Typing(
                journal=world.journal, blocking=world.blocking, bus=world.bus, clock=world.clock
            ),
            presence=presence,
            expiry=expiry,
        ),
        presence=presence,
        expiry=expiry,
        authenticate=authenticate,
        spawn=world.background.spawn,
        most_connections=3,
    )
    yield made
    await world.background.settled()


def send(body: str = "hello", **more: Any) -> str:
    return json.dumps([{"conversation_id": HOME, "body": body, **more}])


@pytest.mark.parametrize(
    ("event", "args", "code"),
    [
        ("message.send", "[]", "invalid"),
        ("message.send", "[null]", "invalid"),
        ("message.send", '["text"]', "invalid"),
        ("message.send", "[{}]", "invalid"),
        ("message.send", "[{}, {}]", "invalid"),
        ("message.send", '[{"conversation_id": "home"', "invalid_json"),
        ("message.send", '[{"conversation_id": "home", "body": 7}]', "invalid"),
        ("message.send", '[{"conversation_id": {"$ne": ""}, "body": "x"}]', "invalid"),
        ("message.send", '[{"body": "to nobody"}]', "invalid"),
        ("message.send", '[{"conversation_id": "home", "body": " \\n"}]', "invalid"),
        ("message.send", '[{"conversation_id": "home", "body": "a\\u0000"}]', "invalid"),
        ("message.send", '[{"conversation_id": "home", "body": "\\ud800"}]', "invalid_json"),
        (
            "message.send",
            '[{"conversation_id": "home", "body": "x", "sender": "ben"}]',
            "unknown_field",
        ),
        (
            "message.send",
            '[{"conversation_id": "home", "body": "x", "client_id": "a b"}]',
            "invalid",
        ),
        ("message.send", '[{"conversation_id": "elsewhere", "body": "x"}]', "not_found"),
        ("message.send", '[{"user_id": "nobody", "body": "x"}]', "not_found"),
        ("message.explode", "[{}]", "unknown_command"),
        ("history", '[{"conversation_id": "elsewhere"}]', "not_found"),
        ("history", '[{"conversation_id": "home", "limit": 100000}]', "invalid"),
        ("history", '[{"conversation_id": "home", "before": 9007199254740992}]', "invalid"),
        ("history", '[{"conversation_id": "home", "after": 9223372036854775808}]', "invalid"),
        ("history", '[{"conversation_id": "home", "after": -1}]', "invalid"),
        ("sync", '[{"cursors": {"home": 9223372036854775808}}]', "invalid"),
        ("sync", '[{"cursors": {"home": -1}}]', "invalid"),
        ("member.add", '[{"conversation_id": "home", "user_id": "nobody"}]', "not_found"),
    ],
)
async def test_a_bad_command_is_answered_with_its_error(
    door: DoorNode, event: str, args: str, code: str
) -> None:
    socket, _ = await door.enter()
    answer = await door.ask(socket, event, args)
    assert (answer["ok"], answer["error"]["code"]) == (False, code)
    assert answer["error"]["message"]
    assert (await door.ask(socket, "message.send", send()))["ok"], "the socket goes on"


async def test_a_body_past_its_limit_is_too_large(door: DoorNode) -> None:
    socket, _ = await door.enter()
    answer = await door.ask(socket, "message.send", send("x" * 16_001))
    assert answer["error"]["code"] == "too_large"


async def test_a_command_without_an_ack_is_carried_out(door: DoorNode) -> None:
    socket, _ = await door.enter()
    await door.ask(socket, "message.send", send("no ack"), ack=False)
    assert door.world.bodies() == ["no ack"]


async def test_a_refused_command_without_an_ack_troubles_nobody(door: DoorNode) -> None:
    socket, _ = await door.enter()
    assert await door.ask(socket, "message.send", "[1]", ack=False) is None


async def test_an_ack_shows_the_entry_and_a_retry_that_it_is_a_duplicate(door: DoorNode) -> None:
    socket, _ = await door.enter()
    first = await door.ask(socket, "message.send", send(client_id="x"))
    again = await door.ask(socket, "message.send", send(client_id="x"))
    assert first["entry"]["seq"] == 2
    assert "duplicate" not in first
    assert again == {**first, "duplicate": True}


async def test_the_sender_is_who_the_session_says(door: DoorNode) -> None:
    socket, _ = await door.enter(BEN)
    answer = await door.ask(socket, "message.send", send())
    assert answer["entry"]["actor_id"] == BEN


async def test_a_first_message_to_a_person_makes_the_conversation(door: DoorNode) -> None:
    socket, _ = await door.enter()
    _, theirs = await door.enter(CAT)
    answer = await door.ask(socket, "message.send", json.dumps([{"user_id": CAT, "body": "hi"}]))
    assert answer["entry"]["seq"] == 2
    assert door.types(theirs) == ["conversation.created", "message.new"]


async def test_every_command_of_the_table_is_answered(door: DoorNode) -> None:
    other, _ = await door.enter(BEN)
    made = await door.ask(other, "conversation.create", '[{"kind": "room", "name": "Hall"}]')
    hall = made["entry"]["conversation_id"]
    socket, _ = await door.enter()
    asked = {
        "message.send": {"conversation_id": HOME, "body": "x"},
        "message.edit": {"conversation_id": HOME, "message_seq": 2, "body": "y"},
        "message.pin": {"conversation_id": HOME, "message_seq": 2},
        "message.unpin": {"conversation_id": HOME, "message_seq": 2},
        "reaction.add": {"conversation_id": HOME, "message_seq": 2, "emoji": "+"},
        "reaction.remove": {"conversation_id": HOME, "message_seq": 2, "emoji": "+"},
        "message.delete": {"conversation_id": HOME, "message_seq": 2},
        "conversation.create": {"kind": "group", "name": "Three", "members": [BEN]},
        "conversation.join": {"conversation_id": hall},
        "direct.open": {"user_id": BEN},
        "member.add": {"conversation_id": HOME, "user_id": CAT},
        "member.remove": {"conversation_id": HOME, "user_id": CAT},
        "mark": {"conversation_id": HOME, "read": 2},
        "presence.get": {"user_ids": [BEN]},
        "presence.watch": {"user_ids": [BEN]},
        "status.set": {"status": "away"},
        "typing": {"conversation_id": HOME},
        "auth.refresh": {"token": await door.token()},
        "history": {"conversation_id": HOME},
        "sync": {"cursors": {HOME: 0}},
        "conversation.leave": {"conversation_id": HOME},
    }
    assert asked.keys() == door.door._commands.keys()
    for event, payload in asked.items():
        answer = await door.ask(socket, event, json.dumps([payload]))
        assert answer["ok"], (event, answer)


async def test_who_joins_a_room_hears_of_it_from_there_on_until_it_is_deleted(
    door: DoorNode,
) -> None:
    owner, _ = await door.enter()
    made = await door.ask(owner, "conversation.create", '[{"kind": "room", "name": "Hall"}]')
    hall = made["entry"]["conversation_id"]
    socket, wire = await door.enter(CAT)
    answer = await door.ask(socket, "conversation.join", json.dumps([{"conversation_id": hall}]))
    assert (answer["entry"]["type"], answer["entry"]["role"]) == ("member.joined", "member")
    hello = {"conversation_id": hall, "body": "hello"}
    await door.ask(owner, "message.send", json.dumps([hello]))
    await door.world.journal.commit(hall, ANN, lambda _: ConversationDeleted(actor_id=ANN))
    assert door.types(wire) == ["member.joined", "message.new", "conversation.deleted"]


async def test_a_new_room_has_no_members_to_bring(door: DoorNode) -> None:
    socket, _ = await door.enter()
    hall = {"kind": "room", "name": "Hall", "members": [BEN]}
    answer = await door.ask(socket, "conversation.create", json.dumps([hall]))
    assert answer["error"]["code"] == "invalid"


async def test_pushes_follow_the_answer_of_the_sync_during_which_they_came(door: DoorNode) -> None:
    socket, wire = await door.enter()
    order: list[str] = []
    door.door._command(
        socket, "sync", b'[{"cursors": {"home": 0}}]', lambda _: order.append("sync")
    )
    await asyncio.sleep(0)
    await door.world.send(BEN, "meanwhile")
    assert door.types(wire) == [] or order == ["sync"]
    await door.world.background.settled()
    assert order == ["sync"]
    assert door.types(wire) == ["message.new"]


async def test_a_socket_catches_up_once_at_a_time(door: DoorNode) -> None:
    socket, _ = await door.enter()
    answers: list[dict[str, Any]] = []
    for _ in range(2):
        door.door._command(socket, "sync", b"[{}]", lambda raw: answers.append(json.loads(raw)))
    await door.world.background.settled()
    assert [answer["ok"] for answer in answers] == [False, True]
    assert (await door.ask(socket, "sync", "[{}]"))["ok"]


async def test_a_socket_that_is_about_to_be_cut_answers_what_is_in_flight_and_begins_nothing_new(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, _ = await door.enter()
    gate, read = asyncio.Event(), door.world.log.messages

    async def slow(*args: Any, **options: Any) -> Any:
        await gate.wait()
        return await read(*args, **options)

    monkeypatch.setattr(door.world.log, "messages", slow)
    answers: list[bytes] = []
    door.door._command(socket, "history", b'[{"conversation_id": "home"}]', answers.append)
    leaving = door.door._leave(socket)
    assert not leaving.done
    refused = await door.ask(socket, "message.send", send("too late"))
    assert refused["error"]["code"] == "draining"
    assert door.world.bodies() == []
    gate.set()
    await leaving
    assert json.loads(answers[0])["ok"]


async def test_a_socket_with_nothing_in_flight_is_cut_at_once_and_begins_nothing_new(
    door: DoorNode,
) -> None:
    socket, _ = await door.enter()
    assert door.door._leave(socket) is None
    assert (await door.ask(socket, "message.send", send()))["error"]["code"] == "draining"


async def test_a_fault_of_ours_leaves_the_outcome_open(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, _ = await door.enter()

    async def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(door.world.log, "messages", broken)
    answer = await door.ask(socket, "history", '[{"conversation_id": "home"}]')
    assert answer["error"]["code"] == "unavailable"


async def test_an_answer_that_cannot_be_encoded_leaves_nothing_held(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, wire = await door.enter()

    async def unencodable(*_args: object, **_options: object) -> object:
        return object()

    monkeypatch.setattr(Sync, "catch_up", unencodable)
    answer = await door.ask(socket, "sync", "[{}]")
    assert answer["error"]["code"] == "unavailable"
    await door.world.background.settled()
    assert not socket.data.catching_up
    await door.world.send(BEN, "not held")
    assert door.types(wire) == ["message.new"]


async def test_a_command_that_fails_before_it_is_given_is_answered(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, _ = await door.enter()

    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Messages, "send", broken)
    answer = await door.ask(socket, "message.send", send())
    assert answer["error"]["code"] == "unavailable"


async def test_a_command_with_attachments_is_refused_and_not_dropped(door: DoorNode) -> None:
    socket, _ = await door.enter()
    answers: list[bytes] = []
    args = b'[{"conversation_id":"home","body":{"_placeholder":true,"num":0}}]'
    door.namespace._raw_binary(socket, "message.send", args, [b"data"], answers.append)
    assert json.loads(answers[0])["error"]["code"] == "invalid"


@pytest.mark.parametrize("error", [Unauthenticated(), TokenExpired(), SessionRevoked()])
async def test_who_is_not_signed_in_is_refused_for_good_and_told_why(
    door: DoorNode, error: Exception
) -> None:
    door.who = error
    with pytest.raises(ConnectError) as refusal:
        await door.enter()
    assert refusal.value.data["code"] == error.code


async def test_where_nobody_can_be_authenticated_now_the_client_comes_back(door: DoorNode) -> None:
    door.who = Unavailable()
    with pytest.raises(TryLater):
        await door.enter()


async def test_a_session_that_ends_during_the_handshake_does_not_come_in(door: DoorNode) -> None:
    answers = iter([Identity(ANN, SessionId("s")), SessionRevoked()])

    async def authenticate(_socket: Socket) -> Admission:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return Admission(answer)

    door.door._authenticate = authenticate
    with pytest.raises(ConnectError):
        await door.enter()
    assert door.hub.connections(ANN) == 0


async def test_a_handshake_that_fails_for_a_fault_of_ours_leaves_nothing_behind(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_user_id: UserId) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(door.hub._views, "memberships", broken)
    with pytest.raises(ZeroDivisionError):
        await door.enter()
    assert door.hub.connections(ANN) == 0
    assert not door.hub._arriving


async def test_a_person_has_only_so_many_sockets(door: DoorNode) -> None:
    for _ in range(3):
        await door.enter()
    with pytest.raises(TryLater):
        await door.enter()
    await door.enter(BEN)


async def test_a_socket_that_ends_is_forgotten(door: DoorNode) -> None:
    socket, _ = await door.enter()
    connection: Connection = socket.data
    door.door._gone(socket)
    assert door.hub.connections(ANN) == 0
    assert not connection.conversations


async def test_a_mark_is_acked_with_where_one_stands_and_told_a_second_later(
    door: DoorNode,
) -> None:
    await door.world.send(ANN, "hello")
    socket, his = await door.enter(BEN)
    _, hers = await door.enter(ANN)
    answer = await door.ask(socket, "mark", json.dumps([{"conversation_id": HOME, "read": 2}]))
    assert answer["ok"]
    assert (answer["marks"]["read"], answer["marks"]["unread"]) == (2, 0)
    assert door.types(hers) == []
    await door.timers.pass_time(1)
    told = (
        "receipt",
        {"conversation_id": HOME, "marks": [{"user_id": BEN, "delivered": 2, "read": 2}]},
    )
    door.flush()
    assert [his.events, hers.events] == [[told], [told]]


async def test_a_mark_of_receiving_is_acked_at_once(door: DoorNode) -> None:
    socket, _ = await door.enter(BEN)
    asked = json.dumps([{"conversation_id": HOME, "delivered": 1}])
    assert await door.ask(socket, "mark", asked) == {"ok": True}


@pytest.mark.parametrize("marks", [{}, {"read": 2**60}, {"read": 0}, {"delivered": "1"}])
async def test_a_mark_of_nothing_that_is_there_is_invalid(
    door: DoorNode, marks: dict[str, Any]
) -> None:
    socket, _ = await door.enter(BEN)
    answer = await door.ask(socket, "mark", json.dumps([{"conversation_id": HOME, **marks}]))
    assert answer["error"]["code"] == "invalid"
