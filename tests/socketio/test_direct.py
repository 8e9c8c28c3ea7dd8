"""Frames written to the socket itself: in order with the transport's, and never to another's."""

import asyncio
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from parley.socketio.config import Config
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.socketio.links import REQUEST, Link, State, Wire, tick, unmasked, until

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
PUSHES = 400
FILLING = b"x" * 20_000


class Cable(Wire):
    """A transport on a real socket, of which `peer` is the other end."""

    def __init__(self) -> None:
        super().__init__()
        self.socket, self.peer = socket.socketpair()
        self.socket.setblocking(False)
        self.peer.setblocking(False)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.socket if name == "socket" else super().get_extra_info(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0


@pytest.fixture
def cable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Links of this test are on real sockets."""
    cables: list[Cable] = []

    def lay() -> Cable:
        cables.append(Cable())
        return cables[-1]

    monkeypatch.setattr("tests.socketio.links.Wire", lay)
    yield
    for each in cables:
        each.socket.close()
        each.peer.close()


async def connected(server: Server) -> tuple[Link, Socket]:
    chat = server.namespace()
    link = Link(server)
    link.send("40")
    await until(lambda: chat.sockets)
    await tick()
    return link, next(iter(chat.sockets.values()))


def arrived(link: Link) -> bytes:
    """What was written to the socket itself since it was asked for."""
    try:
        return bytes(link.wire.peer.recv(1 << 20))  # type: ignore[attr-defined]
    except BlockingIOError:
        return b""


def push(server: Server, room: str, args: bytes = b"1") -> None:
    chat = server.namespace()
    chat.push(room, chat.encode("push", args))


@pytest.mark.usefixtures("cable")
async def test_pushes_go_to_the_socket_itself() -> None:
    server = Server()
    link, member = await connected(server)
    member.join("room")
    arrived(link)
    writes = link.wire.writes
    push(server, "room")
    await tick()
    assert unmasked(arrived(link)) == [(1, b'42["push",1]')]
    assert link.wire.writes == writes


def leave(link: Link, _: Socket) -> None:
    link.send("41")


def kick(_: Link, member: Socket) -> None:
    member.disconnect()


def cut(_: Link, member: Socket) -> None:
    member.cut()


def vanish(link: Link, _: Socket) -> None:
    link.drop()


def say_goodbye(link: Link, _: Socket) -> None:
    link.raw(b"\x88\x80mask")


def break_a_rule(link: Link, _: Socket) -> None:
    link.raw(b"\x83\x80mask")


@pytest.mark.usefixtures("cable")
@pytest.mark.parametrize("end", [leave, kick, cut, vanish, say_goodbye, break_a_rule])
async def test_a_socket_that_ended_is_never_written_to_again(
    end: Callable[[Link, Socket], None],
) -> None:
    server = Server()
    link, member = await connected(server)
    end(link, member)
    await tick()
    arrived(link)
    # An application that is late: the number may be another connection's by now.
    member.join("room")
    push(server, "room")
    push(server, member.id)
    member.emit("push")
    await tick()
    assert arrived(link) == b""
    assert member.descriptor == -1


@pytest.mark.usefixtures("cable")
async def test_who_closes_and_leaves_the_answer_unread_is_not_waited_for() -> None:
    link, member = await connected(Server(Config(close_timeout=0.01)))
    link.wire.close = lambda: None  # type: ignore[method-assign]  # as while something is unsent
    link.wire.stalled = True
    say_goodbye(link, member)
    await until(lambda: link.wire.aborted)


@pytest.mark.usefixtures("cable")
async def test_while_the_transport_holds_something_back_nothing_overtakes_it() -> None:
    server = Server()
    link, member = await connected(server)
    member.join("room")
    arrived(link)
    link.wire.stalled = True
    link.wire.write(b"")
    push(server, "room")
    await tick()
    assert arrived(link) == b""
    link.wire.flow()
    push(server, "room", b"2")
    await tick()
    assert link.events()[-1:] == [["push", 1]]
    assert unmasked(arrived(link)) == [(1, b'42["push",2]')]


@pytest.mark.parametrize("new_loop", LOOPS)
def test_what_the_kernel_does_not_take_follows_in_order(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        numbers = runner.run(_numbers_of_a_slow_reader())
    assert numbers == list(range(PUSHES))


async def _numbers_of_a_slow_reader() -> list[int]:
    """Pushes far more than the kernel takes to a client that reads only afterwards."""
    server = Server(Config(max_outbox=1 << 30))
    chat = server.namespace()
    chat.on_connect(lambda member: member.join("room"))
    loop = asyncio.get_running_loop()

    def serve() -> asyncio.Protocol:
        return server.websocket_protocol(config=None, server_state=State(), app_state=None)

    listener = await loop.create_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(
        *listener.sockets[0].getsockname(), limit=1 << 30
    )
    target = "/socket.io/?EIO=4&transport=websocket"
    writer.write(REQUEST.format(target=target, more="").encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"\x81\x82\x00\x00\x00\x0040")
    await until(lambda: chat.rooms)
    for number in range(PUSHES):
        push(server, "room", b'%d,"%b"' % (number, FILLING))
        await asyncio.sleep(0)
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    last = b'["push",%d,"%b"]' % (PUSHES - 1, FILLING)
    stream = await reader.readuntil(last)
    writer.close()
    listener.close()
    return [int(number) for number in re.findall(rb'42\["push",(\d+),"x+"\]', stream)]
