"""Passwords with argon2id; bcrypt hashes that people bring are accepted and replaced."""

import asyncio
import base64
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from parley.model.errors import RateLimited
from parley.model.ids import RandomBytes
from parley.ports.passwords import Passwords

T = TypeVar("T")

BCRYPT_BYTES = 72
"""bcrypt reads no further. Those who made such hashes cut there in silence, so the comparison must."""

SALT_BYTES = 16
HASH_BYTES = 32
NICENESS = 10


class _CuttingBcrypt(BcryptHasher):
    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - pwdlib's name
        raw = password.encode() if isinstance(password, str) else password
        return super().verify(raw[:BCRYPT_BYTES], hash)


class Argon2Passwords(Passwords):
    """A few threads of low priority; argon2 leaves the interpreter to others while it works.

    A storm of sign-ins so neither holds up messages nor piles up: past `most_waiting` it answers `RateLimited`.
    The defaults are OWASP's second recommendation for argon2id (19 MiB, two passes, one lane).
    """

    def __init__(
        self,
        *,
        random: RandomBytes,
        memory_kib: int = 19_456,
        passes: int = 2,
        lanes: int = 1,
        threads: int = 2,
        most_waiting: int = 64,
    ) -> None:
        argon2 = Argon2Hasher(
            time_cost=passes,
            memory_cost=memory_kib,
            parallelism=lanes,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
        )
        self._hashes = PasswordHash((argon2, _CuttingBcrypt()))
        # As costly to verify as anybody's, and made without hashing: no password is known to fit it.
        self._nobodys = (
            f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}"
            f"${_base64(random(SALT_BYTES))}${_base64(random(HASH_BYTES))}"
        )
        self._pool = ThreadPoolExecutor(threads, "passwords", initializer=_step_back)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._off_the_loop(lambda: self._hashes.hash(password))

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        return await self._off_the_loop(lambda: self._verify(password, hashed or self._nobodys))

    def close(self) -> None:
        """Let go of the threads; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        try:
            return self._hashes.verify_and_update(password, hashed)
        except UnknownHashError:
            return False, None

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise RateLimited("Too many people are signing in; wait a little.", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _step_back() -> None:
    """Give this thread less of the processor; on Linux niceness is a thread's own, elsewhere the process's."""
    if sys.platform == "linux":
        os.nice(NICENESS)
