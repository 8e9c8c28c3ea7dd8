"""Connection state recovery: nothing is lost, nothing comes twice, wherever the link is cut."""

import asyncio
import json
from typing import Any

import pytest

from parley.socketio.config import Config
from parley.socketio.encoding import Encoded
from parley.socketio.reasons import Reason
from parley.socketio.recovery import MemoryRecovery, Recovery, Replay
from parley.socketio.server import Server
from parley.socketio.socket import Socket
from tests.socketio.links import Link, Poller, tick, until


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Does with offsets what the official client does: the last trailing string counts."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.link = Link(server)
        self.pid: str | None = None
        self.offset: str | None = None
        self.recovered = False
        self.received: list[list[Any]] = []

    async def connect(self) -> dict[str, Any]:
        auth: dict[str, Any] = {"recover": True}
        if self.pid is not None and self.offset is not None:
            auth |= {"pid": self.pid, "offset": self.offset}
        reply = await self.link.connect(auth)
        self.recovered = self.pid is not None and reply.get("pid") == self.pid
        self.pid = reply["pid"]
        return reply

    def read(self, upto: int | None = None) -> None:
        """Takes in the events of this link, as far as its bytes came."""
        for event in self.link.events(upto):
            if isinstance(event[-1], str):
                self.offset = event.pop()
            self.received.append(event)

    def cut(self, upto: int | None = None) -> None:
        self.read(upto)
        self.link.drop()

    async def return_(self) -> dict[str, Any]:
        self.link = Link(self.server)
        return await self.connect()


def make(window: float = 120.0, max_events: int = 1000) -> tuple[Server, Clock]:
    clock = Clock()
    server = Server(recovery=MemoryRecovery(clock, window, max_events))
    server.namespace()
    return server, clock


async def client_in(server: Server, *rooms: str) -> Client:
    client = Client(server)
    sid = (await client.connect())["sid"]
    for room in rooms:
        server.namespace().sockets[sid].join(room)
    return client


async def test_only_who_asks_gets_a_pid_and_offsets() -> None:
    server, _ = make()
    plain, recovering = Link(server), Client(server)
    assert list(await plain.connect()) == ["sid"]
    assert list(await recovering.connect()) == ["sid", "pid"]
    server.namespace().emit("news", 1)
    await tick()
    assert plain.events() == [["news", 1]]
    ((event, argument, offset),) = recovering.link.events()
    assert (event, argument, type(offset)) == ("news", 1, str)


async def test_recovery_may_be_offered_to_all() -> None:
    server = Server(Config(recover_all=True), MemoryRecovery(Clock()))
    server.namespace()
    assert "pid" in await Link(server).connect()


async def test_without_an_implementation_nobody_gets_a_pid() -> None:
    server = Server(Config(recover_all=True))
    server.namespace()
    assert list(await Link(server).connect({"recover": True})) == ["sid"]


async def test_who_returns_has_its_id_rooms_and_data_and_what_it_missed() -> None:
    server, _ = make()
    chat = server.namespace()
    client = await client_in(server, "mine")
    (old,) = chat.sockets.values()
    old.data = "my data"
    chat.to("mine").emit("seen", 0)
    await tick()
    client.cut()
    chat.to("mine").emit("missed", 1)
    chat.to("other").emit("not mine", 2)
    chat.except_("mine").emit("not me", 3)
    chat.emit("for all", 4)
    chat.to(old.id).emit("for me", 5)
    await client.return_()
    chat.to("mine").emit("after", 6)
    await tick()
    client.read()
    (new,) = chat.sockets.values()
    assert client.recovered
    assert (new.id, new.data, new.recovered) == (old.id, "my data", True)
    assert set(new.rooms) == {old.id, "mine"}
    assert [event[0] for event in client.received] == [
        "seen", "missed", "for all", "for me", "after"
    ]  # fmt: skip


async def test_the_replay_stands_between_the_reply_and_what_handlers_emit() -> None:
    server, _ = make()
    chat = server.namespace()
    chat.on_connect(lambda socket: socket.emit("hello", socket.recovered))
    client = await client_in(server, "room")
    await tick()
    client.cut()
    chat.to("room").emit("missed", 1)
    await client.return_()
    await tick()
    assert [text[:5] for text in client.link.texts()[1:]] == ['40{"s', '42["m', '42["h']
    assert client.link.events()[1][:2] == ["hello", True]


async def test_who_got_no_push_yet_is_not_recovered() -> None:
    server, _ = make()
    client = await client_in(server)
    pid = client.pid
    client.cut()
    await client.return_()
    assert not client.recovered
    assert client.pid != pid


async def test_a_window_that_has_passed_is_not_recovered() -> None:
    server, clock = make(window=60.0)
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.cut()
    clock.now += 61
    await client.return_()
    assert not client.recovered


async def test_an_offset_that_has_left_the_log_is_not_recovered() -> None:
    server, _ = make(max_events=5)
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.cut()
    for number in range(6):
        server.namespace().to("room").emit("missed", number)
    await client.return_()
    assert not client.recovered


@pytest.mark.parametrize("offset", ["", "x", "other.1", "{epoch}.99", "{epoch}.x", "{epoch}.-1"])
async def test_an_offset_that_was_never_given_is_not_recovered(offset: str) -> None:
    server, _ = make()
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.cut()
    assert client.offset is not None
    client.offset = offset.format(epoch=client.offset.partition(".")[0])
    await client.return_()
    assert not client.recovered


async def test_a_pid_is_good_for_one_return_at_a_time() -> None:
    server, _ = make()
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.cut()
    twin = Client(server)
    twin.pid, twin.offset = client.pid, client.offset
    await client.return_()
    await twin.connect()
    assert (client.recovered, twin.recovered) == (True, True)
    assert client.link.closed is not None
    assert len(server.namespace().sockets) == 1


async def test_a_client_may_return_before_its_old_connection_is_known_to_be_dead() -> None:
    server, _ = make()
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen", 0)
    await tick()
    client.read()
    server.namespace().to("room").emit("lost on the way", 1)
    await tick()
    await client.return_()
    await tick()
    client.read()
    assert client.recovered
    assert client.received == [["seen", 0], ["lost on the way", 1]]


@pytest.mark.parametrize("final", ["41", "server"])
async def test_who_ended_for_good_is_not_recovered(final: str) -> None:
    server, _ = make()
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.read()
    if final == "41":
        client.link.send("41")
    else:
        next(iter(server.namespace().sockets.values())).disconnect()
    await client.return_()
    assert not client.recovered


async def test_another_namespace_does_not_take_a_pid() -> None:
    server, _ = make()
    server.namespace("/other")
    client = await client_in(server, "room")
    server.namespace().to("room").emit("seen")
    await tick()
    client.cut()
    reply = await Link(server).connect(
        {"recover": True, "pid": client.pid, "offset": client.offset}, "/other"
    )
    assert reply["pid"] != client.pid


def numbered(chat: Any, count: int) -> None:
    """Pushes to two rooms in turn, of one of them large messages."""
    for number in range(count):
        large = number % 2 == 0
        room = "large" if large else "small"
        padding = "x" * (150 if large else 1)
        chat.push(room, chat.encode("push", json.dumps([number, padding])[1:-1].encode()))


async def test_wherever_the_link_is_cut_everything_comes_once_and_in_order() -> None:
    """Two rooms, one of them large; cut at every byte of what was written."""
    server, _ = make(max_events=100_000)
    chat = server.namespace()
    client = await client_in(server, "large", "small")
    chat.emit("begin")
    await tick()
    begin = len(bytes(client.link.wire.sent).partition(b"\r\n\r\n")[2])
    numbered(chat, 6)
    await tick()
    end = len(bytes(client.link.wire.sent).partition(b"\r\n\r\n")[2])
    client.cut(begin)
    for cut in range(begin, end + 1):
        client = await client_in(server, "large", "small")
        chat.emit("begin")
        await tick()
        numbered(chat, 6)
        await tick()
        client.cut(cut)
        numbered(chat, 2)
        await client.return_()
        numbered(chat, 1)
        await tick()
        client.read()
        assert client.recovered
        numbers = [event[1] for event in client.received if event[0] == "push"]
        assert numbers == [0, 1, 2, 3, 4, 5, 0, 1, 0]
        client.link.send("41")


async def test_a_slow_link_is_sent_its_offsets_in_order_too() -> None:
    server, _ = make()
    chat = server.namespace()
    client = await client_in(server, "large", "small")
    chat.emit("begin")
    await tick()
    client.link.wire.stalled = True
    for _ in range(3):
        numbered(chat, 5)
        chat.emit("for all", 1)
        await tick()
    client.link.wire.flow()
    await tick()
    offsets = [int(event[-1].partition(".")[2]) for event in client.link.events()]
    assert offsets == sorted(offsets)
    assert len(offsets) == 1 + 3 * 6


async def test_an_event_that_was_encoded_with_its_offset_keeps_it() -> None:
    server, _ = make()
    client = await client_in(server, "room")
    server.namespace().push("room", server.namespace().encode("news", b"1", "mine.1"))
    await tick()
    assert client.link.events() == [["news", 1, "mine.1"]]


async def test_a_string_that_stands_last_in_an_unpositioned_event_is_no_offset() -> None:
    class Unpositioned(MemoryRecovery):
        __slots__ = ()

        def position(self, *_: Any) -> str | None:
            return None

    server = Server(recovery=Unpositioned(Clock()))
    server.namespace()
    client = await client_in(server)
    server.namespace().emit("trap", "text")
    await tick()
    assert client.link.events() == [["trap", "text", None]]


class Port(Recovery):
    """A recovery whose positions are the application's own, as a store would give them."""

    def __init__(self) -> None:
        self.ended_for: list[bool] = []
        self.replay: Replay | None = None
        self.room = ""

    def issue(self, socket: Socket) -> str:
        return "pid"

    def position(self, *_: Any) -> str | None:
        return None

    def ended(self, socket: Socket, *, final: bool) -> None:
        self.ended_for.append(final)

    async def resume(self, socket: Socket, pid: str, offset: str) -> Replay | None:
        socket.join(self.room)
        chat = socket.namespace
        for number in (3, 4):
            chat.push(self.room, chat.encode("push", b"%d" % number), offset=str(number))
        await tick()
        return self.replay


async def test_a_push_that_the_replay_has_brought_is_not_sent_twice() -> None:
    port = Port()
    server = Server(recovery=port)
    chat = server.namespace()
    port.room = "room"
    missed: list[Encoded] = [chat.encode("push", b"%d" % n).at(str(n)) for n in (1, 2, 3)]
    port.replay = Replay(missed)
    client = Client(server)
    client.pid, client.offset = "pid", "0"
    await client.connect()
    await tick()
    client.read()
    assert client.recovered
    assert client.received == [["push", 1], ["push", 2], ["push", 3], ["push", 4]]
    assert client.offset == "4"


async def test_pushes_to_rooms_joined_on_the_way_in_come_in_their_place_in_the_replay() -> None:
    """Behind it, they would take the client's offset back, and the next return would bring things twice."""
    server, _ = make()
    chat = server.namespace()
    client = await client_in(server, "old")
    chat.to("old").emit("push", 1)
    await tick()
    client.cut()
    admitted = asyncio.Event()

    async def come_in(socket: Socket) -> None:
        socket.join("new")
        await admitted.wait()

    chat.use(come_in)
    returning = asyncio.create_task(client.return_())
    await tick()
    for number, room in enumerate(("new", "old", "new", "old"), start=2):
        chat.to(room).emit("push", number)
        await tick()
    admitted.set()
    await returning
    chat.to("new").emit("push", 6)
    await tick()
    client.read()
    assert client.recovered
    assert client.received == [["push", number] for number in range(1, 7)]


async def test_who_cannot_be_put_back_into_its_rooms_returns_as_somebody_new(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recovery = MemoryRecovery(Clock())
    server = Server(Config(max_rooms=2), recovery)
    chat = server.namespace()
    client = await client_in(server, "a", "b")
    chat.to("a").emit("push", 1)
    await tick()
    client.cut()
    chat.use(lambda socket: socket.join("c"))
    client.link = Link(server)
    auth = {"recover": True, "pid": client.pid, "offset": client.offset}
    client.link.send("40" + json.dumps(auth))
    await until(lambda: client.link.closed)
    assert "TooManyRooms" in caplog.text
    assert not chat.rooms
    await client.return_()
    assert not client.recovered
    assert set(chat.rooms) == {"c"}


async def test_without_a_replay_nothing_that_was_held_is_lost() -> None:
    port = Port()
    server = Server(recovery=port)
    server.namespace()
    port.room = "room"
    client = Client(server)
    client.pid, client.offset = "old", "0"
    await client.connect()
    await tick()
    client.read()
    assert not client.recovered
    assert client.received == [["push", 3], ["push", 4]]


async def test_the_port_learns_of_every_end() -> None:
    port = Port()
    server = Server(recovery=port)
    server.namespace()
    for end in ("41", "drop"):
        client = await client_in(server)
        if end == "41":
            client.link.send("41")
        client.cut()
    assert port.ended_for == [True, False]


async def test_a_recovery_that_fails_cuts_so_that_the_client_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(Port):
        async def resume(self, socket: Socket, pid: str, offset: str) -> Replay | None:
            raise ValueError("ouch")

    server = Server(recovery=Failing())
    server.namespace()
    link = Link(server)
    link.send('40{"recover":true,"pid":"a","offset":"b"}')
    await until(lambda: link.closed)
    assert link.closed is not None
    assert link.closed[0] == 1011
    assert "ouch" in caplog.text
    assert Reason.CUT not in caplog.text


async def test_who_returns_by_polling_is_not_cut_for_what_it_missed() -> None:
    """It would return with the same offset, and be cut for the same packets, again and again."""
    server = Server(Config(max_outbox=2_000), MemoryRecovery(Clock()))
    chat = server.namespace()

    async def connect(**auth: Any) -> tuple[Poller, list[str]]:
        poller = await Poller(server).open()
        await poller.post("40" + json.dumps({"recover": True, **auth}))
        return poller, await poller.poll()

    poller, (reply,) = await connect()
    chat.emit("news", 0)
    ((_, _, offset),) = [json.loads(text[2:]) for text in await poller.poll()]
    server.engine.sessions[poller.sid].lose(Reason.TRANSPORT_CLOSE)
    for _ in range(15):
        chat.emit("news", "x" * 1_000)
    poller, packets = await connect(pid=json.loads(reply[2:])["pid"], offset=offset)
    await tick()
    chat.emit("news", 2)
    await tick()
    assert len(packets) == 16
    assert poller.sid in server.engine.sessions
