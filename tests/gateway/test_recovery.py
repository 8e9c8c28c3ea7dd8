"""Offsets that say how far a socket was told everything, and private ids that nobody can make up."""

import asyncio
import json
import secrets
from typing import Any

import pytest

from parley.adapters.memory.conversations import MemoryConversations
from parley.adapters.memory.marks import MemoryMarks
from parley.gateway.connection import Connection
from parley.gateway.offsets import Offsets
from parley.gateway.recovery import PrivateIds, Recoveries
from parley.journal.rollbacks import Rollbacks
from parley.model.entries import ConversationCreated, FirstMember
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, SessionId, UserId
from parley.ports.log import Record
from parley.ports.recovery import Bounds
from parley.services.recovery import Recovery
from parley.socketio.recovery import Replay
from tests.gateway.conftest import Node, Wire
from tests.support.world import ANN, BEN, CAT, HOME


class Recovering:
    """A node that recovers connections."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.offsets: Offsets = node.hub._offsets
        views = MemoryConversations(node.world.log)
        self.pids = PrivateIds(
            key=b"k" * 32, bus_epoch=self.offsets.bus_epoch, random=secrets.token_bytes
        )
        self.recovery = Recovery(
            replays=self.offsets._replays,
            views=views,
            marks=MemoryMarks(node.world.log),
            bounds=Bounds(500, 100_000),
        )
        self.rollbacks = Rollbacks()
        self.recoveries = Recoveries(
            namespace=node.namespace,
            offsets=self.offsets,
            recovery=self.recovery,
            pids=self.pids,
            rollbacks=self.rollbacks,
        )
        node.namespace.server.recovery = self.recoveries

    async def connect(self, user_id: UserId, session: str = "s") -> tuple[Connection, Wire]:
        """A socket with recovery."""
        connection, wire = self.node.arrive(user_id, session)
        connection.socket.pid = self.recoveries.issue(connection.socket)
        connection.socket.on_transport()
        await self.node.hub.welcome(connection)
        return connection, wire

    def heard(self, wire: Wire) -> list[tuple[int, str]]:
        """Seq and offset of each entry."""
        self.node.flush()
        return [(args[0]["seq"], args[1]) for _, args in arguments(wire)]

    async def resume(self, connection: Connection, pid: str, offset: str) -> Replay | None:
        return await self.recoveries.resume(connection.socket, pid, offset)


def arguments(wire: Wire) -> list[tuple[str, list[Any]]]:
    decoder, text, found = json.JSONDecoder(), wire.bytes.decode("utf-8", "replace"), []
    at = text.find('42["')
    while at >= 0:
        packet, end = decoder.raw_decode(text, at + 2)
        found.append((packet[0], packet[1:]))
        at = text.find('42["', end)
    return found


def replayed(replay: Replay) -> list[str]:
    return [json.loads(packet.text[2:])[0] for packet in replay.packets]


@pytest.fixture
def recovering(node: Node) -> Recovering:
    return Recovering(node)


async def test_every_entry_carries_the_offset_of_its_place_as_a_string(
    recovering: Recovering,
) -> None:
    _, wire = await recovering.connect(BEN)
    for body in "ab":
        await recovering.node.world.send(ANN, body)
    ((_, first), (_, second)) = recovering.heard(wire)
    assert recovering.offsets.position(second) == recovering.offsets.position(first) + 1


async def test_what_was_missed_comes_with_its_offsets_and_then_the_marks(
    recovering: Recovering,
) -> None:
    connection, wire = await recovering.connect(BEN)
    await recovering.node.world.send(ANN, "heard")
    ((_, offset),) = recovering.heard(wire)
    pid = connection.socket.pid
    recovering.node.hub.farewell(connection)
    await recovering.node.world.send(ANN, "missed")
    again, _ = await recovering.connect(BEN)
    replay = await recovering.resume(again, pid, offset)
    assert replayed(replay) == ["message.new", "marks"]
    assert recovering.offsets.position(replay.packets[0].offset) == recovering.offsets.tail
    assert replay.packets[1].offset is None


async def test_a_private_id_fits_its_person_and_session_alone(recovering: Recovering) -> None:
    connection, _ = await recovering.connect(BEN)
    pid = connection.socket.pid
    assert recovering.pids.fits(pid, connection)
    for user_id, session in ((ANN, "s"), (BEN, "t")):
        other = Connection(connection.socket, user_id, SessionId(session))
        assert not recovering.pids.fits(pid, other)
    nonce, epoch, mac = pid.split(".")
    for forged in (
        f"{nonce}.other.{mac}",
        f"{'B' if nonce[0] == 'A' else 'A'}{nonce[1:]}.{epoch}.{mac}",
        f"{nonce}.{epoch}.",
        "",
    ):
        assert not recovering.pids.fits(forged, connection)


async def test_no_two_private_ids_are_the_same(recovering: Recovering) -> None:
    connection, _ = await recovering.connect(BEN)
    pids = {recovering.pids.issue(connection) for _ in range(100)}
    assert len(pids) == 100


async def test_an_offset_of_another_store_or_bus_is_refused(recovering: Recovering) -> None:
    connection, _ = await recovering.connect(BEN)
    await recovering.node.world.send(ANN, "one")
    tail = recovering.offsets.tail
    for offset in (
        f"other.{recovering.offsets.bus_epoch}.{tail}",
        f"store.other.{tail}",
        f"store.{recovering.offsets.bus_epoch}.{tail + 1}",
        f"store.{recovering.offsets.bus_epoch}.-1",
        f"store.{recovering.offsets.bus_epoch}.",
        "1",
    ):
        assert await recovering.resume(connection, connection.socket.pid, offset) is None, offset
    fine = f"store.{recovering.offsets.bus_epoch}.{tail}"
    assert await recovering.resume(connection, connection.socket.pid, fine) is not None


async def test_an_offset_beyond_all_that_is_written_is_counted_as_a_sign_of_a_rollback(
    recovering: Recovering, caplog: pytest.LogCaptureFixture
) -> None:
    connection, _ = await recovering.connect(BEN)
    await recovering.node.world.send(ANN, "one")
    tail = recovering.offsets.tail
    assert tail is not None
    beyond = recovering.offsets.at(tail + 1)
    assert await recovering.resume(connection, "made up", beyond) is None
    assert recovering.rollbacks.signs["offset"] == 0
    assert await recovering.resume(connection, connection.socket.pid, beyond) is None
    assert recovering.rollbacks.signs["offset"] == 1
    assert f"up to position {tail + 1}, and all ends at {tail}." in caplog.text


async def test_where_the_store_does_not_answer_the_client_is_told_to_catch_up(
    recovering: Recovering, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, _ = await recovering.connect(BEN)
    offset = recovering.offsets.at(recovering.offsets.tail)
    for fault in (Unavailable(), ZeroDivisionError()):

        async def failing(*_question: object, fault: Exception = fault) -> None:
            raise fault

        with monkeypatch.context() as faults:
            faults.setattr(recovering.recovery._replays, "missed", failing)
            assert await recovering.resume(connection, connection.socket.pid, offset) is None


@pytest.mark.parametrize("comes_back", [False, True])
async def test_who_has_left_by_the_time_their_replay_is_read_is_told_to_catch_up(
    recovering: Recovering, comes_back: bool
) -> None:
    """What the bus brings next of that conversation follows entries that the store gives them no more."""
    world = recovering.node.world
    connection, _ = await recovering.connect(BEN)
    offset = recovering.offsets.at(recovering.offsets.tail)
    await world.send(ANN, "missed")
    assert await recovering.resume(connection, connection.socket.pid, offset) is not None
    readers, world.bus._record_readers = world.bus._record_readers, []
    await world.send(ANN, "of which the bus brings them word later")
    await world.remove(ANN, BEN)
    if comes_back:
        await world.add(ANN, BEN)
    assert await recovering.resume(connection, connection.socket.pid, offset) is None
    world.bus._record_readers = readers


async def test_a_push_held_during_a_replay_is_dropped_if_and_only_if_the_replay_covers_it(
    recovering: Recovering,
) -> None:
    connection, _ = await recovering.connect(BEN)
    offset = recovering.offsets.at(recovering.offsets.tail)
    await recovering.node.world.send(ANN, "covered")
    until = recovering.offsets.tail
    replay = await recovering.resume(connection, connection.socket.pid, offset)
    await recovering.node.world.send(ANN, "behind")
    covered = replay.covered()
    assert covered(recovering.offsets.at(until))
    assert not covered(recovering.offsets.at(until + 1))


class Hole:
    """Home misses an entry, whose reading waits to be let go; another conversation goes on."""

    def __init__(self, recovering: Recovering) -> None:
        self.recovering = recovering
        self.read = asyncio.Event()

    async def open(self) -> None:
        node, world = self.recovering.node, self.recovering.node.world
        self.other = ConversationId("other")
        people = (FirstMember(CAT, "owner"), FirstMember(BEN, "member"))
        creation = ConversationCreated(actor_id=CAT, kind="group", members=people)
        await world.journal.commit(self.other, CAT, lambda _state: creation)
        reading = node.hub._log.read

        async def late(*question: Any) -> list[Record]:
            await self.read.wait()
            return await reading(*question)

        node.hub._log.read = late
        readers, world.bus._record_readers = world.bus._record_readers, []
        await world.send(ANN, "lost on its way")
        world.bus._record_readers = readers
        await world.send(ANN, "ahead")

    async def close(self) -> None:
        self.read.set()
        await self.recovering.node.world.background.settled()


async def test_a_hole_stops_its_conversation_alone_and_offsets_never_pass_it(
    recovering: Recovering,
) -> None:
    _, wire = await recovering.connect(BEN)
    hole = Hole(recovering)
    await hole.open()
    await recovering.node.world.send(CAT, "no hole here", where=hole.other)
    before = recovering.heard(wire)
    assert [seq for seq, _ in before] == [1, 2], "the other conversation does not wait"
    assert recovering.offsets.position(before[1][1]) is None, "but its offset is void"
    assert recovering.offsets.tail is None

    await hole.close()
    after = recovering.heard(wire)[2:]
    assert [seq for seq, _ in after] == [2, 3]
    assert [recovering.offsets.position(offset) for _, offset in after] == [None, None]
    await recovering.node.world.send(ANN, "whole again")
    ((_, offset),) = recovering.heard(wire)[4:]
    assert recovering.offsets.position(offset) == recovering.offsets.tail


async def test_nobody_is_recovered_while_something_is_missing(recovering: Recovering) -> None:
    connection, _ = await recovering.connect(BEN)
    offset = recovering.offsets.at(recovering.offsets.tail)
    hole = Hole(recovering)
    await hole.open()
    assert await recovering.resume(connection, connection.socket.pid, offset) is None
    await hole.close()


async def test_a_void_offset_is_not_recovered(recovering: Recovering) -> None:
    connection, wire = await recovering.connect(BEN)
    hole = Hole(recovering)
    await hole.open()
    await hole.close()
    last = recovering.heard(wire)[-1][1]
    assert await recovering.resume(connection, connection.socket.pid, last) is None


async def test_who_comes_while_a_hole_is_filled_is_told_in_order_and_the_room_outlives_the_others(
    recovering: Recovering,
) -> None:
    node = recovering.node
    first, _ = await recovering.connect(BEN)
    hole = Hole(recovering)
    await hole.open()
    node.hub.farewell(first)
    _, wire = await recovering.connect(BEN)
    await node.world.send(ANN, "next")
    await hole.close()
    await node.world.send(ANN, "last")
    assert [seq for seq, _ in recovering.heard(wire)] == [2, 3, 4, 5]


@pytest.mark.usefixtures("node")
async def test_plain_sockets_get_no_offset(recovering: Recovering) -> None:
    plain = await recovering.node.connect(BEN)
    _, other = await recovering.connect(BEN)
    await recovering.node.world.send(ANN, "one")
    recovering.node.flush()
    assert [len(args) for _, args in arguments(plain)] == [1]
    assert [len(args) for _, args in arguments(other)] == [2]
    assert arguments(plain)[0][1][0]["conversation_id"] == HOME


async def test_an_entry_is_encoded_for_recovery_only_where_somebody_has_it(
    recovering: Recovering, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []
    monkeypatch.setattr(
        "parley.socketio.encoding.Encoded._with_argument",
        lambda self, argument: made.append(argument) or self,
    )
    for _ in range(3):
        await recovering.node.connect(BEN)
    await recovering.node.world.send(ANN, "one")
    recovering.node.flush()
    assert made == []
    for _ in range(3):
        await recovering.connect(BEN)
    await recovering.node.world.send(ANN, "two")
    recovering.node.flush()
    assert len(made) == 1
