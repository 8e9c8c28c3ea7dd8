"""Presence and typing through a running server, to a browser's socket that shows nothing but its cookie."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from tests.support.server import ServerProcess

PASSWORD = "correct horse battery"  # of people made up here


class Page:
    """A browser with a page of the server's own: cookies, and the headers that scripts can't choose."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.user_id = ""
        self.jar = aiohttp.CookieJar(
            unsafe=True
        )  # an address instead of a name is no reason to refuse cookies
        self.http = aiohttp.ClientSession(cookie_jar=self.jar, headers={"Origin": url})
        self.socket = socketio.AsyncClient(http_session=self.http, reconnection=False)
        for event in ("presence", "typing"):
            self.socket.on(event, lambda push, event=event: self.heard.put_nowait((event, push)))

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(f"{self.url}{path}", json=body) as answer:
            assert answer.ok, await answer.text()
            return await answer.json()

    async def connect(self, origin: str, transport: str) -> None:
        await self.socket.connect(self.url, headers={"Origin": origin}, transports=[transport])

    async def next(self) -> tuple[str, Any]:
        return await asyncio.wait_for(self.heard.get(), 10)


@contextlib.asynccontextmanager
async def page(url: str, username: str) -> AsyncIterator[Page]:
    opened = Page(url)
    try:
        answer = await opened.post(
            "/v1/auth/register", {"username": username, "password": PASSWORD}
        )
        opened.user_id = answer["user"]["user_id"]
        yield opened
    finally:
        await opened.socket.disconnect()
        await opened.http.close()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_partners_see_each_other_come_write_and_go(tmp_path: Path, transport: str) -> None:
    with ServerProcess(tmp_path / "data", presence_grace_seconds="0") as server:
        async with page(server.url, "ann") as ann, page(server.url, "ben") as ben:
            path = f"/v1/direct/{ben.user_id}/messages"
            home = (await ann.post(path, {"body": "hello"}))["conversation_id"]
            await ben.post(f"/v1/conversations/{home}/messages", {"body": "hello"})

            with pytest.raises(socketio.exceptions.ConnectionError):
                await ann.connect("https://evil.example", transport)
            await ann.connect(server.url, transport)
            await ben.connect(server.url, transport)
            here = {"people": [{"user_id": ben.user_id, "status": "online"}]}
            assert await ann.next() == ("presence", here)

            answer = await ben.socket.call("typing", {"conversation_id": home})
            assert answer["ok"]
            event, push = await ann.next()
            assert (event, push["user_id"]) == ("typing", ben.user_id)

            await ben.socket.disconnect()
            event, push = await ann.next()
            assert [one["status"] for one in push["people"]] == ["offline"]
            assert push["people"][0]["last_seen_at"]
        assert server.stop() == 0
