"""What `BlockStore` promises."""

from parley.model.blocks import Block
from parley.model.ids import UserId
from parley.model.instants import timestamp
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN, CAT


def block(user_id: UserId, at_ms: int = 0) -> Block:
    return Block(user_id=user_id, since=timestamp(at_ms))


async def test_nobody_is_blocked_at_first(store: Store) -> None:
    assert await store.blocks.of(ANN) == set()
    assert await store.blocks.page(ANN, "", 9) == []
    assert await store.blocks.blocking(ANN, [BEN]) == set()
    assert await store.blocks.blocking(ANN, []) == set()
    assert not await store.blocks.remove(ANN, BEN)


async def test_a_block_has_a_direction(store: Store) -> None:
    assert await store.blocks.put(ANN, block(BEN)) == block(BEN)
    assert (await store.blocks.of(ANN), await store.blocks.of(BEN)) == ({BEN}, set())
    assert await store.blocks.blocking(BEN, [ANN, CAT]) == {ANN}
    assert await store.blocks.blocking(ANN, [BEN, CAT]) == set()


async def test_the_first_block_stays_until_it_is_removed(store: Store) -> None:
    await store.blocks.put(ANN, block(BEN, 1))
    assert await store.blocks.put(ANN, block(BEN, 2)) == block(BEN, 1)
    assert await store.blocks.page(ANN, "", 9) == [block(BEN, 1)]
    assert await store.blocks.remove(ANN, BEN)
    assert not await store.blocks.remove(ANN, BEN)
    assert await store.blocks.of(ANN) == set()
    assert await store.blocks.put(ANN, block(BEN, 3)) == block(BEN, 3)


async def test_a_list_is_paged_in_the_order_of_ids(store: Store) -> None:
    for name in ("c", "a", "b"):
        await store.blocks.put(ANN, block(UserId(name)))
    await store.blocks.put(BEN, block(UserId("d")))
    assert [one.user_id for one in await store.blocks.page(ANN, "", 2)] == ["a", "b"]
    assert [one.user_id for one in await store.blocks.page(ANN, "b", 2)] == ["c"]
