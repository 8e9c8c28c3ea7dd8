"""A disk that was put back to an older state, which nothing on it tells: clients that saw more do."""

import asyncio
from pathlib import Path

import pytest
import requests

from tests.support.server import ServerProcess

TOKEN = "a-token-of-the-tests"


def put_back(files: dict[Path, bytes]) -> None:
    """Into the very same files, as a snapshot of the disk does."""
    for path, content in files.items():
        with path.open("r+b") as file:
            file.write(content)
            file.truncate()


class Person:
    def __init__(self, url: str) -> None:
        body = {"username": "ann", "password": "correct horse"}
        made = requests.post(f"{url}/v1/auth/register", json=body, timeout=60).json()
        self.epoch, self.user_id = made["epoch"], made["user"]["user_id"]
        self._headers = {"Authorization": f"Bearer {made['access_token']}"}

    def ask(self, url: str, path: str, body: object) -> dict[str, object]:
        answer = requests.post(f"{url}{path}", json=body, headers=self._headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


@pytest.mark.timeout(300)
async def test_who_saw_more_than_there_is_fetches_afresh_and_the_operator_is_told(
    tmp_path: Path,
) -> None:
    await asyncio.to_thread(roll_back, tmp_path / "data")


def roll_back(data: Path) -> None:
    server = ServerProcess(data, metrics_token=TOKEN).start()
    try:
        ann = Person(server.url)
        group = {"kind": "group", "name": "Home", "members": []}
        where = ann.ask(server.url, "/v1/conversations", group)["conversation_id"]
        server.stop()
        older = {path: path.read_bytes() for path in data.glob("parley.db*")}
        server.start()
        say = f"/v1/conversations/{where}/messages"
        seen = ann.ask(server.url, say, {"client_id": "c", "body": "gone"})["seq"]
        server.stop()
        put_back(older)
        server.start()
        body = {"epoch": ann.epoch, "cursors": {where: seen}}
        answer = ann.ask(server.url, "/v1/sync", body)
        assert answer["epoch"] == ann.epoch, "nothing on the disk tells"
        (found,) = answer["conversations"]
        assert (found["reset"], found["head"]) == (True, seen - 1)
        line = server.wait_for(f"a client of {ann.user_id} has entries up to {seen} of ")
        assert line["level"] == "error"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        text = requests.get(f"{server.url}/metrics", headers=headers, timeout=60).text
        assert 'parley_rollback_signs_total{what="cursor"} 1.0' in text
    finally:
        server.kill()
