"""What `CodeStore` promises."""

import asyncio

from parley.model.codes import Code, Purpose
from parley.model.ids import UserId
from tests.contracts.conftest import Store
from tests.support.pen import ANN, BEN


def code(
    name: bytes, user_id: UserId = ANN, purpose: Purpose = "password", *, expires_ms: int = 9
) -> Code:
    return Code(
        purpose=purpose,
        user_id=user_id,
        email=f"{user_id}@example.org",
        digest=b"\0\xff digest of " + name,
        expires_ms=expires_ms,
    )


async def test_a_code_is_taken_once(store: Store) -> None:
    await store.codes.put(code(b"one"))
    assert await store.codes.take("password", code(b"one").digest) == code(b"one")
    assert await store.codes.take("password", code(b"one").digest) is None


async def test_of_many_who_take_a_code_at_once_one_gets_it(store: Store) -> None:
    await store.codes.put(code(b"one"))
    taken = await asyncio.gather(
        *(store.codes.take("password", code(b"one").digest) for _ in range(5))
    )
    assert [one for one in taken if one is not None] == [code(b"one")]


async def test_a_code_is_good_for_its_purpose_alone(store: Store) -> None:
    await store.codes.put(code(b"one"))
    assert await store.codes.take("email", code(b"one").digest) is None
    assert await store.codes.take("password", code(b"one").digest) == code(b"one")


async def test_a_new_code_takes_the_place_of_the_persons_earlier_one(store: Store) -> None:
    for one in (code(b"one"), code(b"two"), code(b"three", purpose="email"), code(b"four", BEN)):
        await store.codes.put(one)
    assert await store.codes.take("password", code(b"one").digest) is None
    assert await store.codes.take("password", code(b"two").digest) == code(b"two")
    assert await store.codes.take("email", code(b"three").digest) is not None
    assert await store.codes.take("password", code(b"four").digest) == code(b"four", BEN)


async def test_a_persons_codes_are_forgotten(store: Store) -> None:
    for one in (code(b"one"), code(b"two", purpose="email"), code(b"three", BEN)):
        await store.codes.put(one)
    await store.codes.forget(ANN)
    assert await store.codes.take("password", code(b"one").digest) is None
    assert await store.codes.take("email", code(b"two").digest) is None
    assert await store.codes.take("password", code(b"three").digest) is not None


async def test_a_sweep_takes_what_expired_before(store: Store) -> None:
    await store.codes.put(code(b"old", expires_ms=4))
    await store.codes.put(code(b"new", BEN, expires_ms=5))
    assert await store.codes.sweep(5) == 1
    assert await store.codes.take("password", code(b"old").digest) is None
    assert await store.codes.take("password", code(b"new").digest) is not None
