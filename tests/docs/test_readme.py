"""What the README tells a newcomer to type works as it stands there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import ServerProcess

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
JAVASCRIPT = ROOT / "tests" / "js"


def block(language: str, under: str) -> str:
    """The first block of code in this language under this heading."""
    section = README.partition(f"## {under}\n")[2]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("readme") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def said(server: ServerProcess) -> list[dict]:
    """What the first conversation printed, a line each."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    script = block("sh", "A first conversation").replace("http://localhost:8000", server.url)
    done = subprocess.run(
        ["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_first_conversation_holds_what_was_sent_twice_once(said: list[dict]) -> None:
    sent, again, history = said
    assert sent == again
    assert history["items"] == [sent]
    assert sent["body"] == "Hello, Bob"


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("said")
def test_the_client_signs_in_catches_up_and_hears_its_own_message(server: ServerProcess) -> None:
    if shutil.which("node") is None or not (JAVASCRIPT / "node_modules").is_dir():
        pytest.skip("Node or its packages are not installed")
    with subprocess.Popen(
        ["node", "--input-type=module"],
        cwd=JAVASCRIPT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        try:
            assert client.stdin is not None
            assert client.stdout is not None
            with client.stdin as code:
                code.write(block("js", "A client").replace("http://localhost:8000", server.url))
            heard = ""
            while not (
                "A note to myself\n" in heard and "ok: true" in heard and "gained: " in heard
            ):
                line = client.stdout.readline()
                assert line, heard
                heard += line
        finally:
            client.kill()
