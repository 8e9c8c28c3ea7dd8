"""What `ContactStore` promises."""

import asyncio

from parley.model.contacts import Contact, Pair
from parley.model.ids import UserId
from parley.model.instants import timestamp
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN, CAT

NOW = timestamp(0)


def contact(user_id: UserId, status: str = "accepted", **more: object) -> Contact:
    return Contact(user_id=user_id, status=status, since=NOW, **more)


async def keep(store: Store, one: UserId, other: UserId, pair: Pair) -> None:
    assert await store.contacts.replace(one, other, Pair(), pair)


async def test_strangers_have_nothing_of_each_other(store: Store) -> None:
    assert await store.contacts.pair(ANN, BEN) == Pair()
    assert await store.contacts.page(ANN, "accepted", "", 9) == []
    assert await store.contacts.count(ANN, "accepted") == 0
    assert await store.contacts.kept(ANN) == set()
    assert await store.contacts.keeping(ANN, []) == set()


async def test_what_two_have_is_seen_from_both_sides(store: Store) -> None:
    mine = contact(BEN, "outgoing", name="Benny", notes="from school", data={"a$.b": [1, None]})
    pair = Pair(mine, contact(ANN, "incoming"))
    await keep(store, ANN, BEN, pair)
    assert await store.contacts.pair(ANN, BEN) == pair
    assert await store.contacts.pair(BEN, ANN) == pair.turned
    await keep(store, CAT, BEN, Pair(contact(BEN)))
    assert await store.contacts.pair(BEN, CAT) == Pair(None, contact(BEN))


async def test_only_what_is_still_so_is_replaced(store: Store) -> None:
    asked = Pair(contact(BEN, "outgoing"), contact(ANN, "incoming"))
    await keep(store, ANN, BEN, asked)
    accepted = Pair(contact(BEN), contact(ANN))
    assert not await store.contacts.replace(ANN, BEN, Pair(), accepted)
    assert not await store.contacts.replace(ANN, BEN, Pair(contact(BEN, name="x")), accepted)
    assert await store.contacts.pair(ANN, BEN) == asked
    assert await store.contacts.replace(BEN, ANN, asked.turned, accepted.turned)
    assert await store.contacts.pair(ANN, BEN) == accepted
    assert not await store.contacts.replace(ANN, BEN, asked, Pair())
    assert await store.contacts.replace(ANN, BEN, accepted, Pair())
    assert await store.contacts.pair(ANN, BEN) == Pair()
    assert await store.contacts.replace(ANN, BEN, Pair(), Pair())


async def test_of_two_changes_at_once_one_is_made(store: Store) -> None:
    changes = [
        store.contacts.replace(ANN, BEN, Pair(), Pair(contact(BEN, name="one"))),
        store.contacts.replace(BEN, ANN, Pair(), Pair(contact(ANN, name="two"))),
    ]
    made = await asyncio.gather(*changes)
    assert sorted(made) == [False, True]
    pair = await store.contacts.pair(ANN, BEN)
    assert [pair.mine is not None, pair.theirs is not None] == made


async def test_a_list_is_paged_by_status_in_the_order_of_ids(store: Store) -> None:
    me = UserId("m")
    people = [UserId(name) for name in ("a", "c", "k", "n", "x", "z")]
    for one in people:
        await keep(store, me, one, Pair(contact(one)))
    await keep(
        store, UserId("b"), me, Pair(contact(me, "outgoing"), contact(UserId("b"), "incoming"))
    )
    first = await store.contacts.page(me, "accepted", "", 4)
    assert [one.user_id for one in first] == people[:4]
    assert [one.user_id for one in await store.contacts.page(me, "accepted", "n", 4)] == ["x", "z"]
    assert [one.user_id for one in await store.contacts.page(me, "incoming", "", 4)] == ["b"]
    assert [await store.contacts.count(me, status) for status in ("accepted", "incoming")] == [6, 1]
    assert await store.contacts.page(me, "outgoing", "", 4) == []


async def test_who_keeps_whom_is_known_both_ways(store: Store) -> None:
    await keep(store, ANN, BEN, Pair(contact(BEN)))
    await keep(store, CAT, ANN, Pair(contact(ANN)))
    await keep(store, BEN, CAT, Pair(contact(CAT, "outgoing"), contact(BEN, "incoming")))
    assert await store.contacts.kept(ANN) == {BEN}
    assert await store.contacts.kept(CAT) == {ANN}
    assert await store.contacts.kept(BEN) == set()
    assert await store.contacts.keeping(ANN, [BEN, CAT]) == {CAT}
    assert await store.contacts.keeping(BEN, [ANN, CAT]) == {ANN}
    assert await store.contacts.keeping(CAT, [ANN, BEN]) == set()
