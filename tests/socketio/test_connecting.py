"""From the HTTP request to the connected socket, and all that may refuse it."""

import asyncio
import logging

import pytest

from parley.socketio.config import Config
from parley.socketio.errors import ConnectError, Refusal, TryLater
from parley.socketio.reasons import Reason
from parley.socketio.request import Request
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.socketio.links import Link, tick, until


async def test_handlers_learn_how_the_client_came() -> None:
    server = Server()
    seen: list[Socket] = []
    server.namespace().on_connect(seen.append)
    link = Link(server, "/socket.io/?EIO=4&transport=websocket&a=%C3%A9&b=", "Cookie: x=1\r\n")
    await link.connect({"token": "t"})
    handshake = seen[0].handshake
    assert handshake.auth == {"token": "t"}
    assert (handshake.query["a"], handshake.query["b"]) == ("é", "")
    assert handshake.headers["cookie"] == "x=1"
    assert (handshake.address, handshake.secure) == ("192.0.2.1", False)
    assert handshake.path == "/socket.io/"


async def test_the_reply_comes_before_anything_that_handlers_emit() -> None:
    server = Server()
    chat = server.namespace()

    def early(socket: Socket) -> None:
        socket.join("room")
        socket.emit("from middleware")
        chat.to("room").emit("to room")

    chat.use(early)
    chat.on_connect(lambda socket: socket.emit("from handler"))
    link = Link(server)
    await link.connect()
    await tick()
    assert [text[:3] for text in link.texts()[1:]] == ["40{", "42[", "42[", "42["]
    assert [event for (event,) in link.events()] == ["from middleware", "to room", "from handler"]


async def test_pushes_during_a_middleware_that_waits_follow_the_reply_in_order() -> None:
    server = Server()
    chat = server.namespace()
    gate = asyncio.Event()

    async def read_memberships(socket: Socket) -> None:
        socket.join("room")
        await gate.wait()

    chat.use(read_memberships)
    link = Link(server)
    link.send("40")
    await tick()
    for number in range(3):
        chat.push("room", chat.encode("push", b"%d" % number))
        await tick()
    assert len(link.texts()) == 1
    gate.set()
    await until(lambda: len(link.events()) == 3)
    assert link.texts()[1].startswith("40{")
    assert link.events() == [["push", 0], ["push", 1], ["push", 2]]


async def test_middleware_runs_in_order_plain_and_waiting() -> None:
    server = Server()
    steps: list[int] = []

    async def second(_: Socket) -> None:
        await asyncio.sleep(0)
        steps.append(2)

    server.namespace().use(lambda _: steps.append(1))
    server.namespace().use(second)
    server.namespace().use(lambda _: steps.append(3))
    server.namespace().on_connect(lambda _: steps.append(4))
    await Link(server).connect()
    assert steps == [1, 2, 3, 4]


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_connect_error_is_final(waiting: bool) -> None:
    server = Server()

    def refuse(_: Socket) -> None:
        raise ConnectError("bad token", {"code": "unauthenticated"})

    async def refuse_later(_: Socket) -> None:
        await asyncio.sleep(0)
        raise ConnectError("bad token", {"code": "unauthenticated"})

    server.namespace().use(refuse_later if waiting else refuse)
    link = Link(server)
    link.send("40")
    await tick()
    assert link.texts()[1:] == ['44{"message":"bad token","data":{"code":"unauthenticated"}}']
    assert link.closed is None


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_refusal_that_cannot_be_encoded_cuts_since_the_fault_is_ours(
    waiting: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()

    async def refuse(_: Socket) -> None:
        raise ConnectError("no", data=object())

    def refuse_at_once(_: Socket) -> None:
        raise ConnectError("no", data=object())

    server.namespace().use(refuse if waiting else refuse_at_once)
    link = Link(server)
    link.send("40")
    await until(lambda: link.closed)
    assert link.closed is not None
    assert link.closed[0] == 1011
    assert "a refusal can't be encoded" in caplog.text


async def test_try_later_cuts_the_transport_and_never_says_44() -> None:
    server = Server()

    def later(_: Socket) -> None:
        raise TryLater(503, retry_after=5)

    server.namespace().use(later)
    link = Link(server)
    link.send("40")
    await tick()
    assert link.closed == (1013, "503, retry after 5 s")
    assert len(link.texts()) == 1


async def test_a_middleware_that_fails_cuts_since_the_fault_is_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()

    def fail(_: Socket) -> None:
        raise ValueError("ouch")

    server.namespace().use(fail)
    link = Link(server)
    with caplog.at_level(logging.ERROR, "parley.socketio"):
        link.send("40")
        await tick()
    assert link.closed is not None
    assert link.closed[0] == 1011
    assert "ouch" in caplog.text


async def test_an_unknown_namespace_is_refused_by_44() -> None:
    link = Link(Server())
    link.send("40/random,")
    await tick()
    assert link.texts()[-1] == '44/random,{"message":"Invalid namespace"}'


@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_disconnected_before_middleware_ends_is_refused_at_once(fails: bool) -> None:
    server = Server()
    chat = server.namespace()
    other = server.namespace("/other")
    waiting: list[Socket] = []
    told: list[Reason] = []
    done = asyncio.Event()

    async def wait(socket: Socket) -> None:
        socket.join("room")
        waiting.append(socket)
        await done.wait()
        if fails:
            raise ConnectError("no")

    chat.use(wait)
    chat.on_disconnect(lambda _, reason: told.append(reason))
    link = Link(server)
    await link.connect(namespace="/other")
    link.send("40")
    await tick()
    waiting[0].emit("never")
    waiting[0].disconnect(error=ConnectError("signed out", {"code": "gone"}))
    waiting[0].disconnect()
    refusal = '44{"message":"signed out","data":{"code":"gone"}}'
    assert link.texts()[2:] == [refusal]
    done.set()
    await tick()
    assert link.texts()[2:] == [refusal]
    assert (chat.sockets, chat.rooms) == ({}, {})
    assert told == ([] if fails else [Reason.SERVER_DISCONNECT])
    assert len(other.sockets) == 1
    link.send("40")
    await tick()
    assert len(waiting) == 2


async def test_who_is_gone_before_middleware_ends_is_reported_as_gone() -> None:
    server = Server()
    chat = server.namespace()
    gate = asyncio.Event()
    told: list[object] = []

    async def wait(socket: Socket) -> None:
        socket.join("room")
        await gate.wait()

    chat.use(wait)
    chat.on_connect(lambda _: told.append("connected"))
    chat.on_disconnect(lambda _, reason: told.append(reason))
    link = Link(server)
    link.send("40")
    await tick()
    link.drop()
    gate.set()
    await until(lambda: told)
    assert told == [Reason.TRANSPORT_CLOSE]
    assert chat.rooms == {}


@pytest.mark.parametrize("packet", ["40", '42["early"]', "41"])
async def test_a_client_waits_for_its_reply(packet: str) -> None:
    server = Server()
    gate = asyncio.Event()

    async def wait(_: Socket) -> None:
        await gate.wait()

    server.namespace().use(wait)
    link = Link(server)
    link.send("40")
    await tick()
    link.send(packet)
    await tick()
    assert link.closed is not None
    gate.set()
    await tick()


async def test_a_namespace_is_connected_once() -> None:
    server = Server()
    server.namespace()
    link = Link(server)
    await link.connect()
    link.send("40")
    await tick()
    assert link.closed is not None


async def test_who_connects_no_namespace_in_time_is_closed() -> None:
    server = Server(Config(connect_timeout=0.02))
    link = Link(server)
    link.send("40/random,")
    await until(lambda: link.closed)
    assert server.engine.sessions == {}


async def test_who_is_connected_in_time_stays() -> None:
    server = Server(Config(connect_timeout=0.02))
    server.namespace()
    link, late = Link(server), Link(server)
    await link.connect()
    await until(lambda: late.closed)
    assert link.closed is None


async def test_who_leaves_the_last_namespace_and_connects_none_in_time_is_closed() -> None:
    server = Server(Config(connect_timeout=0.02))
    server.namespace()
    link = Link(server)
    await link.connect()
    link.send("41")
    await until(lambda: link.closed)
    assert server.engine.sessions == {}


async def test_past_a_limit_of_connections_in_no_namespace_newcomers_are_refused() -> None:
    server = Server(Config(max_idle=2))
    server.namespace()
    first, second, refused = Link(server), Link(server), Link(server)
    assert refused.head.startswith("HTTP/1.1 503")
    await first.connect()
    third, refused = Link(server), Link(server)
    assert third.head.startswith("HTTP/1.1 101")
    assert refused.head.startswith("HTTP/1.1 503")
    for link in (second, third):
        link.protocol.connection_lost(None)
    first.send("41")
    assert server.engine.idle == 1
    await first.connect()
    assert server.engine.idle == 0
    first.protocol.connection_lost(None)
    assert server.engine.idle == 0


async def test_a_hook_may_refuse_below_socketio() -> None:
    server = Server()
    server.admit = lambda _: Refusal(429, b'{"message":"slow down"}', [("Retry-After", "9")])
    link = Link(server)
    assert link.head.startswith("HTTP/1.1 429 Too Many Requests")
    assert "Retry-After: 9" in link.head
    assert server.engine.sessions == {}


async def test_a_hook_may_wait_before_it_admits() -> None:
    server = Server()
    server.namespace()

    async def admit(request: Request) -> Refusal | None:
        await asyncio.sleep(0)
        return None if "let-me-in" in request.query else Refusal(403)

    server.admit = admit
    link = Link(server, "/socket.io/?EIO=4&transport=websocket&let-me-in=1")
    other = Link(server)
    await until(lambda: link.head and other.head)
    assert (await link.connect())["sid"]
    assert other.head.startswith("HTTP/1.1 403")


async def test_a_hook_that_waits_too_long_or_fails_refuses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(Config(handshake_timeout=0.01))

    async def never(_: Request) -> Refusal | None:
        await asyncio.Event().wait()
        return None

    def fail(_: Request) -> Refusal | None:
        raise ValueError("ouch")

    server.admit = never
    late = Link(server)
    server.admit = fail
    failed = Link(server)
    assert failed.head.startswith("HTTP/1.1 500")
    assert "ouch" in caplog.text
    await until(lambda: late.head)
    assert late.head.startswith("HTTP/1.1 503")


async def test_pages_of_other_sites_are_refused() -> None:
    link = Link(Server(), more="Origin: https://evil.example\r\n")
    assert link.head.startswith("HTTP/1.1 403")


async def test_other_paths_are_not_found() -> None:
    link = Link(Server(), "/elsewhere/?EIO=4&transport=websocket")
    assert link.head.startswith("HTTP/1.1 404")


async def test_headers_of_the_settings_go_with_the_upgrade() -> None:
    link = Link(Server(Config(response_headers=[("X-Node", "7")])))
    assert "X-Node: 7" in link.head
