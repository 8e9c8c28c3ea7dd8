"""Members that do not keep up: parked, bounded, cut; and never in anybody's way."""

import asyncio

from parley.socketio.config import Config
from parley.socketio.reasons import Reason
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.socketio.links import Link, tick


async def two_members(server: Server) -> tuple[Link, Link, list[Reason]]:
    ends: list[Reason] = []
    chat = server.namespace()
    chat.on_connect(lambda socket: socket.join("room"))
    chat.on_disconnect(lambda _, reason: ends.append(reason))
    chat.on("echo", lambda _, value: value)
    links = Link(server), Link(server)
    for link in links:
        await link.connect()
    await tick()
    return *links, ends


def push(server: Server, number: int) -> None:
    chat = server.namespace()
    chat.push("room", chat.encode("push", b'%d,"%b"' % (number, b"x" * 90)))


def numbers(link: Link) -> list[int]:
    return [event[1] for event in link.events()]


async def test_a_stalled_member_delays_nobody_and_loses_nothing() -> None:
    server = Server()
    slow, quick, _ = await two_members(server)
    slow.wire.stalled = True
    for number in range(50):
        push(server, number)
        await tick()
    assert numbers(quick) == list(range(50))
    writes = slow.wire.writes
    slow.wire.flow()
    await tick()
    assert numbers(slow) == list(range(50))
    assert slow.wire.writes > writes


async def test_what_waits_for_a_stalled_member_is_counted_until_it_reads() -> None:
    server = Server()
    slow, quick, _ = await two_members(server)
    slow.wire.stalled = True
    for number in range(10):
        push(server, number)
        await tick()
    waiting = sorted(session.outbox_bytes for session in server.engine.sessions.values())
    assert waiting[0] == 0
    assert 900 < waiting[1] < 1_500
    slow.wire.flow()
    assert numbers(slow) == numbers(quick)
    assert sum(session.outbox_bytes for session in server.engine.sessions.values()) == 0


async def test_a_stalled_member_is_not_written_to() -> None:
    server = Server()
    slow, _, _ = await two_members(server)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    writes = slow.wire.writes
    for number in range(20):
        push(server, number)
        await tick()
    assert slow.wire.writes == writes


async def test_requests_of_a_stalled_member_are_not_read_until_it_reads() -> None:
    server = Server()
    slow, _, _ = await two_members(server)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    assert not slow.wire.reading
    slow.wire.flow()
    assert slow.wire.reading


async def test_a_member_that_stalls_again_while_it_catches_up_keeps_the_order() -> None:
    server = Server()
    slow, _, _ = await two_members(server)
    number = 0
    for _ in range(4):
        slow.wire.stalled = True
        for _ in range(10):
            push(server, number)
            number += 1
            await tick()
        stalling = slow.wire.write

        def once(data: bytes, write: object = stalling) -> None:
            slow.wire.write = write  # type: ignore[method-assign,assignment]
            slow.wire.stalled = True
            slow.wire.write(data)

        slow.wire.write = once  # type: ignore[method-assign,assignment]
        slow.wire.flow()
        push(server, number)
        number += 1
        await tick()
        slow.wire.write = stalling  # type: ignore[method-assign]
        slow.wire.flow()
        await tick()
    assert numbers(slow) == list(range(number))


async def test_past_its_bound_a_member_is_cut_and_may_come_back() -> None:
    server = Server(Config(max_outbox=2_000))
    slow, quick, ends = await two_members(server)
    slow.wire.stalled = True
    for number in range(40):
        push(server, number)
        await tick()
    slow.wire.flow()
    await tick()
    assert slow.closed == (1013, "outbox is full")
    assert ends == [Reason.OUTBOX_FULL]
    assert numbers(quick) == list(range(40))


async def test_many_may_overflow_in_one_push_to_their_room() -> None:
    server = Server(Config(max_outbox=50))
    chat = server.namespace()
    links = [Link(server) for _ in range(20)]
    for link in links:
        chat.sockets[(await link.connect())["sid"]].join("room")
    await tick()
    for link in links[::2]:
        link.wire.stalled = True
    for number in range(3):
        push(server, number)
        await tick()
    assert all(numbers(link) == [0, 1, 2] for link in links[1::2])
    assert len(chat.rooms["room"].members) == 10


async def test_what_is_held_is_bounded_too() -> None:
    server = Server(Config(max_outbox=2_000))
    held, _, ends = await two_members(server)
    sid = next(iter(server.namespace().sockets))
    server.namespace().sockets[sid].hold()
    for number in range(40):
        push(server, number)
        await tick()
    assert held.closed == (1013, "too much is held")
    assert ends == [Reason.OUTBOX_FULL]


async def test_what_is_held_for_who_left_before_middleware_ended_is_bounded_too() -> None:
    server = Server(Config(max_outbox=1000))
    chat = server.namespace()
    connecting: list[Socket] = []

    async def never(socket: Socket) -> None:
        socket.join("room")
        connecting.append(socket)
        await asyncio.Event().wait()

    chat.use(never)
    link = Link(server)
    link.send("40")
    await tick()
    link.drop()
    for _ in range(50):
        chat.to("room").emit("news", "x" * 100)
        await tick()
        assert connecting[0].held_size <= 1000


async def test_what_waits_is_still_sent_before_a_close() -> None:
    server = Server()
    slow, _, _ = await two_members(server)
    sockets: list[Socket] = list(server.namespace().sockets.values())
    slow.wire.stalled = True
    for number in range(5):
        push(server, number)
        await tick()
    sockets[0].cut(1012)
    slow.wire.flow()
    await tick()
    assert numbers(slow) == list(range(5))
    assert slow.closed == (1012, "")


async def test_who_asked_for_an_answer_larger_than_the_bound_is_not_cut_for_it() -> None:
    server = Server(Config(max_outbox=2_000))
    slow, _, ends = await two_members(server)
    answer = "x" * 50_000
    server.namespace().on("large", lambda _: answer)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    slow.emit("large", ack=1)  # read before, answered now
    await tick()
    push(server, 1)
    await tick()
    assert ends == []
    slow.wire.flow()
    await tick()
    assert f'431["{answer}"]' in slow.texts()
    assert numbers(slow) == [0, 1]


async def test_behind_such_an_answer_what_is_pushed_is_bounded_as_ever() -> None:
    server = Server(Config(max_outbox=2_000))
    slow, _, ends = await two_members(server)
    server.namespace().on("large", lambda _: "x" * 50_000)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    slow.emit("large", ack=1)
    for number in range(40):
        push(server, number)
        await tick()
    assert ends == [Reason.OUTBOX_FULL]


async def test_many_such_answers_are_bounded_by_the_largest_one() -> None:
    server = Server(Config(max_outbox=2_000))
    slow, _, ends = await two_members(server)
    server.namespace().on("large", lambda _: "x" * 50_000)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    slow.emit("large", ack=1)
    await tick()
    assert ends == []
    slow.emit("large", ack=2)
    await tick()
    assert ends == [Reason.OUTBOX_FULL]


async def test_once_nothing_waits_the_bound_is_as_before() -> None:
    server = Server(Config(max_outbox=2_000))
    slow, _, ends = await two_members(server)
    server.namespace().on("large", lambda _: "x" * 50_000)
    slow.wire.stalled = True
    push(server, 0)
    await tick()
    slow.emit("large", ack=1)
    await tick()
    slow.wire.flow()
    slow.wire.stalled = True
    for number in range(40):
        push(server, number)
        await tick()
    assert ends == [Reason.OUTBOX_FULL]


async def test_nothing_follows_what_a_member_past_its_bound_was_not_sent() -> None:
    """It may read again before it is cut, and would take what it then gets for all there was until there."""
    server = Server(Config(max_outbox=2_000))
    slow, _, ends = await two_members(server)
    slow.wire.stalled = True
    for number in range(60):
        if number == 50:
            slow.wire.flow()
        push(server, number)
        server.fanout.flush()
    await tick()
    got = numbers(slow)
    assert got == list(range(len(got)))
    assert slow.closed == (1013, "outbox is full")
    assert ends == [Reason.OUTBOX_FULL]
