"""A replica set's primary steps down while messages flow: none is lost or doubled, and it goes on by itself.

In front of one server without replicas the answers of a replica set are played; where `PARLEY_TEST_MONGODB` names a
replica set, its primary is told to step down, which needs the role `clusterManager`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, PyMongoError

from tests.support.mongodb import GIVEN, a_server, a_uri
from tests.support.mongodb_front import Front
from tests.support.server import ServerProcess
from tests.support.talking import a_group, check, join_in, talk, whole_log

PATIENCE_SECONDS = 120
AWAY_SECONDS = 5
"""The least that MongoDB asks for; its election takes up to ten seconds more."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[str]:
    server = a_server(tmp_path / "ferretdb")
    async with Front(server.port) as front:
        yield front.uri
    server.kill()


SETS = ["played", "given"] if "replicaset=" in GIVEN.lower() else ["played"]


@pytest.fixture(params=SETS)
def replica_set(request: pytest.FixtureRequest) -> str:
    """The URI of a replica set; the given one, only where there is one, so that none is skipped."""
    if request.param == "played":
        uri: str = request.getfixturevalue("played")
        return uri
    request.getfixturevalue("mongodb")
    return GIVEN


async def step_down(uri: str) -> None:
    """Have the primary step down; return once there is one again."""
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        with suppress(AutoReconnect):  # those before MongoDB 4.2 cut every connection
            await client.admin.command("replSetStepDown", AWAY_SECONDS, force=True)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _is_writable(client):  # noqa: ASYNC110  # nobody sets an event
                await asyncio.sleep(0.1)


async def _is_writable(client: AsyncMongoClient[dict[str, Any]]) -> bool:
    try:
        hello = await client.admin.command("hello")
    except PyMongoError:
        return False
    return bool(hello["isWritablePrimary"])


async def test_a_primary_that_steps_down_under_load_loses_and_doubles_nothing(
    tmp_path: Path, replica_set: str
) -> None:
    settings = {"secret": secrets.token_urlsafe(32), "mongodb_timeout_seconds": "10"}
    node = ServerProcess(tmp_path / "node", store=a_uri(replica_set), **settings)
    # Launched apart from this loop, on which the answers of the one that is played are made.
    await asyncio.to_thread(node.start)
    try:
        async with aiohttp.ClientSession() as http:
            ann, ben = [await join_in(http, node.url, name) for name in ("ann", "ben")]
            group = await a_group(node.url, ann, ben)
            talking = [
                asyncio.create_task(talk(person, [node.url], group, f"{name}-{device}"))
                for name, person in (("ann", ann), ("ben", ben))
                for device in range(3)
            ]
            for acked in (5, 25):
                while len(ann.acked) + len(ben.acked) < acked:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await step_down(replica_set)
            await asyncio.gather(*talking)
            log = await whole_log(node.url, ann, group)
    finally:
        await asyncio.to_thread(node.stop)
    check(log, ann, ben)
    said = [entry for entry in log if entry["type"] == "message.new"]
    assert len(said) == len(ann.acked) + len(ben.acked) == 60
