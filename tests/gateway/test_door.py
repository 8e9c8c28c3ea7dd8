"""What a socket may ask, and that each of its commands is answered."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from parley.adapters.memory.accounts import MemoryAccounts
from parley.adapters.memory.conversations import MemoryConversations
from parley.gateway.commands import Commands
from parley.gateway.connection import Connection
from parley.gateway.door import Door
from parley.model.accounts import Account
from parley.model.errors import SessionRevoked, TokenExpired, Unauthenticated, Unavailable
from parley.model.ids import SessionId, UserId
from parley.model.instants import timestamp
from parley.model.sessions import Identity
from parley.services.conversations import Conversations
from parley.services.messages import Messages
from parley.services.pins import Pins
from parley.services.reactions import Reactions
from parley.services.sync import Sync
from parley.socketio.errors import ConnectError, TryLater
from parley.socketio.socket import Socket
from tests.gateway.conftest import Node, Wire
from tests.support.world import ANN, BEN, CAT, HOME


@dataclass
class DoorNode(Node):
    """A node with its door; `who` says whom the next socket belongs to."""

    door: Door | None = None
    who: Identity | Exception | None = None

    async def enter(self, user_id: UserId = ANN) -> tuple[Socket, Wire]:
        connection, wire = self.arrive(user_id)
        connection.socket.data = None
        self.who = (
            self.who if isinstance(self.who, Exception) else Identity(user_id, SessionId("s"))
        )
        await self.door._come_in(connection.socket)
        return connection.socket, wire

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
    made = DoorNode(world, node.namespace, node.hub, node.wires)

    async def authenticate(_socket: Socket) -> Identity:
        if isinstance(made.who, Exception):
            raise made.who
        return made.who

    made.door = Door(
        namespace=node.namespace,
        hub=node.hub,
        commands=Commands(
            messages=Messages(
                journal=world.journal,
                log=world.log,
                accounts=accounts,
                spawn=world.background.spawn,
            ),
            reactions=Reactions(world.journal),
            pins=Pins(world.journal),
            conversations=Conversations(
                journal=world.journal,
                views=MemoryConversations(world.log),
                accounts=accounts,
                random=secrets.token_bytes,
            ),
            sync=Sync(journal=world.journal, log=world.log),
        ),
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
        "direct.open": {"user_id": BEN},
        "member.add": {"conversation_id": HOME, "user_id": CAT},
        "member.remove": {"conversation_id": HOME, "user_id": CAT},
        "history": {"conversation_id": HOME},
        "sync": {"cursors": {HOME: 0}},
        "conversation.leave": {"conversation_id": HOME},
    }
    assert asked.keys() == door.door._commands.keys()
    for event, payload in asked.items():
        answer = await door.ask(socket, event, json.dumps([payload]))
        assert answer["ok"], (event, answer)


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


async def test_a_fault_of_ours_leaves_the_outcome_open(
    door: DoorNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket, _ = await door.enter()

    async def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(door.world.log, "messages", broken)
    answer = await door.ask(socket, "history", '[{"conversation_id": "home"}]')
    assert answer["error"]["code"] == "unavailable"


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

    async def authenticate(_socket: Socket) -> Identity:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    door.door._authenticate = authenticate
    with pytest.raises(ConnectError):
        await door.enter()
    assert door.hub.connections(ANN) == 0


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
