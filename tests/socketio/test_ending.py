"""The two ways to end, told apart; and going down."""

import asyncio

import pytest

from parley.socketio.config import Config
from parley.socketio.protocol.frames import Opcode, serialise
from parley.socketio.reasons import Reason
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.simulation.loop import SimulatedLoop
from tests.socketio.links import Link, tick, until


async def connected(server: Server, ends: list[Reason]) -> tuple[Link, Socket]:
    chat = server.namespace()
    chat.on_disconnect(lambda _, reason: ends.append(reason))
    link = Link(server)
    return link, chat.sockets[(await link.connect())["sid"]]


async def test_a_disconnect_is_final_and_the_engine_stays() -> None:
    ends: list[Reason] = []
    link, socket = await connected(Server(), ends)
    socket.emit("last words")
    socket.disconnect()
    await tick()
    assert link.texts()[-2:] == ['42["last words"]', "41"]
    assert link.closed is None
    assert ends == [Reason.SERVER_DISCONNECT]
    assert not socket.connected


async def test_a_disconnect_may_end_the_connection_too() -> None:
    ends: list[Reason] = []
    link, socket = await connected(Server(), ends)
    socket.disconnect(close=True)
    await tick()
    assert link.texts()[-1] == "41"
    assert link.closed == (1000, "")


async def test_a_cut_brings_the_client_back_and_says_nothing_final() -> None:
    ends: list[Reason] = []
    link, socket = await connected(Server(), ends)
    socket.emit("last words")
    socket.cut(1012, "restart")
    await tick()
    assert link.texts()[-1] == '42["last words"]'
    assert link.closed == (1012, "restart")
    assert ends == [Reason.CUT]


async def test_a_disconnect_reaches_a_socket_that_is_held() -> None:
    link, socket = await connected(Server(), [])
    socket.hold()
    socket.emit("never released")
    socket.disconnect()
    await tick()
    assert link.texts()[-1] == "41"


@pytest.mark.parametrize("by_client", [True, False])
async def test_what_was_held_for_a_socket_that_ended_is_never_sent(by_client: bool) -> None:
    link, socket = await connected(Server(), [])
    socket.join("room")
    socket.hold()
    socket.namespace.push("room", socket.namespace.encode("secret", b"1"))
    if by_client:
        link.send("41")
    else:
        socket.disconnect()
    await tick()
    socket.release()
    await tick()
    assert link.events() == []
    assert link.closed is None


async def test_ended_sockets_are_sent_nothing_more() -> None:
    server = Server()
    link, socket = await connected(server, [])
    socket.join("room")
    socket.disconnect()
    socket.emit("late")
    socket.push(server.namespace().encode("late", b""))
    server.namespace().to("room").emit("late")
    server.namespace().emit("late")
    await tick()
    assert link.texts()[-1] == "41"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda link: link.send("41"), Reason.CLIENT_DISCONNECT),
        (lambda link: link.send("1"), Reason.TRANSPORT_CLOSE),
        (lambda link: link.raw(b"\x88\x80mask"), Reason.TRANSPORT_CLOSE),
        (lambda link: link.drop(), Reason.TRANSPORT_CLOSE),
        (lambda link: link.send("4abc"), Reason.PARSE_ERROR),
        (lambda link: link.raw(b"\xff\xffnonsense"), Reason.TRANSPORT_ERROR),
        (lambda link: link.protocol.shutdown(), Reason.SERVER_SHUTDOWN),
    ],
)
async def test_handlers_are_told_once_why(end: object, reason: Reason) -> None:
    ends: list[Reason] = []
    link, _ = await connected(Server(), ends)
    assert callable(end)
    end(link)
    await tick()
    if not link.wire.closed:
        link.drop()
    assert ends == [reason]


async def test_sessions_are_counted_as_they_come_and_by_how_they_go() -> None:
    server = Server()
    link, _ = await connected(server, [])
    await connected(server, [])
    link.drop()
    assert server.engine.opened == 2
    assert server.engine.ended == {Reason.TRANSPORT_CLOSE: 1}
    assert len(server.engine.sessions) == 1


async def test_a_silent_client_is_closed_by_the_heartbeat() -> None:
    ends: list[Reason] = []
    link, _ = await connected(Server(Config(ping_interval=0.02, ping_timeout=0.02)), ends)
    await until(lambda: ends)
    assert ends == [Reason.PING_TIMEOUT]
    assert "2" in link.texts()


async def test_a_client_that_answers_pings_stays() -> None:
    ends: list[Reason] = []
    link, _ = await connected(Server(Config(ping_interval=0.02, ping_timeout=0.05)), ends)
    for count in range(1, 4):
        await until(lambda count=count: link.texts().count("2") >= count)
        link.send("3")
    assert ends == []


async def test_going_down_refuses_newcomers_and_cuts_everybody_within_the_spread() -> None:
    ends: list[Reason] = []
    server = Server()
    server.namespace().on_disconnect(lambda _, reason: ends.append(reason))
    links = [Link(server) for _ in range(5)]
    for link in links:
        await link.connect()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    going = asyncio.ensure_future(server.shutdown(deadline=5.0, spread=0.1))
    await tick()
    assert Link(server).head.startswith("HTTP/1.1 503")
    cut = [link for link in links if link.closed]
    assert 0 < len(cut) < 5
    await going
    assert 0.07 <= loop.time() - begin < 2.0
    assert [link.closed for link in links] == [(1012, "restarting")] * 5
    assert ends == [Reason.SERVER_SHUTDOWN] * 5


async def test_going_down_waits_for_what_a_handler_still_has_to_answer() -> None:
    server = Server()
    link, socket = await connected(server, [])
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server.namespace().on_drain(lambda _: answered)
    going = asyncio.ensure_future(server.shutdown(deadline=5.0, spread=0.0))
    await tick()
    assert link.closed is None
    socket.emit("the answer")
    answered.set_result(None)
    await going
    assert link.texts()[-1] == '42["the answer"]'
    assert link.closed == (1012, "restarting")


async def test_going_down_lets_nobody_in_on_a_connection_that_stands() -> None:
    """Its turn may have come already: nobody would wait for what it then begins."""
    server = Server()
    link, _ = await connected(server, [])
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server.namespace().on_drain(lambda _: never)
    going = asyncio.ensure_future(server.shutdown(deadline=5.0, spread=0.0))
    await tick()
    link.send("41")
    await tick()
    assert link.closed is None
    link.send("40")
    await going
    assert link.texts()[-1].startswith('40{"sid"')
    assert len([text for text in link.texts() if text.startswith("40")]) == 1
    assert link.closed == (1012, "restarting")


async def test_going_down_waits_no_longer_than_its_deadline() -> None:
    ends: list[Reason] = []
    server = Server()
    await connected(server, ends)
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server.namespace().on_drain(lambda _: never)
    await server.shutdown(deadline=0.05, spread=0.0)
    assert ends == [Reason.SERVER_SHUTDOWN]


async def test_a_drain_handler_that_fails_keeps_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    link, _ = await connected(server, [])

    def broken(_: Socket) -> None:
        raise RuntimeError("broken")

    async def later(_: Socket) -> None:
        raise RuntimeError("broken later")

    server.namespace().on_drain(broken)
    server.namespace().on_drain(later)
    going = asyncio.ensure_future(server.shutdown(deadline=5.0, spread=0.0))
    await until(lambda: link.closed)
    await going
    assert [record.message for record in caplog.records] == ["a handler failed"] * 2


async def test_going_down_with_nobody_there_takes_no_time() -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await Server().shutdown(deadline=5.0, spread=5.0)
    assert loop.time() - begin < 0.5


async def test_a_peer_that_never_finishes_its_close_is_aborted() -> None:
    server = Server(Config(close_timeout=0.02))
    link, socket = await connected(server, [])
    socket.cut()
    assert not link.wire.aborted
    await until(lambda: link.wire.aborted)


def test_a_peer_that_goes_on_taking_what_it_was_sent_is_waited_for() -> None:
    async def slowly() -> Link:
        link, socket = await connected(Server(Config(close_timeout=5.0)), [])
        link.wire.stalled = True
        socket.emit("last words", "x" * 9_000)
        await tick()
        socket.cut()
        while link.wire.kernel and not link.wire.aborted:
            await asyncio.sleep(3.0)
            link.wire.take(1_000)
        return link

    link = SimulatedLoop(1).run_to_end(slowly())
    assert not link.wire.aborted
    assert link.closed == (1012, "")


@pytest.mark.parametrize("seconds", [4.0, 6.0])
def test_it_is_waited_for_as_long_as_it_takes_something_and_not_for_ever(seconds: float) -> None:
    async def slowly() -> float:
        config = Config(close_timeout=5.0, farewell_timeout=60.0)
        link, socket = await connected(Server(config), [])
        link.wire.stalled = True
        socket.emit("last words", "x" * 9_000)
        await tick()
        socket.cut()
        began = asyncio.get_running_loop().time()
        while not link.wire.aborted:
            await asyncio.sleep(seconds)
            link.wire.take(1)
        return asyncio.get_running_loop().time() - began

    waited = SimulatedLoop(1).run_to_end(slowly())
    assert 60.0 <= waited < 70.0 if seconds < 5.0 else waited < 15.0


async def test_a_client_that_closes_and_reads_no_more_is_not_waited_for() -> None:
    link, _ = await connected(Server(Config(close_timeout=0.01)), [])
    link.wire.close = lambda: None  # type: ignore[method-assign]  # as while something is unsent
    link.raw(serialise(Opcode.CLOSE, (1000).to_bytes(2), mask=b"mask"))
    await until(lambda: link.wire.aborted)
