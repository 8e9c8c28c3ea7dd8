"""Marks through a running server: what an ack of one rests on, and who hears of it."""

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from tests.support.server import ServerProcess

PASSWORD = "correct horse battery"  # of people made up here


class Person:
    """Somebody who calls by REST."""

    def __init__(self, url: str, username: str) -> None:
        self._url = url
        self.token = ""
        made = self._call("POST", "/v1/auth/register", {"username": username, "password": PASSWORD})
        self.user_id, self.token = made["user"]["user_id"], made["access_token"]

    def moved_to(self, url: str) -> None:
        self._url = url

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._call("POST", path, body)

    def marks(self) -> dict[str, int]:
        """Of their only conversation."""
        (mine,) = self._call("GET", "/v1/conversations", None)["items"]
        return {**mine["marks"], "unread": mine["unread"]}

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def two_people(url: str) -> tuple[Person, Person, str]:
    """Ann, Ben, and their conversation, in which Ann said something: seq 2."""
    ann, ben = Person(url, "ann"), Person(url, "ben")
    sent = ann.post(f"/v1/direct/{ben.user_id}/messages", body="hello")
    return ann, ben, sent["conversation_id"]


def test_what_was_acked_as_read_is_read_after_kill_9(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data") as server:
        _, ben, direct = two_people(server.url)
        assert ben.marks() == {"delivered": 1, "read": 1, "unread": 1}
        ben.post(f"/v1/conversations/{direct}/marks", read=2)
        server.kill()
        server.start()
        ben.moved_to(server.url)
        assert ben.marks() == {"delivered": 2, "read": 2, "unread": 0}


def test_what_was_received_is_kept_by_a_server_that_is_stopped(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data") as server:
        _, ben, direct = two_people(server.url)
        ben.post(f"/v1/conversations/{direct}/marks", delivered=2)
        assert server.stop() == 0
        server.start()
        ben.moved_to(server.url)
        assert ben.marks() == {"delivered": 2, "read": 1, "unread": 1}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_reader_and_who_wrote_hear_of_the_reading(tmp_path: Path, transport: str) -> None:
    with ServerProcess(tmp_path / "data") as server:
        ann, ben, direct = await asyncio.to_thread(two_people, server.url)
        heard: dict[str, asyncio.Future[Any]] = {}
        async with aiohttp.ClientSession() as http:
            clients = []
            for person in (ann, ben):
                client = socketio.AsyncClient(http_session=http)
                told = heard[person.user_id] = asyncio.get_running_loop().create_future()
                client.on("receipt", told.set_result)
                await client.connect(
                    server.url, auth={"token": person.token}, transports=[transport]
                )
                clients.append(client)
            answer = await clients[1].call("mark", {"conversation_id": direct, "read": 2})
            assert (answer["ok"], answer["marks"]["unread"]) == (True, 0)
            receipt = {
                "conversation_id": direct,
                "marks": [{"user_id": ben.user_id, "delivered": 2, "read": 2}],
            }
            told = await asyncio.wait_for(asyncio.gather(*heard.values()), 20)
            assert told == [receipt, receipt]
            for client in clients:
                await client.disconnect()
