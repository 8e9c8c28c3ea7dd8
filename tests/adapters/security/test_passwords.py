"""Passwords: argon2id, bcrypt accepted, bounded."""

import asyncio
import secrets
from collections.abc import Iterator

import bcrypt
import pytest

from parley.adapters.security.passwords import Argon2Passwords
from parley.model.errors import RateLimited


def cheap(**options: int) -> Argon2Passwords:
    return Argon2Passwords(random=secrets.token_bytes, memory_kib=8, passes=1, **options)


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    passwords = cheap()
    yield passwords
    passwords.close()


async def test_the_right_password_fits_and_another_does_not(passwords):
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify("correct horse", hashed) == (True, None)
    assert await passwords.verify("wrong horse", hashed) == (False, None)


async def test_the_same_password_never_has_the_same_hash(passwords):
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_a_bcrypt_hash_is_accepted_and_a_better_one_comes_with_it(passwords):
    brought = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
    fits, better = await passwords.verify("correct horse", brought)
    assert fits
    assert better is not None
    assert await passwords.verify("correct horse", better) == (True, None)
    assert await passwords.verify("wrong horse", brought) == (False, None)


async def test_a_bcrypt_hash_of_a_long_password_fits_as_where_it_was_made(passwords):
    brought = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    fits, better = await passwords.verify("x" * 100, brought)
    assert fits
    assert better is not None
    assert await passwords.verify("x" * 72, better) == (False, None)


async def test_a_hash_made_with_other_parameters_is_replaced(passwords):
    stronger = Argon2Passwords(random=secrets.token_bytes, memory_kib=16, passes=2)
    fits, better = await stronger.verify("correct horse", await passwords.hash("correct horse"))
    stronger.close()
    assert fits
    assert better is not None


async def test_nobodys_password_never_fits_but_is_hashed_with_the_same_cost(passwords):
    assert await passwords.verify("correct horse", None) == (False, None)
    memory = passwords._nobodys.split("$")[3]
    assert memory == (await passwords.hash("x" * 8)).split("$")[3] == "m=8,t=1,p=1"


async def test_what_is_no_hash_fits_nothing(passwords):
    assert await passwords.verify("correct horse", "!erased") == (False, None)


async def test_past_the_bound_of_what_may_wait_it_says_when_to_come_back():
    passwords = cheap(threads=1, most_waiting=2)
    waiting = [asyncio.ensure_future(passwords.hash("correct horse")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as refused:
        await passwords.hash("correct horse")
    assert refused.value.details == {"retry_after": 1}
    await asyncio.gather(*waiting)
    assert await passwords.hash("correct horse")
    passwords.close()
