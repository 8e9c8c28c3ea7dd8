"""A whole server on a disk that fails: who is answered what, how it ends, and what it says."""

import asyncio
import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from parley.adapters.sqlite import activity
from parley.adapters.sqlite.database import RESERVE_BYTES
from parley.verify.wire import Wire
from tests.support.faulty_disk import Action, Call, FaultyDisk, Step
from tests.support.recovering import Person, free_port
from tests.support.server import ServerProcess, environment
from tests.support.speaking import Fate, RestSpeaker, SocketSpeaker, logged, of_fate

CREATED, ALREADY_THERE, UNAVAILABLE = 201, 200, 503

pytestmark = pytest.mark.timeout(300)


@dataclass
class Scene:
    """A server with Ann on it, who has a room of her own."""

    server: ServerProcess
    http: aiohttp.ClientSession
    ann: Person
    where: str

    async def say(self, client_id: str, body: str = "") -> tuple[int, dict[str, Any]]:
        """The status and the answer to a message, the body of which is its client_id where it has none."""
        url = f"{self.server.url}/v1/conversations/{self.where}/messages"
        headers = {"authorization": f"Bearer {self.ann.token}"}
        message = {"client_id": client_id, "body": body or client_id}
        async with self.http.post(url, json=message, headers=headers) as answer:
            return answer.status, await answer.json()

    async def status(self, path: str) -> tuple[int, dict[str, Any]]:
        headers = {"authorization": f"Bearer {self.ann.token}"}
        async with self.http.get(f"{self.server.url}{path}", headers=headers) as answer:
            return answer.status, await answer.json()

    async def bodies(self) -> list[str]:
        """What the log says was said, in its order."""
        return [
            entry["body"]
            for entry in await logged(self.ann, self.where)
            if entry["type"] == "message.new"
        ]


def a_server(data: Path, **settings: str) -> ServerProcess:
    """One on a port that it keeps when it is started again, and that bounds nobody's speech."""
    unbounded = {f"{what}_per_second": "0" for what in ("commands", "requests", "messages")}
    return ServerProcess(data, flags=("--port", str(free_port())), **unbounded | settings)


async def a_scene(server: ServerProcess, http: aiohttp.ClientSession) -> Scene:
    ann = await Person.register(http, server.url, "ann")
    return Scene(server, http, ann, await ann.group())


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


def last_line(server: ServerProcess) -> dict[str, Any]:
    """What it said last; everything it said was a line of its log, and none a traceback."""
    for line in server.lines:
        assert "level" in line or line["event"].startswith("parley: "), line
        assert "exception" not in line
    return server.lines[-1]


def end(server: ServerProcess) -> dict[str, Any]:
    """It ends by itself with exit code 1; what it said last."""
    assert server.exit_code() == 1
    return last_line(server)


async def test_nobody_is_told_of_a_commit_before_it_is_synced(
    tmp_path: Path, disk: FaultyDisk, http: aiohttp.ClientSession
) -> None:
    disk.watch("*/data/parley.db-wal")
    with a_server(tmp_path / "data") as server:
        scene = await a_scene(server, http)
        disk.keep_record()
        heard: list[object] = []
        wire = await Wire.open(http, server.url, {"token": scene.ann.token}, heard.append, 60)
        by_socket = SocketSpeaker("socket", scene.where, wire)
        by_rest = RestSpeaker("rest", scene.where, http, server.url, scene.ann.token)
        speaking = [asyncio.create_task(one.speak(3)) for one in (by_socket, by_rest)]
        async with asyncio.timeout(60):
            while len(acked := of_fate([by_socket, by_rest], Fate.ACKED)) < 60:
                await by_rest.said_something.wait()
                by_rest.said_something.clear()
        server.kill()
        await asyncio.gather(*speaking)
    steps = disk.recorded()
    for client_id in acked:
        told = first(steps, Call.SEND, f'"{client_id}"')
        written = first(steps, Call.WRITE, client_id)
        synced = first(steps, Call.SYNC, after=written)
        assert written < synced < told, client_id


def first(steps: list[Step], call: Call, text: str = "", after: int = 0) -> int:
    """The number of the first such call, after this one, with data that hold this text."""
    return next(
        number
        for number in range(after, len(steps))
        if steps[number].call is call and text.encode() in steps[number].data
    )


@pytest.mark.parametrize(
    "fault",
    [
        (Call.SYNC, errno.EIO, "disk I/O error (SQLITE_IOERR_FSYNC)"),
        (Call.WRITE, errno.ENOSPC, "database or disk is full (SQLITE_FULL)"),
    ],
    ids=["no sync", "no space"],
)
async def test_a_commit_that_fails_ends_the_server_and_is_answered_to_nobody(
    tmp_path: Path, disk: FaultyDisk, http: aiohttp.ClientSession, fault: tuple[Call, int, str]
) -> None:
    calls, error, reason = fault
    disk.watch("*/data/parley.db*")
    with a_server(tmp_path / "data") as server:
        scene = await a_scene(server, http)
        assert (await scene.say("before"))[0] == CREATED
        disk.arm(calls, error=error, sticky=True)
        with pytest.raises(aiohttp.ClientError):
            await scene.say("lost")
        line = end(server)
        assert line["event"].startswith("the store failed, so this process ends")
        assert (line["level"], line["reason"]) == ("critical", reason)

        server.launch()  # on a disk that still fails
        line = end(server)
        assert line["event"].startswith("parley: The database ")
        assert os.strerror(error) in line["event"] or "disk is full" in line["event"]

        disk.disarm()
        server.start()
        assert (await scene.say("lost"))[0] in (CREATED, ALREADY_THERE)
        assert await scene.bodies() == ["before", "lost"]


class Space:
    """The space on the disk that the data folder is on: taken away, and given back."""

    def __init__(self, data: Path, disk: FaultyDisk, *, mounted: bool) -> None:
        self.data = data
        self._disk = disk
        self._ballast = data.parent / "ballast" if mounted else None

    def take(self) -> None:
        if self._ballast is None:
            self._disk.run_out_of_space()
        else:
            space = os.statvfs(self._ballast.parent)
            self._ballast.write_bytes(bytes(space.f_bavail * space.f_frsize - RESERVE_BYTES // 2))

    def give_back(self) -> None:
        if self._ballast is None:
            self._disk.run_out_of_space(False)
        else:
            self._ballast.unlink()


@pytest.fixture
def space(tmp_path: Path, disk: FaultyDisk) -> Iterator[Space]:
    """A file system of our own, where this user may mount one; else one that only says that it is full."""
    place = tmp_path / "mounted"
    place.mkdir()
    size = f"size={RESERVE_BYTES * 3 // 2}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield Space(place / "data", disk, mounted=mounted)
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_on_a_full_disk_it_reads_and_refuses_and_says_so_until_there_is_space(
    space: Space, http: aiohttp.ClientSession
) -> None:
    with a_server(space.data, drain_seconds="2") as server:
        scene = await a_scene(server, http)
        assert (await scene.say("before"))[0] == CREATED
        wire = await Wire.open(
            http, server.url, {"token": scene.ann.token}, lambda _event: None, 60
        )
        space.take()
        answer = await scene.say("refused")
        async with asyncio.timeout(60):  # it looks at the disk some times a second
            while answer[0] != UNAVAILABLE:
                answer = await scene.say("refused")
        assert answer[1]["error"]["code"] == "unavailable"
        assert await scene.status("/readyz") == (UNAVAILABLE, {"status": "the disk is full"})
        assert (await scene.status("/healthz"))[0] == 200
        assert (await scene.bodies())[0] == "before"

        assert server.stop() == 0
        last_line(server)
        server.start()
        assert (await scene.bodies())[0] == "before"
        assert (await scene.say("refused-too"))[0] == UNAVAILABLE

        space.give_back()
        assert (await scene.status("/readyz"))[0] == 200
        assert (await scene.say("after"))[0] == CREATED
        assert "refused-too" not in await scene.bodies()
        await wire.close()


async def test_what_cannot_be_read_is_unavailable_and_no_error_of_the_server(
    tmp_path: Path, disk: FaultyDisk, http: aiohttp.ClientSession
) -> None:
    disk.watch("*/data/parley.db*")
    with a_server(tmp_path / "data") as server:
        scene = await a_scene(server, http)
        await scene.say("before")  # so that readers have to look at the file again
        log = f"/v1/conversations/{scene.where}/log"
        disk.arm(Call.READ, sticky=True)
        status, answer = await scene.status(log)
        disk.disarm()
        assert (status, answer["error"]["code"]) == (UNAVAILABLE, "unavailable")
        assert "exception" not in server.wait_for("the database could not be read: ")
        assert (await scene.status(log))[0] == 200


async def test_a_damaged_page_is_said_in_a_line_and_makes_nobody_else_wait(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    with a_server(tmp_path / "data") as server:
        scene = await a_scene(server, http)
        other = await scene.ann.group()
        for number in range(40):
            await scene.say(f"{number}", f"number {number} {'of them ' * 100}")
        assert server.stop() == 0
        damage(server.data / "parley.db", "number 20 ")
        server.start()
        status, answer = await scene.status(f"/v1/conversations/{scene.where}/log")
        assert (status, answer["error"]["code"]) == (UNAVAILABLE, "unavailable")
        server.wait_for("the database could not be read: database disk image is malformed")
        status, answer = await scene.status("/readyz")
        assert (status, answer["status"].partition(":")[0]) == (
            UNAVAILABLE,
            "the database is damaged",
        )
        assert (await scene.status(f"/v1/conversations/{other}"))[0] == 200
        server.stop()
        last_line(server)


def damage(database: Path, text: str) -> None:
    """Make rubbish of the header of every page that holds this text, none of which a start has to read."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        activity.repair(connection)
    content = bytearray(database.read_bytes())
    pages = [at for at in range(0, len(content), 4096) if text.encode() in content[at : at + 4096]]
    assert pages
    for at in pages:
        content[at : at + 8] = b"\xff" * 8
    database.write_bytes(content)


async def test_killed_at_any_call_of_a_start_or_a_commit_it_keeps_what_it_answered(
    tmp_path: Path, disk: FaultyDisk, http: aiohttp.ClientSession
) -> None:
    disk.watch("*/data/*")
    with a_server(tmp_path / "data") as server:
        scene = await a_scene(server, http)
        speakers = []
        for number, at in enumerate((37, 90)):
            speaker = RestSpeaker(f"{number}", scene.where, http, server.url, scene.ann.token)
            speakers.append(speaker)
            disk.arm(Call.CHANGE, at, Action.KILL)
            await speaker.speak(3)
            assert server.exit_code() == -signal.SIGKILL
            disk.arm(Call.CHANGE, 1 + number, Action.KILL)
            server.launch()
            assert server.exit_code() == -signal.SIGKILL
            disk.disarm()
            server.start()
        bodies = [
            (entry["seq"], entry["body"])
            for entry in await logged(scene.ann, scene.where)
            if entry["type"] == "message.new"
        ]
        assert [seq for seq, _ in bodies] == list(range(2, len(bodies) + 2))
        acked = {(seq, name) for one in speakers for name, seq in one.seqs.items()}
        assert acked <= set(bodies)
        unanswered = of_fate(speakers, Fate.UNANSWERED)
        assert {name for _, name in set(bodies) - acked} <= unanswered
        assert len(bodies) == len({name for _, name in bodies})
        await all_is_well(server.data)


async def all_is_well(data: Path) -> None:
    """The server's own inspection finds nothing."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parley", "check"),
        env=environment(data),
        cwd=data.parent,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().partition(" with ")[0]) == (0, "All is well")
