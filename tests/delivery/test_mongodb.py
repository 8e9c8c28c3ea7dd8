"""Nodes on one MongoDB: racing for a conversation, losing the database under load, and finding each other."""

import asyncio
import itertools
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import socketio

from tests.support.ferretdb import FerretDB
from tests.support.mongodb import a_server
from tests.support.server import ServerProcess
from tests.support.talking import Person, a_group, check, join_in, readiness, talk, whole_log

SECRET = secrets.token_urlsafe(32)
TEA_ROOM = {"kind": "room", "name": "Tea Room"}

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def database(tmp_path: Path) -> Iterator[FerretDB]:
    server = a_server(tmp_path / "ferretdb")
    yield server
    server.kill()


def node(folder: Path, database: FerretDB, **settings: str) -> ServerProcess:
    store = f"{database.uri}/parley"
    return ServerProcess(folder, store=store, secret=SECRET, **settings)


async def test_two_nodes_racing_for_a_conversation_make_one_log(
    tmp_path: Path, database: FerretDB, http: aiohttp.ClientSession
) -> None:
    several = {"allow_several_nodes": "true"}
    with (
        node(tmp_path / "one", database, **several) as one,
        node(tmp_path / "two", database, **several) as two,
    ):
        ann, ben, cat = [await join_in(http, one.url, name) for name in ("ann", "ben", "cat")]
        group = await a_group(one.url, ann, ben)
        racing = asyncio.gather(
            *(
                talk(person, [one.url, two.url], group, f"{name}-{device}")
                for name, person in (("ann", ann), ("ben", ben))
                for device in range(3)
            )
        )
        await come_and_go(ann, cat, one.url, two.url, group)
        await racing
        logs = [await whole_log(url, ann, group) for url in (one.url, two.url)]
    assert logs[0] == logs[1]
    check(logs[0], ann, ben, cat)
    assert len(ann.acked) == len(ben.acked) == 30


async def come_and_go(owner: Person, guest: Person, one: str, two: str, group: str) -> None:
    """Someone is let in on one node and writes on the other at once; is removed, and can't."""
    for number, (here, there) in enumerate(
        itertools.islice(itertools.cycle(((one, two), (two, one))), 4)
    ):
        members = f"{here}/v1/conversations/{group}/members"
        status, answer = await owner.ask("POST", members, {"user_id": guest.user_id})
        assert status in (200, 201), answer
        status, answer = await guest.say([there], group, f"in-{number}")
        assert status == 201, answer
        status, answer = await owner.ask("DELETE", f"{members}/{guest.user_id}")
        assert status in (200, 204), answer
        status, answer = await guest.say([there], group, f"out-{number}")
        assert status == 404, answer


async def test_a_database_that_dies_under_load_loses_and_doubles_nothing(
    tmp_path: Path, database: FerretDB, http: aiohttp.ClientSession
) -> None:
    with node(tmp_path / "one", database, mongodb_timeout_seconds="2") as server:
        ann, ben = [await join_in(http, server.url, name) for name in ("ann", "ben")]
        group = await a_group(server.url, ann, ben)
        talking = [
            asyncio.create_task(talk(person, [server.url], group, f"{name}-{device}"))
            for name, person in (("ann", ann), ("ben", ben))
            for device in range(3)
        ]
        for acked in (5, 20):
            while len(ann.acked) + len(ben.acked) < acked:  # noqa: ASYNC110  # nobody sets an event
                await asyncio.sleep(0.01)
            database.kill()
            await readiness(http, server.url, 503)
            database.start()
            await readiness(http, server.url, 200)
        await asyncio.gather(*talking)
        log = await whole_log(server.url, ann, group)
    check(log, ann, ben)
    said = [entry for entry in log if entry["type"] == "message.new"]
    assert len(said) == len(ann.acked) + len(ben.acked) == 60


async def test_a_second_node_without_a_common_bus_ends_and_says_why(
    tmp_path: Path, database: FerretDB
) -> None:
    with node(tmp_path / "one", database) as first:
        second = node(tmp_path / "two", database)
        second.launch()
        assert await asyncio.to_thread(second.exit_code) == 1
        assert "Another node is alive" in second.lines[-1]["event"]
        first.signal(signal.SIGKILL)
        first.exit_code()
        with second:  # nobody's beat goes on
            pass


async def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path / "data",
        store="mongodb://ann:hush@127.0.0.1:1/parley",
        mongodb_timeout_seconds="0.5",
    )
    server.launch()
    assert await asyncio.to_thread(server.exit_code) == 1
    said = " ".join(line["event"] for line in server.lines)
    assert "127.0.0.1:1/parley can't be used" in said
    assert "hush" not in said


async def test_marks_rooms_preferences_and_presence_outlive_the_node(
    tmp_path: Path, database: FerretDB, http: aiohttp.ClientSession
) -> None:
    with node(tmp_path / "one", database, presence_grace_seconds="60") as server:
        ann, ben = [await join_in(http, server.url, name) for name in ("ann", "ben")]
        made = await ann.ask("POST", f"{server.url}/v1/conversations", TEA_ROOM)
        hall = made[1]["conversation_id"]
        here = f"{server.url}/v1/conversations/{hall}"
        assert (await ben.ask("POST", f"{here}/join", {}))[0] == 201
        said = {"body": "hello @ben"}
        status, sent = await ann.ask("POST", f"{here}/messages", said)
        assert status == 201, sent
        assert await standing(server.url, ben) == (1, 1)
        async with aiohttp.ClientSession() as browser:
            socket = socketio.AsyncClient(http_session=browser)
            await socket.connect(server.url, auth={"token": ben.token}, transports=["websocket"])
            assert (await socket.call("status.set", {"status": "busy"}))["ok"]
            await socket.disconnect()
        assert (await ben.ask("POST", f"{here}/marks", {"read": sent["seq"]}))[0] == 200
        status, kept = await ben.ask("PATCH", f"{here}/me", {"muted": True})
        assert status == 200, kept
        assert server.stop() == 0

        server.start()
        assert await standing(server.url, ben) == (0, 0)
        assert await status_of(server.url, ann, ben) == "busy"
        status, found = await ben.ask("GET", f"{server.url}/v1/rooms?query=tea")
        assert [(room["conversation_id"], room["member_count"]) for room in found["items"]] == [
            (hall, 2)
        ]
        status, refused = await ben.ask("POST", f"{server.url}/v1/conversations", TEA_ROOM)
        assert (status, refused["error"]["code"]) == (409, "name_taken")
        status, mine = await ben.ask("GET", f"{server.url}/v1/conversations/{hall}")
        assert mine["muted"]


async def standing(url: str, person: Person) -> tuple[int, int]:
    """What is unread in somebody's only conversation, and how much of it mentions them."""
    _, page = await person.ask("GET", f"{url}/v1/conversations")
    (mine,) = page["items"]
    return mine["unread"], mine["mentions"]


async def status_of(url: str, asker: Person, other: Person) -> str:
    _, found = await asker.ask("GET", f"{url}/v1/presence?user_ids={other.user_id}")
    (person,) = found["people"]
    return person["status"]
