"""A stock JavaScript client that has its connection recovered, and people for it to hear of."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any, Self

import aiohttp

JS = Path(__file__).parent.parent / "js"
PASSWORD = "correct horse battery"  # of people made up here


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Person:
    """Somebody who speaks by REST."""

    def __init__(self, http: aiohttp.ClientSession, url: str, session: dict[str, Any]) -> None:
        self._http = http
        self._url = url
        self.user_id: str = session["user"]["user_id"]
        self.username: str = session["user"]["username"]
        self.token: str = session["access_token"]
        self.refresh_token: str = session["refresh_token"]

    @classmethod
    async def register(cls, http: aiohttp.ClientSession, url: str, username: str) -> Self:
        body = {"username": username, "password": PASSWORD}
        async with http.post(f"{url}/v1/auth/register", json=body) as answer:
            assert answer.ok, await answer.text()
            return cls(http, url, await answer.json())

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}"}
        async with self._http.request(
            method, f"{self._url}/v1{path}", json=body, headers=headers
        ) as answer:
            assert answer.ok, await answer.text()
            return await answer.json() if answer.status != 204 else {}

    async def sign_in(self) -> str:
        """The access token of a session more."""
        body = {"login": self.username, "password": PASSWORD}
        async with self._http.post(f"{self._url}/v1/auth/login", json=body) as answer:
            assert answer.ok, await answer.text()
            return (await answer.json())["access_token"]

    async def group(self, *members: "Person", name: str = "Home") -> str:
        body = {"kind": "group", "name": name, "members": [one.user_id for one in members]}
        made = await self.ask("POST", "/conversations", body)
        return made["conversation_id"]

    async def say(self, where: str, *bodies: str) -> None:
        for body in bodies:
            await self.ask("POST", f"/conversations/{where}/messages", {"body": body})


class RecoveringClient:
    """socket.io-client with `auth: {recover: true}`, in a Node process; `news` is what it says, in order."""

    def __init__(self, url: str, token: str, transports: str = "websocket") -> None:
        self._url, self._token, self._transports = url, token, transports
        self.news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events: list[tuple[str, list[Any]]] = []

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            "node",
            "recovering.mjs",
            self._url,
            self._transports,
            cwd=JS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        self._reader = asyncio.ensure_future(self._read())
        self._process.stdin.write(self._token.encode() + b"\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.stdin.close()
        await self._process.wait()
        await self._reader

    def do(self, what: str, **details: Any) -> None:
        self._process.stdin.write(json.dumps({"do": what, **details}).encode() + b"\n")

    async def next(self, key: str) -> Any:
        """What it says next under this key; events that come before are kept in `events`."""
        async with asyncio.timeout(60):
            while key not in (said := await self.news.get()):
                self._keep(said)
            return said[key]

    async def hear(self, count: int, event: str = "message.new") -> list[list[Any]]:
        """The arguments of the next events of this name, and nothing of those before."""
        heard: list[list[Any]] = []
        async with asyncio.timeout(60):
            while len(heard) < count:
                said = await self.news.get()
                self._keep(said)
                if said.get("event") == event:
                    heard.append(said["args"])
        return heard

    async def connected(self) -> bool:
        """Whether the next connection is a recovered one."""
        return await self.next("connected")

    async def lose(self) -> None:
        """Lose the connection, and stay away until told to `connect`."""
        self.do("stay")
        self.do("lose")
        await self.next("disconnected")

    async def come_back(self) -> bool:
        self.do("connect")
        return await self.connected()

    def _keep(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self.events.append((said["event"], said["args"]))

    async def _read(self) -> None:
        while line := await self._process.stdout.readline():
            self.news.put_nowait(json.loads(line))
