"""Handlers, acks and emits, as an application uses them."""

import asyncio
import json
import logging

import pytest

from parley.socketio.acks import Ack
from parley.socketio.errors import Disconnected
from parley.socketio.protocol.errors import UnencodablePacket
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.socketio.links import Link, tick, until


async def test_a_plain_handler_is_called_with_the_arguments_and_its_value_is_the_ack() -> None:
    server = Server()
    server.namespace().on("add", lambda _, a, b: a + b)
    link = Link(server)
    await link.connect()
    link.emit("add", 1, 2, ack=7)
    await tick()
    assert link.texts()[-1] == "437[3]"


async def test_a_coroutine_function_may_be_a_handler() -> None:
    server = Server()

    async def add(_: Socket, a: int, b: int) -> int:
        await asyncio.sleep(0)
        return a + b

    server.namespace().on("add", add)
    link = Link(server)
    await link.connect()
    link.emit("add", 1, 2, ack=7)
    await until(lambda: "437[3]" in link.texts())


async def test_a_tuple_is_several_arguments_and_an_empty_one_is_null() -> None:
    server = Server()
    server.namespace().on("pair", lambda _: (1, "b"))
    server.namespace().on("empty", lambda _: ())
    link = Link(server)
    await link.connect()
    link.emit("pair", ack=1)
    link.emit("empty", ack=2)
    await tick()
    assert link.texts()[-2:] == ['431[1,"b"]', "432[null]"]


async def test_there_is_no_ack_for_none_nor_where_nobody_asked() -> None:
    server = Server()
    server.namespace().on("none", lambda _: None)
    server.namespace().on("value", lambda _: 1)
    link = Link(server)
    await link.connect()
    before = link.texts()
    link.emit("none", ack=1)
    link.emit("value")
    await tick()
    assert link.texts() == before


async def test_bytes_travel_both_ways() -> None:
    server = Server()
    server.namespace().on("echo", lambda _, *args: args)
    link = Link(server)
    await link.connect()
    link.send('452-5["echo",{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]]')
    link.send_binary(b"zero")
    link.send_binary(b"one")
    await tick()
    frames = link.frames()[-3:]
    assert frames[0] == (
        1,
        b'462-5[{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]',
    )
    assert frames[1:] == [(2, b"one"), (2, b"zero")]


async def test_a_failing_handler_is_logged_and_the_socket_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()

    def fail(_: Socket) -> None:
        raise ValueError("ouch")

    async def fail_later(_: Socket) -> None:
        raise ValueError("later")

    for event, handler in (("fail", fail), ("fail_later", fail_later), ("wrong", lambda _: 1)):
        server.namespace().on(event, handler)
    server.namespace().on("ok", lambda _: "fine")
    link = Link(server)
    await link.connect()
    with caplog.at_level(logging.ERROR, "parley.socketio"):
        link.emit("fail", ack=1)
        link.emit("fail_later", ack=2)
        link.emit("wrong", "one argument too many", ack=3)
        link.emit("ok", ack=4)
        await tick()
    assert link.texts()[-1] == '434["fine"]'
    assert not any(text.startswith(("431", "432", "433")) for text in link.texts())
    assert len(caplog.records) == 3


async def test_an_answer_that_cannot_be_encoded_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    server.namespace().on("nan", lambda _: float("nan"))
    link = Link(server)
    await link.connect()
    link.emit("nan", ack=1)
    await tick()
    assert link.closed is None
    assert "encoded" in caplog.text


async def test_half_of_a_surrogate_pair_comes_back_as_javascript_writes_it() -> None:
    server = Server()
    server.namespace().on("echo", lambda _, text: text)
    link = Link(server)
    await link.connect()
    link.send('421["echo","\\ud800 \\ud83d\\ude00"]')
    await tick()
    assert link.texts()[-1] == '431["\\ud800 \N{GRINNING FACE}"]'


async def test_raw_events_come_undecoded_with_an_ack_that_answers_once() -> None:
    server = Server()
    seen: list[tuple[str, bytes, Ack | None]] = []
    server.namespace().on_raw(lambda _, event, args, ack: seen.append((event, args, ack)))
    link = Link(server)
    await link.connect()
    link.send('42["a"]')
    link.send('425["é",{"x":[1, 2]},"b"]')
    assert [(event, args) for event, args, _ in seen] == [
        ("a", b"[]"),
        ("é", b'[{"x":[1, 2]},"b"]'),
    ]
    assert seen[0][2] is None
    ack = seen[1][2]
    assert ack is not None
    ack(b'{"ok":true}')
    ack(b'{"ok":false}')
    await tick()
    assert [text for text in link.texts() if text.startswith("43")] == ['435[{"ok":true}]']


async def test_events_with_a_handler_of_their_own_are_not_raw() -> None:
    server = Server()
    seen: list[str] = []
    server.namespace().on("own", lambda _: seen.append("own"))
    server.namespace().on_raw(lambda _, event, _args, _ack: seen.append(event))
    link = Link(server)
    await link.connect()
    link.emit("own")
    link.emit("other")
    assert seen == ["own", "other"]


async def test_raw_binary_events_bring_their_attachments() -> None:
    server = Server()
    seen: list[object] = []
    server.namespace().on_raw(
        lambda *_: None,
        binary=lambda _, event, args, attachments, ack: seen.append((event, args, attachments)),
    )
    link = Link(server)
    await link.connect()
    link.send('451-["up",{"_placeholder":true,"num":0}]')
    link.send_binary(b"data")
    assert seen == [("up", b'[{"_placeholder":true,"num":0}]', [b"data"])]


async def test_a_client_answers_a_call() -> None:
    server = Server()
    sockets: list[Socket] = []
    server.namespace().on_connect(sockets.append)
    link = Link(server)
    await link.connect()
    call = asyncio.ensure_future(sockets[0].call("question", {"a": 1}))
    await until(lambda: '421["question",{"a":1}]' in link.texts())
    link.send('431["answer"]')
    assert await call == "answer"


async def test_a_call_that_is_not_answered_times_out_or_ends_with_its_socket() -> None:
    server = Server()
    sockets: list[Socket] = []
    server.namespace().on_connect(sockets.append)
    link = Link(server)
    await link.connect()
    with pytest.raises(TimeoutError):
        await sockets[0].call("question", timeout=0.01)
    call = asyncio.ensure_future(sockets[0].call("question"))
    await tick()
    link.drop()
    with pytest.raises(Disconnected):
        await call
    with pytest.raises(Disconnected):
        await sockets[0].call("question")


async def test_a_question_that_cannot_be_encoded_leaves_nothing_behind() -> None:
    server = Server()
    chat = server.namespace()
    await Link(server).connect()
    (socket,) = chat.sockets.values()
    with pytest.raises(TypeError):
        await socket.call("question", object())
    assert not socket._calls


async def test_an_answer_to_nothing_is_dropped() -> None:
    server = Server()
    server.namespace()
    link = Link(server)
    await link.connect()
    link.send("4399[1]")
    await tick()
    assert link.closed is None


async def test_reserved_events_cannot_be_emitted_or_handled() -> None:
    server = Server()
    chat = server.namespace()
    with pytest.raises(UnencodablePacket):
        chat.emit("connect")
    with pytest.raises(UnencodablePacket):
        chat.on("disconnect", print)
    with pytest.raises(UnencodablePacket):
        chat.encode("connect_error", b"")


async def test_rooms_reach_their_members_once_and_except_leaves_out() -> None:
    server = Server()
    chat = server.namespace()
    links = [Link(server) for _ in range(4)]
    ids = [(await link.connect())["sid"] for link in links]
    sockets = [chat.sockets[sid] for sid in ids]
    sockets[0].join("a")
    sockets[1].join("a")
    sockets[1].join("b")
    sockets[2].join("b")
    chat.to("a", "b").emit("both")
    chat.to("a").except_("b").emit("only a")
    chat.to(ids[3]).emit("you")
    chat.except_(ids[0]).emit("not first")
    chat.emit("all")
    await tick()
    names = [[event for (event,) in link.events()] for link in links]
    assert names == [
        ["both", "only a", "all"],
        ["both", "not first", "all"],
        ["both", "not first", "all"],
        ["you", "not first", "all"],
    ]


async def test_a_socket_leaves_its_rooms_when_it_ends_and_empty_rooms_are_gone() -> None:
    server = Server()
    chat = server.namespace()
    link = Link(server)
    socket = chat.sockets[(await link.connect())["sid"]]
    socket.join("a")
    assert set(socket.rooms) == {socket.id, "a"}
    link.drop()
    assert chat.rooms == {}
    assert chat.sockets == {}


async def test_an_encoded_event_reaches_rooms_and_single_sockets() -> None:
    server = Server()
    chat = server.namespace("/custom")
    link = Link(server)
    socket = chat.sockets[(await link.connect(namespace="/custom"))["sid"]]
    socket.join("room")
    encoded = chat.encode("news", b'{"a":1},2')
    chat.push("room", encoded)
    socket.push(encoded)
    chat.push(socket.id, chat.encode("bare", b""))
    chat.push("nobody", encoded)
    socket.send_encoded(b'2/custom,["whole"]')
    await tick()
    assert link.texts()[-4:] == [
        '42/custom,["news",{"a":1},2]',
        '42/custom,["news",{"a":1},2]',
        '42/custom,["bare"]',
        '42/custom,["whole"]',
    ]


async def test_namespaces_are_apart() -> None:
    server = Server()
    for name in ("/", "/custom"):
        server.namespace(name).on("where", lambda socket: socket.namespace.name)
    link = Link(server)
    await link.connect()
    await link.connect(namespace="/custom")
    link.send('42/custom,1["where"]')
    link.send('422["where"]')
    await tick()
    assert link.texts()[-2:] == ['43/custom,1["/custom"]', '432["/"]']
    link.send("41/custom,")
    link.emit("where", ack=3)
    await tick()
    assert link.texts()[-1] == '433["/"]'
    assert json.loads(link.texts()[0][1:])["upgrades"] == []
