"""People who speak without a pause until their server is gone, and remember how each word was answered."""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import Enum
from typing import Any

import aiohttp

from parley.verify.ports import Unanswered
from parley.verify.wire import Wire
from tests.support.recovering import Person

WITHIN_SECONDS = 60.0
SEPARATOR = "\x1e"


class Fate(Enum):
    """What became of a command, as its sender knows it."""

    ACKED = "acked"
    DRAINING = "draining"
    UNANSWERED = "unanswered"


class Gone(Exception):
    """The connection is of no use any more; the command got no answer."""


class Speaker(ABC):
    """Says one thing after another by several mouths, each of which waits for its answers."""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.where = where
        self.fates: dict[str, Fate] = {}
        self.seqs: dict[str, int] = {}
        self.said_something = asyncio.Event()

    async def speak(self, mouths: int) -> None:
        """Return once the connection is gone, or nothing new is begun there."""
        await asyncio.gather(*(self._mouth(f"{self.name}-{number}") for number in range(mouths)))

    async def _mouth(self, name: str) -> None:
        count = 0
        while True:
            count += 1
            client_id = f"{name}-{count}"
            self.fates[client_id] = Fate.UNANSWERED
            payload = {"conversation_id": self.where, "client_id": client_id, "body": client_id}
            try:
                answer = await self._ask(payload)
            except Gone:
                return
            if answer["ok"]:
                self.fates[client_id] = Fate.ACKED
                self.seqs[client_id] = answer["entry"]["seq"]
                self.said_something.set()
            else:
                assert answer["error"]["code"] == "draining", answer
                self.fates[client_id] = Fate.DRAINING
                return

    @abstractmethod
    async def _ask(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a message; raises Gone where there is no answer and never will be one."""


class SocketSpeaker(Speaker):
    """By a WebSocket."""

    def __init__(self, name: str, where: str, wire: Wire) -> None:
        super().__init__(name, where)
        self._wire = wire

    async def _ask(self, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            return json.loads(await self._wire.emit("message.send", payload, WITHIN_SECONDS))[0]
        except Unanswered:
            raise Gone from None


class PollingSpeaker(Speaker):
    """By polling. What it hears of others it passes over."""

    def __init__(self, name: str, where: str, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__(name, where)
        self._http = http
        self._url = f"{url}/socket.io/?EIO=4&transport=polling"
        self._asked = 0
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._posting = asyncio.Lock()
        self._ended = False

    async def connect(self, token: str) -> None:
        (opened,) = await self._poll()
        self._url += f"&sid={json.loads(opened[1:])['sid']}"
        await self._post(f"40{json.dumps({'token': token})}")
        (reply,) = await self._poll()
        assert reply.startswith("40{"), reply

    async def speak(self, mouths: int) -> None:
        reader = asyncio.create_task(self.read())
        await super().speak(mouths)
        await reader

    async def _ask(self, payload: dict[str, Any]) -> dict[str, Any]:
        return await self.emit("message.send", payload)

    async def emit(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A command, and its answer, which `read` has to bring; raises Gone where there is none."""
        if self._ended:
            raise Gone
        self._asked += 1
        number = str(self._asked)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        async with self._posting:  # one at a time, as the protocol has it
            posted = await self._post(f"42{number}{json.dumps([event, payload])}")
        if not posted:
            raise Gone
        return await answer

    async def read(self) -> None:
        """Poll until the connection is gone."""
        with contextlib.suppress(Gone):
            while True:
                for packet in await self._poll():
                    if packet == "2":
                        await self._post("3")
                    elif packet.startswith("43"):
                        number, _, rest = packet[2:].partition("[")
                        self._answers.pop(number).set_result(json.loads(f"[{rest}")[0])
        self._ended = True
        for answer in self._answers.values():
            answer.set_exception(Gone())
            answer.exception()  # whoever asked may have gone

    async def post_all(self, count: int) -> None:
        """So many messages in one request; `read_slowly` brings their answers."""
        said = [
            {"conversation_id": self.where, "client_id": f"{self.name}-{number}", "body": "hi"}
            for number in range(count)
        ]
        packets = [
            f"42{number}{json.dumps(['message.send', one])}" for number, one in enumerate(said)
        ]
        assert await self._post(SEPARATOR.join(packets))

    async def read_slowly(self, pause_seconds: float) -> set[str]:
        """Poll with pauses until the connection is gone; the client_ids of what was acknowledged."""
        acked: set[str] = set()
        with contextlib.suppress(Gone):
            while True:
                for packet in await self._poll():
                    if packet.startswith("43"):
                        (answer,) = json.loads(packet[packet.index("[") :])
                        acked.add(answer["entry"]["client_id"])
                await asyncio.sleep(pause_seconds)
        return acked

    async def _poll(self) -> list[str]:
        try:
            async with self._http.get(self._url) as answer:
                if answer.status != 200:
                    raise Gone
                return (await answer.text()).split(SEPARATOR)
        except (aiohttp.ClientError, OSError):
            raise Gone from None

    async def _post(self, packet: str) -> bool:
        try:
            async with self._http.post(self._url, data=packet.encode()) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False


class RestSpeaker(Speaker):
    """By one request after another."""

    def __init__(self, name: str, where: str, http: aiohttp.ClientSession, url: str, token: str):
        super().__init__(name, where)
        self._http = http
        self._url = f"{url}/v1/conversations/{where}/messages"
        self._headers = {"authorization": f"Bearer {token}"}

    async def _ask(self, payload: dict[str, Any]) -> dict[str, Any]:
        body = {name: payload[name] for name in ("client_id", "body")}
        try:
            async with self._http.post(self._url, json=body, headers=self._headers) as answer:
                said = await answer.json()
                if answer.ok:
                    return {"ok": True, "entry": said}
                assert answer.status == 503, said
                return {"ok": False, **said}
        except (aiohttp.ClientError, OSError):
            raise Gone from None


async def logged(person: Person, where: str) -> list[dict[str, Any]]:
    """The whole log of a conversation."""
    entries: list[dict[str, Any]] = []
    more = True
    while more:
        page = await person.ask("GET", f"/conversations/{where}/log?after={len(entries)}&limit=200")
        entries += page["entries"]
        more = page["more"]
    return entries


def of_fate(speakers: Iterable[Speaker], fate: Fate) -> set[str]:
    """The client_ids of what ended so."""
    return {
        client_id
        for speaker in speakers
        for client_id, its_fate in speaker.fates.items()
        if its_fate is fate
    }
