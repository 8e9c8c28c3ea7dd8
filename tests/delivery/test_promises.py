"""Each promise of docs/delivery.md through a running server, in the words of that page."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Self

import aiohttp
import pytest

from parley.verify.ports import Unanswered
from parley.verify.wire import Refused, Wire
from tests.support.recovering import Person, free_port
from tests.support.server import ServerProcess
from tests.support.speaking import logged

WITHIN = 60.0
NOT_FOUND = 404

pytestmark = pytest.mark.timeout(300)
numbers = count(1)


class Device:
    """A socket of somebody; `heard` is what it was pushed, in order, whatever it was."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Event()

    async def connect(self, http: aiohttp.ClientSession, url: str) -> Self:
        self.wire = await Wire.open(http, url, {"token": self.person.token}, self._hear, WITHIN)
        return self

    def _hear(self, event: str) -> None:
        self.heard.append(tuple(json.loads(event)))
        self._news.set()

    async def ask(self, event: str, **payload: Any) -> dict[str, Any]:
        return json.loads(await self.wire.emit(event, payload, WITHIN))[0]

    async def say(self, where: str, body: str, **more: Any) -> dict[str, Any]:
        answer = await self.ask("message.send", conversation_id=where, body=body, **more)
        assert answer["ok"], answer
        return answer["entry"]

    def entries(self, where: str) -> list[dict[str, Any]]:
        """What it was pushed of a conversation's log."""
        return [
            entry
            for _, entry in self.heard
            if entry.get("conversation_id") == where and "seq" in entry
        ]

    async def hears(self, where: str, seq: int) -> None:
        """Wait until it was pushed this entry."""
        async with asyncio.timeout(WITHIN):
            while not any(entry["seq"] == seq for entry in self.entries(where)):
                self._news.clear()
                await self._news.wait()

    async def hears_of(self, event: str) -> dict[str, Any]:
        """Wait for an event that is no entry."""
        async with asyncio.timeout(WITHIN):
            while not (found := [what for said, what in self.heard if said == event]):
                self._news.clear()
                await self._news.wait()
        return found[-1]


class Place:
    """A server, and people whom nobody has met before."""

    def __init__(self, server: ServerProcess, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http
        self._devices: list[Device] = []

    async def people(self, *names: str) -> list[Person]:
        return [
            await Person.register(self.http, self.server.url, f"{name}-{next(numbers)}")
            for name in names
        ]

    async def device(self, person: Person) -> Device:
        self._devices.append(await Device(person).connect(self.http, self.server.url))
        return self._devices[-1]

    async def kill(self) -> None:
        """`kill -9`, and the next start on the same folder."""
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)

    async def status(self, person: Person, method: str, path: str, body: object = None) -> int:
        async with self.http.request(
            method,
            f"{self.server.url}/v1{path}",
            json=body,
            headers={"authorization": f"Bearer {person.token}"},
        ) as answer:
            return answer.status

    async def close(self) -> None:
        for device in self._devices:
            await device.wire.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    flags = ("--port", str(free_port()))
    with ServerProcess(tmp_path_factory.mktemp("promises") / "data", flags=flags) as server:
        yield server


@asynccontextmanager
async def a_place(server: ServerProcess) -> AsyncIterator[Place]:
    async with aiohttp.ClientSession() as http:
        place = Place(server, http)
        yield place
        await place.close()


@pytest.fixture
async def place(server: ServerProcess) -> AsyncIterator[Place]:
    async with a_place(server) as one:
        yield one


async def test_acknowledged_is_durable(place: Place) -> None:
    """Killed in the very moment of an ack, the server has what it acknowledged at the next start."""
    (ann,) = await place.people("ann")
    where = await ann.group()
    device = await place.device(ann)
    acked: dict[str, int] = {}

    async def speak(mouth: int) -> None:
        with contextlib.suppress(Unanswered):
            for number in count():
                entry = await device.say(where, "a word", client_id=f"{mouth}-{number}")
                acked[entry["client_id"]] = entry["seq"]
                if len(acked) == 200:
                    place.server.signal(signal.SIGKILL)

    await asyncio.gather(*(speak(mouth) for mouth in range(8)))
    await place.kill()
    found = {entry["client_id"]: entry["seq"] for entry in await logged(ann, where)}
    assert len(acked) >= 200
    assert acked.items() <= found.items()


async def test_once(place: Place) -> None:
    """The same client_id leads to the first message: on another device, by the other door, after kill -9."""
    (ann,) = await place.people("ann")
    where = await ann.group()
    first, second = await place.device(ann), await place.device(ann)
    entry = await first.say(where, "said once", client_id="mine")

    same = {"conversation_id": where, "body": "said once", "client_id": "mine"}
    assert await second.ask("message.send", **same) == {
        "ok": True,
        "entry": entry,
        "duplicate": True,
    }
    other = await first.ask("message.send", **{**same, "body": "something else"})
    assert other["error"]["code"] == "client_id_reused"
    await place.kill()
    path = f"/conversations/{where}/messages"
    again = await ann.ask("POST", path, {"body": "said once", "client_id": "mine"})
    assert again == entry
    assert [one["client_id"] for one in await logged(ann, where)].count("mine") == 1


async def test_one_order(place: Place) -> None:
    """However many speak at once, all hear 1, 2, 3 … in the one order of the log."""
    ann, ben, cat = await place.people("ann", "ben", "cat")
    where = await ann.group(ben, cat)
    devices = [await place.device(person) for person in (ann, ben, cat)]
    said = [device.say(where, "at once") for device in devices for _ in range(30)]
    await asyncio.gather(*said)
    log = await logged(ann, where)
    assert [entry["seq"] for entry in log] == list(range(1, len(said) + 2))
    for device in devices:
        await device.hears(where, log[-1]["seq"])
        assert device.entries(where) == log[1:]


async def test_no_gap(place: Place) -> None:
    """Whatever happened while a device was away, and the server too, is what it is given from its cursor on."""
    ann, ben, cat = await place.people("ann", "ben", "cat")
    where = await ann.group(ben)
    speaker, away = await place.device(ann), await place.device(ben)
    early = await speaker.say(where, "heard")
    await away.hears(where, early["seq"])
    await away.wire.close()

    late = await speaker.say(where, "missed")
    of_early = {"conversation_id": where, "message_seq": early["seq"]}
    assert (await speaker.ask("message.edit", **of_early, body="edited"))["ok"]
    assert (await speaker.ask("reaction.add", **of_early, emoji="+"))["ok"]
    of_late = {"conversation_id": where, "message_seq": late["seq"]}
    assert (await speaker.ask("message.delete", **of_late))["ok"]
    assert (await speaker.ask("member.add", conversation_id=where, user_id=cat.user_id))["ok"]
    await place.kill()
    gained = await ann.group(ben, name="Meanwhile")

    back = await place.device(ben)
    answer = await back.ask("sync", cursors={where: early["seq"]})
    missed = {one["conversation_id"]: one for one in answer["conversations"]}
    assert missed[where]["entries"] == (await logged(ben, where))[early["seq"] :]
    assert [entry["type"] for entry in missed[where]["entries"]] == [
        "message.new",
        "message.edited",
        "reaction.added",
        "message.deleted",
        "member.joined",
    ]
    assert missed[gained]["gained"]
    assert not answer["more"]


async def test_every_device(place: Place) -> None:
    """All devices of all members get every entry, the one that sent it too; one's reading shows on all of one's own."""
    ann, ben = await place.people("ann", "ben")
    where = await ann.group(ben)
    devices = [await place.device(person) for person in (ann, ann, ben, ben)]
    entry = await devices[0].say(where, "to all")
    for device in devices:
        await device.hears(where, entry["seq"])
        assert device.entries(where) == [entry]
    assert (await devices[2].ask("mark", conversation_id=where, read=entry["seq"]))["ok"]
    receipt = await devices[3].hears_of("receipt")
    assert {mark["user_id"]: mark["read"] for mark in receipt["marks"]} == {
        ben.user_id: entry["seq"]
    }


async def test_only_members(place: Place) -> None:
    """Strangers read and write nothing; who was removed hears of that and of nothing after it, and reads no more."""
    ann, ben, stranger = await place.people("ann", "ben", "stranger")
    where = await ann.group(ben)
    owner, member, outside = [await place.device(person) for person in (ann, ben, stranger)]
    refused = await outside.ask("message.send", conversation_id=where, body="let me in")
    assert refused["error"]["code"] == "not_found"
    assert await place.status(stranger, "GET", f"/conversations/{where}/log") == NOT_FOUND

    await owner.say(where, "before")
    left = await owner.ask("member.remove", conversation_id=where, user_id=ben.user_id)
    after = await owner.say(where, "after")
    await owner.hears(where, after["seq"])
    await member.hears(where, left["entry"]["seq"])
    answer = await member.ask("sync", cursors={where: 1})  # an answer behind all that it was pushed
    assert [lost["conversation_id"] for lost in answer["lost"]] == [where]
    assert [entry["type"] for entry in member.entries(where)] == ["message.new", "member.left"]
    assert outside.entries(where) == []
    for path in ("log", "messages"):
        assert await place.status(ben, "GET", f"/conversations/{where}/{path}") == NOT_FOUND


async def test_a_session_that_ended_is_sent_nothing(place: Place) -> None:
    """From when it is revoked: its socket is told and ended, and nobody comes in with its token."""
    ann, ben = await place.people("ann", "ben")
    where = await ann.group(ben)
    speaker, ended = await place.device(ann), await place.device(ben)
    await ben.ask("POST", "/auth/logout")
    await speaker.say(where, "after the end")
    await ended.wire.ended()
    assert [said for said, _ in ended.heard] == ["session.revoked"]
    with pytest.raises(Refused):
        await place.device(ben)
