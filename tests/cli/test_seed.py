"""`parley seed`, as somebody runs it who wants to see the server full: with it running, and without."""

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from parley.cli.main import app
from tests.support.server import ServerProcess, environment

SIZE = ("--people", "6", "--conversations", "5", "--messages", "80")


def seed(*arguments: str, data: Path, code: int = 0) -> str:
    env = environment(data) | {"COLUMNS": "200"}
    done = CliRunner().invoke(app, ["seed", *SIZE, *arguments], env=env)
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def talked(url: str, made: dict) -> int:
    """How many messages the conversations of somebody who was made have, as they see them."""
    with httpx.Client(base_url=url, timeout=60) as client:
        login = {"login": made["username"], "password": made["password"]}
        answer = client.post("/v1/auth/login", json=login).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        mine = client.get("/v1/conversations").raise_for_status().json()["items"]
        assert len(client.get("/v1/users").json()["items"]) == 5
    return sum(one["messages"] for one in mine)


@pytest.mark.timeout(300)
def test_the_running_server_makes_them_and_they_are_there_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with ServerProcess(data) as server:
        made = json.loads(seed("--json", data=data))
        assert (made["people"], made["conversations"], made["messages"]) == (6, 5, 80)
        assert 0 < talked(server.url, made) <= 80


@pytest.mark.timeout(300)
def test_without_a_server_they_are_there_for_the_next_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    told = seed(data=data)
    assert told.startswith("Made 6 people, 5 conversations and 80 messages")
    assert "Sign in as " in told
    assert "parley: " in seed(data=data, code=1), "the same seed grows in a store once"
