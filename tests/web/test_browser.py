"""The web client as people use it: two of them, one with two tabs, and a server that goes away and comes back."""

import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.adapters.files.web_files import web_files
from tests.clients_js.package import ROOT, require_npm
from tests.conformance.servers import free_port
from tests.support.server import ServerProcess

SCRIPT = Path(__file__).with_name("browser.mjs")
PATIENCE_S = 280
BY_HAND = {"screenshots", "a_long_conversation_scrolls"}
"""What `python -m tests.web` plays."""
SETTINGS = {"contacts_are_asked_for_accepted_and_removed": {"contacts": "by-request"}}
"""Of the server, where a scenario needs others."""

pytestmark = pytest.mark.timeout(300)


def in_the_browser() -> list[str]:
    """The scenarios that need nothing but a server."""
    _, scenarios = SCRIPT.read_text(encoding="utf-8").split("const scenarios = {")
    names = re.findall(r"^  async (\w+)\(", scenarios, re.MULTILINE)
    return [name for name in names if name not in BY_HAND]


@pytest.fixture
def server(tmp_path: Path, scenario: str) -> Iterator[ServerProcess]:
    require_npm()
    if not web_files():
        pytest.skip("the web client is not built: run `make setup` with npm installed")
    settings = SETTINGS.get(scenario, {})
    with ServerProcess(tmp_path / "data", port=str(free_port()), **settings) as server:
        yield server


def play(server: ServerProcess, scenario: str, *arguments: str) -> list[str]:
    """Play a scenario to its end, doing with the server what it asks for; gives the other lines that it said."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")
    said: list[str] = []
    with subprocess.Popen(
        ["node", str(SCRIPT), server.url, chromium, scenario, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as script:
        complaints: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert script.stderr is not None
        stderr = script.stderr
        threading.Thread(target=lambda: complaints.put(stderr.read()), daemon=True).start()
        assert script.stdin is not None
        assert script.stdout is not None
        try:
            for line in script.stdout:
                asked = line.strip()
                said.append(asked)
                if asked not in {"kill", "start"}:
                    continue
                server.kill() if asked == "kill" else server.start()
                script.stdin.write("done\n")
                script.stdin.flush()
            assert script.wait(PATIENCE_S) == 0, complaints.get(timeout=10)
        finally:
            script.kill()
    assert "ok" in said, complaints.get(timeout=10)
    return said


@pytest.mark.parametrize("scenario", in_the_browser())
def test_a_browser(server: ServerProcess, scenario: str) -> None:
    play(server, scenario)
