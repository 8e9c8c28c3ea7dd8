"""A server that is told to stop while everybody speaks: it begins nothing new, and not one answer is lost."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from parley.verify.wire import Wire
from tests.support.recovering import Person, free_port
from tests.support.server import ServerProcess
from tests.support.speaking import (
    Fate,
    PollingSpeaker,
    RestSpeaker,
    SocketSpeaker,
    Speaker,
    logged,
    of_fate,
)

SOCKETS, POLLS, RESTS, MOUTHS = 12, 6, 3, 4
CREATED, ALREADY_THERE, UNAVAILABLE = 201, 200, 503
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

pytestmark = pytest.mark.timeout(300)


def a_server(data: Path, **settings: str) -> ServerProcess:
    """One that bounds nobody's speech: rates are not what is looked at here."""
    unbounded = {
        f"{what}_per_second": "0" for what in ("commands", "requests", "messages", "reactions")
    }
    return ServerProcess(data, flags=("--port", str(free_port())), **unbounded | settings)


async def speakers_of(
    http: aiohttp.ClientSession, server: ServerProcess, ann: Person, where: str
) -> list[Speaker]:
    """Ann's devices, on every way there is."""
    speakers: list[Speaker] = []
    for number in range(SOCKETS):
        wire = await Wire.open(http, server.url, {"token": ann.token}, lambda _event: None, 60)
        speakers.append(SocketSpeaker(f"socket-{number}", where, wire))
    for number in range(POLLS):
        polling = PollingSpeaker(f"poll-{number}", where, http, server.url)
        await polling.connect(ann.token)
        speakers.append(polling)
    rests = (
        RestSpeaker(f"rest-{number}", where, http, server.url, ann.token) for number in range(RESTS)
    )
    return [*speakers, *rests]


async def speak_through_a_stop(server: ServerProcess, speakers: Sequence[Speaker]) -> None:
    """All speak; once all were heard the server is told to stop; returns when nobody is connected any more."""
    speaking = [
        asyncio.create_task(one.speak(1 if isinstance(one, RestSpeaker) else MOUTHS))
        for one in speakers
    ]
    async with asyncio.timeout(120):
        for one in speakers:
            await one.said_something.wait()
        server.signal(signal.SIGTERM)
        await asyncio.gather(*speaking)


async def test_not_one_answer_is_lost_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    with a_server(tmp_path / "data", drain_seconds="16") as server:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            ann = await Person.register(http, server.url, "ann")
            where = await ann.group()
            speakers = await speakers_of(http, server, ann, where)
            await speak_through_a_stop(server, speakers)
            assert await asyncio.to_thread(server.exit_code) == 0
            await asyncio.to_thread(server.start)
            entries = await logged(ann, where)
            found = {entry["client_id"]: entry["seq"] for entry in entries}

            for speaker in speakers:
                for client_id, seq in speaker.seqs.items():
                    assert found[client_id] == seq, "what was acknowledged is where its ack said"
            unanswered = of_fate(speakers, Fate.UNANSWERED)
            assert not unanswered & found.keys(), "carried out, and the answer was lost"
            refused = of_fate(speakers, Fate.DRAINING)
            assert not refused & found.keys(), "refused, and carried out"

            for client_id in sorted(unanswered | refused)[:50]:
                assert (await said_again(http, server, ann, where, client_id))[0] == CREATED
            for client_id in sorted(of_fate(speakers, Fate.ACKED))[:50]:
                status, entry = await said_again(http, server, ann, where, client_id)
                assert (status, entry["seq"]) == (ALREADY_THERE, found[client_id])


async def test_whoever_polls_on_is_given_every_answer_however_many_polls_that_takes(
    tmp_path: Path,
) -> None:
    """At most 16 packets go with one poll: over a slow line that adds up to more than the time for one."""
    commands, pause_seconds = 120, 0.5
    with a_server(tmp_path / "data", drain_seconds="120") as server:
        async with aiohttp.ClientSession() as http:
            ann = await Person.register(http, server.url, "ann")
            where = await ann.group()
            polling = PollingSpeaker("slow", where, http, server.url)
            await polling.connect(ann.token)
            await polling.post_all(commands)
            while len(entries := await logged(ann, where)) <= commands:  # noqa: ASYNC110  # nobody sets an event
                await asyncio.sleep(0.05)
            server.signal(signal.SIGTERM)
            server.wait_for("stopping")
            acked = await polling.read_slowly(pause_seconds)
            assert acked == {entry["client_id"] for entry in entries[1:]}
            assert await asyncio.to_thread(server.exit_code) == 0


async def said_again(
    http: aiohttp.ClientSession, server: ServerProcess, ann: Person, where: str, client_id: str
) -> tuple[int, dict[str, Any]]:
    """The status and the entry with which a command is answered when it is sent once more."""
    async with http.post(
        f"{server.url}/v1/conversations/{where}/messages",
        json={"client_id": client_id, "body": client_id},
        headers={"authorization": f"Bearer {ann.token}"},
    ) as answer:
        return answer.status, await answer.json()


async def test_what_comes_while_it_stops_is_told_to_come_back(tmp_path: Path) -> None:
    with a_server(tmp_path / "data", drain_seconds="3600") as server:  # it ends with the test
        async with aiohttp.ClientSession() as http:
            ann = await Person.register(http, server.url, "ann")
            auth = {"token": ann.token}
            first = await Wire.open(http, server.url, auth, lambda _event: None, 60)
            await Wire.open(http, server.url, auth, lambda _event: None, 60)
            server.signal(signal.SIGTERM)
            server.wait_for("stopping")
            await first.ended()

            headers = {"authorization": f"Bearer {ann.token}"}
            async with http.get(f"{server.url}/v1/me", headers=headers) as answer:
                assert answer.status == UNAVAILABLE
                assert (await answer.json())["error"]["code"] == "draining"
                assert answer.headers["Retry-After"]
                assert answer.headers["Connection"] == "close"
            for transport, more in (("polling", {}), ("websocket", UPGRADE)):
                handshake = f"{server.url}/socket.io/?EIO=4&transport={transport}"
                async with http.get(handshake, headers=more) as answer:
                    assert answer.status == UNAVAILABLE
                    assert answer.headers["Retry-After"]
