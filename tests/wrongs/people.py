"""People at a running server: each with a token, and as many stock sockets as they like."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import socketio

PASSWORD = "correct horse battery"  # of people made up here


class Tab:
    """One socket of a person, and everything that it was pushed."""

    def __init__(self) -> None:
        self.socket = socketio.AsyncClient(reconnection=False)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ended = asyncio.Event()
        self._news = asyncio.Event()
        self.socket.on("*", self._hear)
        self.socket.on("disconnect", lambda *_reason: self.ended.set())

    async def ask(self, event: str, payload: Any = None) -> dict[str, Any]:
        """One command, and its answer."""
        return await self.socket.call(event, payload, timeout=30)

    async def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first push of this name with these fields, waited for where it is not there yet."""
        while True:
            self._news.clear()
            for name, push in self.heard:
                if name == event and fields.items() <= push.items():
                    return push
            await asyncio.wait_for(self._news.wait(), 30)

    def _hear(self, event: str, push: dict[str, Any]) -> None:
        self.heard.append((event, push))
        self._news.set()


class Somebody:
    """A person who has registered."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.http = httpx.AsyncClient(base_url=url, timeout=30)
        self.user_id = ""
        self.token = ""
        self._tabs: list[Tab] = []

    async def register(self) -> None:
        body = {"username": self.name, "password": PASSWORD}
        answer = await self.http.post("/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        self.user_id = answer.json()["user"]["user_id"]
        self.token = answer.json()["access_token"]
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def group(self, *members: "Somebody") -> str:
        ids = [one.user_id for one in members]
        answer = await self.post("/v1/conversations", kind="group", name="Home", members=ids)
        return answer.json()["conversation_id"]

    async def tab(self, **connecting: Any) -> Tab:
        """One more socket."""
        opened = Tab()
        self._tabs.append(opened)
        await opened.socket.connect(self.url, **{"auth": {"token": self.token}, **connecting})
        return opened

    async def leave(self) -> None:
        for one in self._tabs:
            await one.socket.disconnect()
        await self.http.aclose()


@contextlib.asynccontextmanager
async def some(url: str, *names: str) -> AsyncIterator[list[Somebody]]:
    """These people, registered; they leave behind the block."""
    people = [Somebody(url, name) for name in names]
    try:
        for one in people:
            await one.register()
        yield people
    finally:
        for one in people:
            await one.leave()


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
