"""What of contacts and blocks reaches sockets: all devices of whom it concerns, and nobody else's."""

import pytest

from parley.model.accounts import User
from parley.model.contacts import ListedContact
from parley.model.instants import timestamp
from parley.ports.bus import BlockChanged, ContactChanged
from tests.support.world import ANN, BEN

CONTACT = ListedContact(
    user_id=BEN,
    status="accepted",
    since=timestamp(0),
    name="Benny",
    user=User(user_id=BEN, username="ben", display_name="Ben", created_at=timestamp(0)),
)
SHOWN = {
    "user_id": "ben",
    "status": "accepted",
    "since": "1970-01-01T00:00:00.000Z",
    "name": "Benny",
    "user": {
        "user_id": "ben",
        "username": "ben",
        "display_name": "Ben",
        "created_at": "1970-01-01T00:00:00.000Z",
    },
}


@pytest.mark.parametrize(
    ("signal", "push"),
    [
        (ContactChanged(ANN, "contact.changed", BEN, CONTACT), {"contact": SHOWN}),
        (ContactChanged(ANN, "contact.requested", BEN, CONTACT), {"contact": SHOWN}),
        (ContactChanged(ANN, "contact.accepted", BEN, CONTACT), {"contact": SHOWN}),
        (ContactChanged(ANN, "contact.added", BEN), {"user_id": "ben"}),
        (ContactChanged(ANN, "contact.removed", BEN), {"user_id": "ben"}),
        (BlockChanged(ANN, BEN, blocked=True), {"user_id": "ben", "blocked": True}),
    ],
)
async def test_all_devices_of_one_person_are_told(node, signal, push):
    wires = [await node.connect(ANN) for _ in range(2)]
    other = await node.connect(BEN)
    node.world.bus.signal(signal)
    node.flush()
    event = signal.event if isinstance(signal, ContactChanged) else "block.changed"
    assert [wire.events for wire in wires] == [[(event, push)]] * 2
    assert other.events == []
