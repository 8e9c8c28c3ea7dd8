"""The guide's chat in thirty lines works as it stands there."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients_js.package import compile_package, require_npm
from tests.support.server import ServerProcess

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "javascript.md"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    require_npm()
    with ServerProcess(tmp_path / "data") as server:
        yield server


def heard(chat: "subprocess.Popen[str]") -> Callable[[str], None]:
    """What waits for a line that the chat prints."""
    assert chat.stdout is not None
    lines: list[str] = []

    def until(wanted: str) -> None:
        assert chat.stdout is not None
        while wanted not in lines:
            line = chat.stdout.readline()
            assert line, lines
            lines.append(line.rstrip("\n"))

    return until


@pytest.mark.timeout(180)
def test_the_chat_of_the_guide_sends_and_shows_what_is_said_and_edited(
    server: ServerProcess,
) -> None:
    compile_package("tsconfig.build.json")
    code = re.search(r"```js\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    assert len(code.group(1).strip().splitlines()) <= 32
    with httpx.Client(base_url=server.url) as web:
        people = {}
        for name in ("ada", "bob"):
            body = {"username": name, "password": "a long enough one"}
            people[name] = web.post("/v1/auth/register", json=body).json()
        as_bob = {"authorization": f"Bearer {people['bob']['access_token']}"}
        ada = people["ada"]["user"]["user_id"]
        web.cookies.clear()
        with subprocess.Popen(
            [
                "node",
                "--input-type=module",
                "--eval",
                code.group(1).replace("http://localhost:8000", server.url),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as chat:
            try:
                until = heard(chat)
                assert chat.stdin is not None
                chat.stdin.write("Hello, Bob\n")
                chat.stdin.flush()
                until("Ada: Hello, Bob")
                path = f"/v1/direct/{ada}/messages"
                said = web.post(path, json={"body": "Helo"}, headers=as_bob).json()
                until("Bob: Helo")
                path = f"/v1/conversations/{said['conversation_id']}/messages/{said['seq']}"
                web.patch(path, json={"body": "Hello"}, headers=as_bob)
                until("Bob: Hello (edited)")
            finally:
                chat.kill()
