"""Polling, and the way from it to a WebSocket: nothing is lost, nothing changes places."""

import asyncio
import json

import pytest

from parley.socketio.config import Config
from parley.socketio.errors import Refusal
from parley.socketio.reasons import Reason
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.simulation.loop import SimulatedLoop
from tests.socketio.links import Link, Poller, tick, until


async def connected(server: Server) -> tuple[Poller, Socket]:
    chat = server.namespace()
    poller = await Poller(server).open()
    assert (await poller.post("40")).body == b"ok"
    (reply,) = await poller.poll()
    return poller, chat.sockets[json.loads(reply[2:])["sid"]]


async def test_a_poll_brings_all_pushes_of_a_tick_in_order() -> None:
    server = Server()
    poller, socket = await connected(server)
    socket.join("room")
    poll = asyncio.ensure_future(poller.poll())
    await tick()
    server.namespace().to("room").emit("a")
    socket.emit("b")
    server.namespace().emit("c")
    assert await poll == ['42["a"]', '42["b"]', '42["c"]']


async def test_binary_goes_as_base64() -> None:
    server = Server()
    poller, socket = await connected(server)
    socket.emit("a", b"\x01\x02")
    assert await poller.poll() == ['451-["a",{"_placeholder":true,"num":0}]', "bAQI="]


async def test_pushes_around_an_upgrade_keep_their_order() -> None:
    server = Server()
    poller, socket = await connected(server)
    polled = asyncio.ensure_future(poller.poll())
    await tick()
    link = poller.upgrade()
    link.send("2probe")
    assert await polled == ["6"]
    for event in ("a", "b"):
        socket.emit(event)
        await tick()
    link.send("5")
    socket.emit("c")
    await tick()
    assert link.texts() == ["3probe", '42["a"]', '42["b"]', '42["c"]']


async def test_a_push_taken_by_a_poll_after_the_probe_is_not_sent_again() -> None:
    server = Server()
    poller, socket = await connected(server)
    link = poller.upgrade()
    link.send("2probe")
    socket.emit("a")
    await tick()
    assert await poller.poll() == ['42["a"]']
    assert await poller.poll() == ["6"]
    link.send("5")
    socket.emit("b")
    await tick()
    assert link.texts() == ["3probe", '42["b"]']


async def test_an_upgrade_while_middleware_waits_is_followed_by_the_reply() -> None:
    server = Server()
    gate = asyncio.Event()

    async def wait(socket: Socket) -> None:
        socket.join("room")
        await gate.wait()

    server.namespace().use(wait)
    poller = await Poller(server).open()
    await poller.post("40")
    await tick()
    link = poller.upgrade()
    link.send("2probe")
    link.send("5")
    server.namespace().to("room").emit("held")
    await tick()
    gate.set()
    await until(link.events)
    assert [text[:2] for text in link.texts()] == ["3p", "40", "42"]
    link.emit("anything", ack=1)
    server.namespace().to("room").emit("direct")
    await tick()
    assert link.events() == [["held"], ["direct"]]


async def test_a_lost_candidate_leaves_polling_as_it_was() -> None:
    server = Server()
    poller, socket = await connected(server)
    link = poller.upgrade()
    link.send("2probe")
    link.drop()
    socket.emit("a")
    assert await poller.poll() == ['42["a"]']
    again = poller.upgrade()
    again.send("2probe")
    again.send("5")
    socket.emit("b")
    await tick()
    assert again.texts() == ["3probe", '42["b"]']


@pytest.mark.parametrize("packet", ["5", '42["early"]', "3probe", "2"])
async def test_a_candidate_must_probe_first(packet: str) -> None:
    server = Server()
    poller, socket = await connected(server)
    link = poller.upgrade()
    link.send(packet)
    assert link.closed is not None
    socket.emit("still here")
    assert await poller.poll() == ['42["still here"]']


async def test_a_candidate_that_never_decides_is_closed() -> None:
    server = Server(Config(upgrade_timeout=0.02))
    poller, socket = await connected(server)
    link = poller.upgrade()
    link.send("2probe")
    await until(lambda: link.closed)
    socket.emit("still here")
    assert await poller.poll() == ['42["still here"]']


async def test_a_second_candidate_is_refused_and_the_first_goes_on() -> None:
    server = Server()
    poller, _ = await connected(server)
    first, second = poller.upgrade(), poller.upgrade()
    assert second.head.startswith("HTTP/1.1 400")
    first.send("2probe")
    assert first.texts() == ["3probe"]


async def test_a_cut_poll_is_answered_by_an_error_so_that_every_client_returns() -> None:
    server = Server()
    ends: list[Reason] = []
    server.namespace().on_disconnect(lambda _, reason: ends.append(reason))
    poller, socket = await connected(server)
    poll = asyncio.ensure_future(poller.request("GET"))
    await tick()
    socket.cut()
    answer = await poll
    assert (answer.status, answer.body) == (400, b'{"code":1,"message":"Session ID unknown"}')
    assert ends == [Reason.CUT]


async def test_what_was_sent_before_a_cut_is_given_to_the_polls_that_come_for_it() -> None:
    server = Server(Config(max_packets_per_poll=2))
    poller, socket = await connected(server)
    for event in ("a", "b", "c"):
        socket.emit(event)
    socket.cut()
    socket.emit("too late")
    assert await poller.poll() == ['42["a"]', '42["b"]']
    assert await poller.poll() == ['42["c"]']
    assert (await poller.request("GET")).status == 400
    assert server.engine.sessions == {}


async def test_what_was_sent_before_a_cut_is_answered_to_the_poll_that_waits() -> None:
    server = Server()
    poller, socket = await connected(server)
    poll = asyncio.ensure_future(poller.poll())
    await tick()
    socket.emit("last words")
    socket.cut()
    assert await poll == ['42["last words"]']


async def test_what_is_sent_to_a_session_that_was_cut_is_not_heard() -> None:
    server = Server()
    heard: list[str] = []
    server.namespace().on("say", lambda _, what: heard.append(what))
    poller, socket = await connected(server)
    socket.emit("last words")
    socket.cut()
    assert (await poller.post('42["say","anything"]')).status == 200
    assert heard == []


async def test_who_upgrades_while_it_is_cut_is_given_the_rest_on_the_websocket() -> None:
    server = Server()
    poller, socket = await connected(server)
    link = poller.upgrade()
    link.send("2probe")
    socket.emit("last words")
    socket.cut()
    link.send("5")
    await tick()
    assert link.texts() == ["3probe", '42["last words"]']
    assert link.closed == (1012, "restarting")
    assert server.engine.sessions == {}


async def test_who_probes_when_it_was_cut_already_is_given_the_rest_too() -> None:
    server = Server()
    poller, socket = await connected(server)
    link = poller.upgrade()
    socket.emit("last words")
    socket.cut()
    link.send("2probe")
    assert await poller.poll() == ['42["last words"]']
    assert link.closed is not None


async def test_a_final_close_waits_for_the_poll_that_takes_it() -> None:
    server = Server()
    poller, socket = await connected(server)
    socket.disconnect(close=True)
    assert await poller.poll() == ["41", "1"]
    assert (await poller.request("GET")).status == 400


@pytest.mark.parametrize("pause", [4.0, 6.0])
def test_what_was_sent_before_a_cut_is_there_for_polls_that_go_on_coming(pause: float) -> None:
    """At most 16 packets go with one poll: who has much to take needs more polls than one timeout has room for."""

    async def poll_slowly() -> int:
        poller, socket = await connected(Server(Config(close_timeout=5.0)))
        for number in range(100):
            socket.emit("answer", number)
        await tick()
        socket.cut()
        taken = 0
        while (answer := await poller.request("GET")).status == 200:
            taken += len(answer.packets)
            await asyncio.sleep(pause)
        return taken

    taken = SimulatedLoop(1).run_to_end(poll_slowly())
    assert taken == (100 if pause < 5.0 else 16)


async def test_a_close_that_no_poll_takes_is_forgotten() -> None:
    server = Server(Config(close_timeout=0.02))
    _, socket = await connected(server)
    socket.disconnect(close=True)
    await until(lambda: not server.engine.sessions)


async def test_a_dropped_poll_ends_the_session() -> None:
    server = Server()
    ends: list[Reason] = []
    server.namespace().on_disconnect(lambda _, reason: ends.append(reason))
    poller, _ = await connected(server)
    poll = asyncio.ensure_future(poller.request("GET"))
    await tick()
    poller.drop()
    await poll
    assert ends == [Reason.TRANSPORT_CLOSE]


async def test_a_client_that_never_polls_is_cut_past_its_bound() -> None:
    server = Server(Config(max_outbox=500))
    ends: list[Reason] = []
    server.namespace().on_disconnect(lambda _, reason: ends.append(reason))
    _, socket = await connected(server)
    for _ in range(10):
        socket.emit("push", "x" * 100)
        await tick()
    assert ends == [Reason.OUTBOX_FULL]


async def test_who_polls_is_not_cut_for_an_answer_larger_than_the_bound() -> None:
    server = Server(Config(max_outbox=500))
    answer = "x" * 5_000
    server.namespace().on("large", lambda _: answer)
    poller, _ = await connected(server)
    poll = asyncio.ensure_future(poller.poll())
    await tick()
    await poller.post('421["large"]')
    assert await poll == [f'431["{answer}"]']
    await poller.post('422["large"]')
    assert await poller.poll() == [f'432["{answer}"]']


async def test_such_an_answer_may_change_to_a_websocket_that_does_not_read() -> None:
    server = Server(Config(max_outbox=500))
    answer = "x" * 5_000
    server.namespace().on("large", lambda _: answer)
    poller, _ = await connected(server)
    link = poller.upgrade()
    link.send("2probe")
    await poller.post('421["large"]')
    link.wire.stalled = True
    link.protocol.pause_writing()
    link.send("5")
    await tick()
    link.wire.flow()
    await tick()
    assert link.texts()[-1] == f'431["{answer}"]'
    assert link.closed is None


async def test_a_body_over_the_limit_is_413_while_it_is_read() -> None:
    server = Server(Config(max_payload=10))
    poller = await Poller(server).open()
    answer = await poller.request("POST", chunks=[b"4" * 6, b"4" * 6, b"never read" * 1000])
    assert (answer.status, answer.body) == (413, b"")


async def test_too_many_packets_in_a_body_are_refused() -> None:
    server = Server(Config(max_packets_per_request=2))
    poller = await Poller(server).open()
    assert (await poller.post("40", "2", "2")).status == 400
    assert server.engine.sessions == {}


async def test_a_hook_refuses_polling_as_http() -> None:
    server = Server()
    server.admit = lambda _: Refusal(503, b"later", [("Retry-After", "9")], "text/plain")
    answer = await Poller(server).request("GET")
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, b"later", "9")


async def test_going_down_answers_polls_and_refuses_new_sessions() -> None:
    server = Server()
    poller, _ = await connected(server)
    poll = asyncio.ensure_future(poller.request("GET"))
    await tick()
    await server.shutdown(deadline=1.0, spread=0.0)
    assert (await poll).status == 400
    assert (await Poller(server).request("GET")).status == 503


async def test_other_scopes_are_not_served() -> None:
    with pytest.raises(ValueError, match="websocket"):
        await Server().asgi({"type": "websocket"}, None, None)  # type: ignore[arg-type]


async def test_a_link_may_be_opened_beside_polling_clients() -> None:
    server = Server()
    poller, _ = await connected(server)
    link = Link(server)
    await link.connect()
    server.namespace().emit("all")
    await tick()
    assert link.events() == [["all"]]
    assert await poller.poll() == ['42["all"]']
