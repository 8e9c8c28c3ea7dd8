"""Who is sent what, on one node."""

import asyncio
import dataclasses
from collections.abc import Callable

import msgspec
import pytest

from parley.adapters.memory.bus import MemoryBus
from parley.adapters.memory.faults import Faults, Reading
from parley.gateway import hub
from parley.gateway.connection import Connection
from parley.model.accounts import Account, as_me
from parley.model.entries import (
    ConversationCreated,
    ConversationDeleted,
    FirstMember,
    MessageNew,
)
from parley.model.errors import Unavailable
from parley.model.ids import ConversationId, SessionId, UserId
from parley.model.instants import timestamp
from parley.ports.bus import MeChanged, SessionRevoked
from parley.ports.conversations import Membership
from parley.ports.log import Record
from parley.socketio.encoding import Encoded
from parley.socketio.errors import ConnectError
from parley.socketio.socket import Socket
from tests.gateway.conftest import Node, node_over
from tests.socketio.links import Link, tick
from tests.support.world import ANN, BEN, CAT, HOME


async def test_every_device_of_every_member_gets_every_entry_the_sender_too(node: Node) -> None:
    wires = [await node.connect(person) for person in (ANN, ANN, BEN, BEN)]
    await node.world.send(ANN, "one")
    await node.world.send(BEN, "two")
    assert [node.seqs(wire) for wire in wires] == [[2, 3]] * 4


async def test_an_outsider_gets_nothing(node: Node) -> None:
    wire = await node.connect(CAT)
    await node.world.send(ANN, "one")
    assert node.types(wire) == []


async def test_a_tick_with_message_removal_message_shows_the_removed_the_first_two_only(
    node: Node,
) -> None:
    removed, stays = await node.connect(BEN), await node.connect(ANN)
    world = node.world
    answers = [world.send(ANN, "before"), world.remove(ANN, BEN), world.send(ANN, "after")]
    for answer in answers:
        await answer
    assert node.types(removed) == ["message.new", "member.left"]
    assert node.seqs(stays) == [2, 3, 4]


async def test_entries_of_one_batch_reach_the_removed_up_to_their_leaving(node: Node) -> None:
    removed = await node.connect(BEN)
    world = node.world
    opening = world.send(ANN, "opens the flight")
    batch = [world.send(ANN, "before"), world.remove(ANN, BEN), world.send(ANN, "after")]
    for answer in (opening, *batch):
        await answer
    node.flush()
    assert [entry.get("body") for _, entry in removed.events] == [
        "opens the flight",
        "before",
        None,
    ]


async def test_the_added_see_everything_from_their_joining_on(node: Node) -> None:
    wire = await node.connect(CAT)
    world = node.world
    answers = [world.send(ANN, "before"), world.add(ANN, CAT), world.send(ANN, "after")]
    for answer in answers:
        await answer
    assert node.types(wire) == ["member.joined", "message.new"]
    assert node.seqs(wire) == [3, 4]


async def test_who_is_removed_and_added_again_hears_again(node: Node) -> None:
    wire = await node.connect(BEN)
    world = node.world
    await world.remove(ANN, BEN)
    await world.send(ANN, "unheard")
    await world.add(ANN, BEN)
    await world.send(ANN, "heard")
    assert node.seqs(wire) == [2, 4, 5]


async def test_the_first_members_of_a_new_conversation_see_its_creation() -> None:
    node = node_over()
    wires = [await node.connect(person) for person in (ANN, BEN)]
    await node.world.open()
    assert [node.types(wire) for wire in wires] == [["conversation.created"]] * 2


@pytest.mark.parametrize("rounds", range(8))
async def test_a_socket_that_connects_while_its_person_is_added_misses_nothing(rounds: int) -> None:
    """Whenever the addition falls: what the socket is not pushed is in the heads that its handshake read."""
    node = node_over(Faults(readings=[Reading(), Reading(before=3, after=3)]))
    world = node.world
    await world.open()
    connection, wire = node.arrive(CAT)
    arriving = asyncio.ensure_future(node.hub.welcome(connection))
    for _ in range(rounds):
        await asyncio.sleep(0)
    await world.add(ANN, CAT)
    await world.send(ANN, "during")
    await arriving
    await world.send(ANN, "after")
    seqs = node.seqs(wire)
    assert seqs[-1] == 4
    assert seqs == list(range(seqs[0], 5))
    assert HOME in connection.conversations


@pytest.mark.parametrize("rounds", range(8))
async def test_a_socket_that_connects_while_its_person_is_removed_hears_nothing_after(
    rounds: int,
) -> None:
    node = node_over(Faults(readings=[Reading(), Reading(before=3, after=3)]))
    world = node.world
    await world.open()
    connection, wire = node.arrive(BEN)
    arriving = asyncio.ensure_future(node.hub.welcome(connection))
    for _ in range(rounds):
        await asyncio.sleep(0)
    await world.remove(ANN, BEN)
    await arriving
    await world.send(ANN, "after")
    assert 3 not in node.seqs(wire)
    assert not connection.conversations


async def test_a_conversation_deleted_during_a_handshake_is_not_entered(node: Node) -> None:
    node.world.log.faults._readings = iter([Reading(after=5), *[Reading()] * 9])
    connection, _wire = node.arrive(BEN)
    arriving = asyncio.ensure_future(node.hub.welcome(connection))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await node.world.journal.commit(HOME, ANN, lambda _state: ConversationDeleted(actor_id=ANN))
    await arriving
    assert not connection.conversations


async def test_what_was_delivered_before_a_handshake_ends_is_not_delivered_again(
    node: Node,
) -> None:
    """Where nobody is left who could have remembered how far the conversation was."""
    leaves = await node.connect(BEN)
    node.world.log.faults._readings = iter([Reading(after=9), *[Reading()] * 9])
    connection, wire = node.arrive(ANN)
    arriving = asyncio.ensure_future(node.hub.welcome(connection))
    await asyncio.sleep(0)
    await node.world.remove(ANN, BEN)
    await arriving
    await node.world.send(ANN, "after")
    await tick()
    assert node.types(leaves) == ["member.left"]
    assert node.seqs(wire) == [3]


async def test_what_passed_is_forgotten_while_somebody_is_always_arriving(node: Node) -> None:
    """Nobody is here, so whatever is sent passes by."""
    let_in: list[asyncio.Event] = []
    memberships = node.hub._views.memberships

    async def slow(user_id: UserId) -> dict:
        let_in.append(asyncio.Event())
        await let_in[-1].wait()
        return await memberships(user_id)

    node.hub._views.memberships = slow
    arriving = []
    most = 0
    for number in range(30):
        connection, _wire = node.arrive(CAT)
        arriving.append(asyncio.ensure_future(node.hub.welcome(connection)))
        await asyncio.sleep(0)
        node.hub._passed.note(ConversationId(f"conversation {number}"), 1)
        if number:
            let_in[number - 1].set()
            await arriving[number - 1]
            assert node.hub._passed.seq(ConversationId(f"conversation {number}")) == 1
        most = max(most, len(node.hub._passed))
    let_in[-1].set()
    await arriving[-1]
    assert most <= 4
    assert len(node.hub._passed) == 0


def late(bus: MemoryBus) -> Callable[[], None]:
    """Have the bus bring nothing, until the call that this returns."""
    on_their_way: list[Record] = []
    publish, bus.publish = bus.publish, on_their_way.extend

    def catch_up() -> None:
        bus.publish = publish
        publish(on_their_way)

    return catch_up


async def test_memberships_older_than_what_was_delivered_are_read_again(node: Node) -> None:
    await node.connect(ANN)
    await node.world.send(ANN, "one")
    readings = [{HOME: Membership(1, 1)}, {HOME: Membership(2, 1)}]

    async def memberships(_user_id: UserId) -> dict:
        return readings.pop(0)

    node.hub._views.memberships = memberships
    await node.connect(BEN)
    assert readings == []


async def test_memberships_that_stay_behind_are_not_asked_for_without_end(
    node: Node, monkeypatch
) -> None:
    monkeypatch.setattr(hub, "VIEW_PAUSES", (0.0, 0.01))
    await node.connect(ANN)
    await node.world.send(ANN, "one")
    readings = [{HOME: Membership(1, 1)}] * 9

    async def memberships(_user_id: UserId) -> dict:
        return readings.pop()

    node.hub._views.memberships = memberships
    connection, _wire = node.arrive(BEN)
    with pytest.raises(Unavailable):
        await node.hub.welcome(connection)
    assert len(readings) == 6


@pytest.mark.parametrize("others", [(), (ANN,)])
async def test_who_comes_in_ahead_of_the_bus_is_sent_nothing_of_before_their_joining(
    node: Node, others: tuple[UserId, ...]
) -> None:
    """Whether the conversation had sockets here before or not, and for who was in it all along everything goes on."""
    for other in others:
        await node.connect(other)
    catch_up = late(node.world.bus)
    await node.world.send(ANN, "before")
    await node.world.add(ANN, CAT)
    old, new = await node.connect(BEN), await node.connect(CAT)
    catch_up()
    await node.world.send(ANN, "after")
    assert node.seqs(old) == [2, 3, 4]
    assert node.seqs(new) == [3, 4]


async def test_who_comes_in_ahead_of_their_own_leaving_is_told_of_it(node: Node) -> None:
    """A connection that is recovered asks for nothing, so nothing else would say so."""
    catch_up = late(node.world.bus)
    await node.world.remove(ANN, BEN)
    wire = await node.connect(BEN)
    catch_up()
    await tick()
    assert node.types(wire) == ["member.left"]


async def test_an_old_leaving_does_not_keep_who_is_back_from_hearing(node: Node) -> None:
    catch_up = late(node.world.bus)
    await node.world.remove(ANN, BEN)
    await node.world.send(ANN, "unheard")
    await node.world.add(ANN, BEN)
    wire = await node.connect(BEN)
    catch_up()
    await node.world.send(ANN, "heard")
    assert node.seqs(wire) == [4, 5]


async def test_a_socket_comes_in_while_a_conversation_never_rests(node: Node) -> None:
    await node.connect(ANN)
    memberships = node.hub._views.memberships
    readings: list[dict] = []

    async def overtaken(user_id: UserId) -> dict:
        readings.append(await memberships(user_id))
        await node.world.send(ANN, "one more")
        return readings[-1]

    node.hub._views.memberships = overtaken
    async with asyncio.timeout(60):
        wire = await node.connect(BEN)
    node.hub._views.memberships = memberships
    await node.world.send(ANN, "the next")
    assert len(readings) == 2
    assert node.seqs(wire) == [4]


async def test_what_comes_twice_is_delivered_once(node: Node) -> None:
    wire = await node.connect(BEN)
    await node.world.send(ANN, "one")
    node.hub.on_record(node.world.published[-1])
    assert node.seqs(wire) == [2]


async def test_a_gap_is_filled_from_the_log_in_order(node: Node) -> None:
    wire = await node.connect(BEN)
    world = node.world
    readers, world.bus._record_readers = world.bus._record_readers, [world.published.append]
    for body in "abcd":
        await world.send(ANN, body)
    world.bus._record_readers = readers
    for record in world.published[-2:]:
        node.hub.on_record(record)
    await world.background.settled()
    assert node.seqs(wire) == [2, 3, 4, 5]


async def test_two_gaps_behind_each_other_are_both_filled(node: Node) -> None:
    wire = await node.connect(BEN)
    world = node.world
    readers, world.bus._record_readers = world.bus._record_readers, [world.published.append]
    for body in "abcdef":
        await world.send(ANN, body)
    world.bus._record_readers = readers
    by_seq = {record.entry.seq: record for record in world.published}
    for seq in (3, 6, 7):
        node.hub.on_record(by_seq[seq])
    await world.background.settled()
    assert node.seqs(wire) == [2, 3, 4, 5, 6, 7]


async def test_where_a_gap_cannot_be_filled_the_sockets_are_cut_to_come_back(node: Node) -> None:
    wire = await node.connect(BEN)
    await node.world.send(ANN, "one")

    async def down(*_question: object) -> list[Record]:
        raise Unavailable

    node.hub._log.read = down
    entry = MessageNew(conversation_id=HOME, seq=9, actor_id=ANN, messages=8, body="far ahead")
    node.hub.on_record(Record(entry))
    await node.world.background.settled()
    assert len(wire.closed) == 1
    assert 9 not in node.seqs(wire)


def with_rooms(node: Node, most: int) -> None:
    server = node.namespace.server
    server.config = dataclasses.replace(server.config, max_rooms=most)


async def test_a_socket_with_too_many_rooms_is_cut_and_the_others_hear_everything(
    node: Node,
) -> None:
    with_rooms(node, 1)
    ann, cat = await node.connect(ANN), await node.connect(CAT)
    second = ConversationId("second")
    first_members = (FirstMember(CAT, "owner"), FirstMember(ANN, "member"))
    creation = ConversationCreated(actor_id=CAT, kind="group", members=first_members)
    await node.world.journal.commit(second, CAT, lambda _state: creation)
    await node.world.send(CAT, "hello", where=second)
    await node.world.background.settled()
    assert len(ann.closed) == 1
    assert node.types(cat) == ["conversation.created", "message.new"]
    assert node.hub.connections(ANN) == 0


async def test_a_gap_that_fails_to_be_filled_does_not_silence_other_conversations(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, cat = await node.connect(BEN), await node.connect(CAT)
    await node.world.send(ANN, "one")

    async def faulty(*_question: object) -> list[Record]:
        raise ZeroDivisionError

    with monkeypatch.context() as faults:
        faults.setattr(node.hub._log, "read", faulty)
        entry = MessageNew(conversation_id=HOME, seq=9, actor_id=ANN, messages=8, body="far ahead")
        node.hub.on_record(Record(entry))
        await node.world.background.settled()
    assert len(ben.closed) == 1
    second = ConversationId("second")
    creation = ConversationCreated(actor_id=CAT, kind="group", members=(FirstMember(CAT, "owner"),))
    await node.world.journal.commit(second, CAT, lambda _state: creation)
    assert node.types(cat) == ["conversation.created"]


async def test_a_session_that_ends_takes_its_sockets_along_and_no_others(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, laptop = await node.connect(ANN, "phone"), await node.connect(ANN, "laptop")
    node.world.bus.signal(SessionRevoked(ANN, SessionId("phone")))
    node.flush()
    assert phone.events == [("session.revoked", {"session_id": "phone"})]
    assert phone.bytes.endswith(b"41")
    assert laptop.bytes == b""


async def test_a_socket_whose_session_ends_while_it_connects_is_told_why_it_may_not_come_in(
    node: Node,
) -> None:
    connection, _wire = node.arrive(ANN, "phone")
    await node.hub.welcome(connection)
    refusals: list[ConnectError] = []
    connection.socket.connected = False
    connection.socket._connection.give_up = lambda _socket, error: refusals.append(error)
    node.world.bus.signal(SessionRevoked(ANN, SessionId("phone")))
    (refusal,) = refusals
    assert refusal.data["code"] == "session_revoked"


async def test_all_of_ones_devices_hear_of_a_changed_profile_and_nobody_else(node: Node) -> None:
    phone, laptop = await node.connect(ANN, "phone"), await node.connect(ANN, "laptop")
    ben = await node.connect(BEN)
    account = Account(
        user_id=ANN,
        username="ann",
        email="ann@example.org",
        display_name="Ann",
        password_hash="",
        created_at=timestamp(0),
    )
    node.world.bus.signal(MeChanged(ANN, as_me(account)))
    assert [node.types(wire) for wire in (phone, laptop, ben)] == [["me.changed"]] * 2 + [[]]
    ((_, push),) = phone.events
    assert push["user"]["email"] == "ann@example.org"


async def test_a_socket_that_is_catching_up_hears_of_its_end_and_not_what_was_held(
    node: Node,
) -> None:
    connection, wire = node.arrive(ANN, "phone")
    await node.hub.welcome(connection)
    carrier = connection.socket._connection
    carrier.check_held = lambda _size: None
    carrier.drop = lambda socket, _reason: setattr(socket, "connected", False)
    connection.socket.hold()
    await node.world.send(BEN, "a secret")
    node.world.bus.signal(SessionRevoked(ANN, SessionId("phone")))
    node.flush()
    connection.socket.release()
    node.flush()
    assert wire.events == [("session.revoked", {"session_id": "phone"})]
    assert wire.bytes.endswith(b"41")


async def test_a_socket_that_is_gone_leaves_no_trace(node: Node) -> None:
    connection, _ = node.arrive(BEN)
    await node.hub.welcome(connection)
    node.hub.farewell(connection)
    assert node.hub.connections(BEN) == 0
    assert not node.hub._rooms
    assert not node.hub._arriving


async def test_one_entry_is_encoded_once_whatever_the_number_of_sockets(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        await node.connect(BEN)
    encoded: list[str] = []
    encode = node.namespace.encode

    def noted(event: str, args: bytes, offset: str | None = None) -> Encoded:
        encoded.append(event)
        return encode(event, args, offset)

    monkeypatch.setattr(node.namespace, "encode", noted)
    await node.world.send(ANN, "one")
    assert encoded == ["message.new"]


async def test_an_entry_that_was_just_pushed_is_not_encoded_again_for_its_ack(node: Node) -> None:
    first = (await node.world.send(ANN, "one")).entry
    second = (await node.world.send(ANN, "two")).entry
    assert first is not None
    assert second is not None
    assert node.hub.encoded(second) is node.hub.encoded(second)
    assert msgspec.json.decode(node.hub.encoded(first))["body"] == "one"
    assert msgspec.json.decode(node.hub.encoded(second))["body"] == "two"


async def test_a_session_that_ends_while_its_socket_comes_in_is_sent_nothing(node: Node) -> None:
    """Between the look at the session and the reply may lie a recovery, which reads the store."""
    reading = asyncio.Event()

    async def come_in(socket: Socket) -> None:
        socket.data = connection = Connection(socket, BEN, SessionId("ended"))
        await node.hub.welcome(connection)
        await reading.wait()

    node.namespace.use(come_in)
    link = Link(node.namespace.server)
    link.send("40")
    await tick()
    node.hub.end_session(BEN, SessionId("ended"))
    await node.world.send(ANN, "for members whose session lives")
    reading.set()
    await tick()
    assert [text[:2] for text in link.texts()[1:]] == ["44"]
    assert not node.namespace.sockets
