"""What `PresenceStore` promises."""

from parley.model.presence import Kept
from parley.ports.presence import Sighting
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN, CAT


async def test_of_whom_nothing_is_known_the_default_is_kept(store: Store) -> None:
    assert await store.presence.get([ANN]) == {ANN: Kept("online", None)}
    assert await store.presence.get([]) == {}
    assert await store.presence.connected() == set()


async def test_what_a_person_chose_is_kept_beside_when_they_were_seen(store: Store) -> None:
    await store.presence.choose(ANN, "busy")
    await store.presence.note({ANN: Sighting(connected=True, seen_ms=5)})
    await store.presence.choose(ANN, "away")
    assert await store.presence.get([ANN, BEN]) == {ANN: Kept("away", 5), BEN: Kept()}


async def test_who_was_noted_as_connected_is_until_noted_as_gone(store: Store) -> None:
    everybody = {one: Sighting(connected=True, seen_ms=5) for one in (ANN, BEN, CAT)}
    await store.presence.note(everybody)
    await store.presence.note({BEN: Sighting(connected=False, seen_ms=6)})
    assert await store.presence.connected() == {ANN, CAT}


async def test_when_somebody_was_seen_moves_forwards_only(store: Store) -> None:
    for seen_ms in (None, 7, 5, None):
        await store.presence.note({ANN: Sighting(connected=False, seen_ms=seen_ms)})
    assert await store.presence.get([ANN]) == {ANN: Kept("online", 7)}
    await store.presence.note({ANN: Sighting(connected=False, seen_ms=9)})
    assert await store.presence.get([ANN]) == {ANN: Kept("online", 9)}


async def test_noting_the_same_twice_changes_nothing(store: Store) -> None:
    for _ in range(2):
        await store.presence.note({ANN: Sighting(connected=True, seen_ms=None)})
    assert await store.presence.connected() == {ANN}
    assert await store.presence.get([ANN]) == {ANN: Kept()}
