"""`parley verify` where there is nothing to verify, where it is ended early, and what it leaves behind."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from parley.cli.main import app
from tests.support.server import environment

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def verify(*flags: str) -> Result:
    return CliRunner().invoke(app, ["verify", *flags])


def test_without_its_extra_it_says_what_to_install() -> None:
    without = "import sys; sys.modules['aiohttp'] = None; from parley.cli.main import app; app()"
    done = subprocess.run(
        [sys.executable, "-c", without, "verify", "--seconds", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "aiohttp: install parley[verify]" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--url", "http://"), "http://host:port"),
        (("--url", "https://localhost"), "http://host:port"),
        (("--url", "http://localhost:99999"), "Port out of range"),
        (("--url", "http://localhost:8000/chat"), "nothing behind it"),
        (("--url", "http://localhost:8000", "--keep"), "--keep"),
        (("--url", "http://localhost:8000", "--serve", "x"), "--serve"),
        (("--restart-command", "true"), "--url"),
        (("--serve", ""), "It is empty"),
        (("--serve", '"chat'), "No closing quotation"),
        (("--adapter", "nobody.knows:It"), "no adapter"),
        (("--adapter", "json:loads"), "no subclass"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(flags: tuple[str, ...], said: str) -> None:
    result = verify(*flags)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program {port}", "no-such-program can't be run: No such file"),
        (f"{sys.executable} -c 'print(1 + 1)'", "ended with code 0 while it started. It said: 2"),
    ],
)
def test_machines_are_told_too_where_no_server_starts(place: Path, command: str, said: str) -> None:
    result = verify("--json", "--serve", command, "--seed", "7")
    assert result.exit_code == 1
    verdict = json.loads(result.stdout)
    assert (verdict["holds"], verdict["options"]["seed"]) == (False, 7)
    assert said in verdict["problem"]
    assert said in result.stderr
    assert list(place.iterdir()) == []


class Another(http.server.BaseHTTPRequestHandler):
    """A server that is no chat: it knows GET alone, as one for files."""

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def another() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Another) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_server_that_is_no_parley_is_named_at_once(another: str) -> None:
    result = verify("--url", another)
    assert result.exit_code == 1
    assert "is no Parley that lets people register" in result.stderr
    assert "was answered with 501" in result.stderr


def test_a_verdict_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a device that is always full")
    with full.open("w") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "parley", "verify", "--json", "--serve", "no-such-program"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
            check=False,
            text=True,
        )
    assert done.returncode == 1
    assert "the verdict can't be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [1, 2])
def test_a_stream_that_is_closed_is_no_reason_to_fail(tmp_path: Path, closed: int) -> None:
    command = f"exec '{sys.executable}' -m parley verify --serve no-such-program {closed}>&-"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment(tmp_path),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert ("can't be run" in done.stderr) == (closed == 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_ended_from_outside_it_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    if number is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends a process with its parent")
    noted, temporary = tmp_path / "pid", tmp_path / "temporary"
    temporary.mkdir()
    script = tmp_path / "serve.sh"
    # It takes no connections, has a child, and ends for no polite signal.
    script.write_text(f"trap '' TERM INT HUP\nsleep 600 &\necho $$ $! > {noted}\nwait\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "parley", "verify", "--json", "--serve", f"sh {script}"],
        cwd=tmp_path,
        env=environment(tmp_path) | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_signals,  # noqa: PLW1509  # no threads here
    )
    while not (noted.exists() and noted.read_text().endswith("\n")):
        assert process.poll() is None
        time.sleep(0.05)
    server, child = map(int, noted.read_text().split())
    process.send_signal(number)
    said, complained = process.communicate()
    while alive(server):
        time.sleep(0.05)
    if number is signal.SIGKILL:
        os.kill(child, signal.SIGKILL)  # of a whole group Linux promises nothing
        return
    while alive(child):
        time.sleep(0.05)
    assert process.returncode == 1
    assert "Interrupted" in json.loads(said)["problem"]
    assert "Traceback" not in complained
    assert list(temporary.iterdir()) == []


def heeding_signals() -> None:
    """Whatever runs this may ignore some, as `nohup` does, and that is inherited."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def alive(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    return done.stdout.strip()[:1] not in ("", "Z")
