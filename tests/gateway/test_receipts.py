"""Who is sent receipts, on one node."""

from parley.model.ids import ConversationId
from parley.model.marks import MemberMarks, Receipt
from parley.ports.bus import Marked
from tests.gateway.conftest import Node, Wire
from tests.support.world import ANN, BEN, CAT, HOME


def marked(*marks: MemberMarks, to_members: bool, where: ConversationId = HOME) -> Marked:
    return Marked(Receipt(where, list(marks)), to_members)


def receipts(node: Node, wire: Wire) -> list[dict[str, object]]:
    node.flush()
    return [payload for name, payload in wire.events if name == "receipt"]


async def test_members_are_told_on_every_device_and_outsiders_are_not(node: Node) -> None:
    wires = [await node.connect(person) for person in (ANN, BEN, BEN)]
    outsider = await node.connect(CAT)
    node.world.bus.signal(marked(MemberMarks(BEN, 3, 2), to_members=True))
    told = {
        "conversation_id": HOME,
        "marks": [{"user_id": BEN, "delivered": 3, "read": 2}],
    }
    assert [receipts(node, wire) for wire in wires] == [[told]] * 3
    assert receipts(node, outsider) == []


async def test_a_state_carries_no_seq(node: Node) -> None:
    wire = await node.connect(ANN)
    node.world.bus.signal(marked(MemberMarks(BEN, 3), to_members=True))
    (receipt,) = receipts(node, wire)
    assert receipt.keys() == {"conversation_id", "marks"}
    assert receipt["marks"] == [{"user_id": BEN, "delivered": 3}]


async def test_what_is_for_oneself_goes_to_ones_own_devices_and_to_nobody_else(node: Node) -> None:
    mine = [await node.connect(BEN), await node.connect(BEN)]
    others = await node.connect(ANN)
    both = (MemberMarks(BEN, 3, 1), MemberMarks(ANN, 9, 9))
    node.world.bus.signal(marked(*both, to_members=False))
    assert [receipts(node, wire)[0]["marks"] for wire in mine] == [
        [{"user_id": BEN, "delivered": 3, "read": 1}]
    ] * 2
    assert [receipt["marks"] for receipt in receipts(node, others)] == [
        [{"user_id": ANN, "delivered": 9, "read": 9}]
    ]


async def test_who_has_left_is_told_nothing_more(node: Node) -> None:
    left = await node.connect(BEN)
    await node.connect(ANN)
    await node.world.remove(ANN, BEN)
    node.world.bus.signal(marked(MemberMarks(ANN, 2, 2), to_members=True))
    node.world.bus.signal(marked(MemberMarks(BEN, 2, 2), to_members=False))
    assert receipts(node, left) == []


async def test_a_conversation_that_nobody_here_is_in_costs_no_push(node: Node) -> None:
    wire = await node.connect(ANN)
    nowhere = ConversationId("nowhere")
    node.world.bus.signal(marked(MemberMarks(ANN, 2, 2), to_members=True, where=nowhere))
    node.world.bus.signal(marked(MemberMarks(ANN, 2, 2), to_members=False, where=nowhere))
    assert receipts(node, wire) == []


async def test_a_receipt_ends_no_session(node: Node) -> None:
    wire = await node.connect(ANN)
    node.world.bus.signal(marked(MemberMarks(ANN, 2, 2), to_members=True))
    await node.world.send(ANN, "still here")
    assert node.types(wire) == ["receipt", "message.new"]
