"""The server under proof: what becomes of it when it, or what restarts it, does not do as it should."""

import asyncio
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.verify import server as module
from parley.verify.server import Failed, GivenServer, OwnServer

pytestmark = pytest.mark.timeout(120)

LISTENS = """
import pathlib, signal, socket, subprocess, sys
starts = pathlib.Path("starts")
count = len(starts.read_text()) if starts.exists() else 0
starts.write_text("x" * (count + 1))
if count >= int(sys.argv[2]):
    sys.exit("the disk is gone")
pathlib.Path("child").write_text(str(subprocess.Popen(["sleep", "600"]).pid))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listening:
    while True:
        listening.accept()[0].close()
"""


def own(folder: Path, starts: int) -> OwnServer:
    script = folder / "listens.py"
    script.write_text(LISTENS)
    command = [sys.executable, str(script), "{port}", str(starts)]
    return OwnServer(command, folder, {}, random.Random(1))


@pytest.fixture
def accepting() -> Iterator[str]:
    """The address of somebody who takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def runs(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    return done.stdout.strip()[:1] not in ("", "Z")


def until_ended(pid: int) -> None:
    while runs(pid):
        time.sleep(0.02)


async def test_a_server_that_ends_by_itself_and_stays_away_is_told_at_once(tmp_path: Path) -> None:
    server = own(tmp_path, starts=1)
    await server.start()
    gone = asyncio.create_task(server.gone())
    assert server._process is not None
    server._process.kill()
    problem = str(await gone)
    assert "ended by itself with code -9" in problem
    assert "the disk is gone" in problem


async def test_what_a_server_started_ends_with_it(tmp_path: Path) -> None:
    server = own(tmp_path, starts=1)
    await server.start()
    child = int((tmp_path / "child").read_text())
    assert runs(child)
    await server.stop()
    await asyncio.to_thread(until_ended, child)
    assert server.incidents == []


async def test_what_a_restart_command_says_is_not_the_verdict(
    tmp_path: Path, accepting: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server = GivenServer(accepting, "echo parley; echo oh >&2", tmp_path)
    await server.restart()
    assert capfd.readouterr() == ("", "")


async def test_a_restart_command_that_fails_is_named_with_what_it_said(
    tmp_path: Path, accepting: str
) -> None:
    server = GivenServer(accepting, "echo no such container >&2; exit 3", tmp_path)
    with pytest.raises(Failed, match=r"ended with code 3. It said: no such container"):
        await server.restart()


async def test_a_restart_command_that_hangs_is_ended(
    tmp_path: Path, accepting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTARTING_SECONDS", 0.5)
    server = GivenServer(
        accepting, f"echo waiting; echo $$ > {tmp_path}/pid; sleep 600; true", tmp_path
    )
    with pytest.raises(Failed, match=r"still ran after 0.5 s. It said: waiting"):
        await server.restart()
    server.slay()
    pid = int((tmp_path / "pid").read_text())
    assert not runs(pid)
