"""Server processes are measured whole and never left behind."""

import os
import sys
import time
from pathlib import Path

import pytest

from bench.processes import Server, ServerFailed, cores, free_port

LISTEN = "import socket,sys; s=socket.create_server(('127.0.0.1',int(sys.argv[1])))"
"""Then whatever the test wants of it, and a wait for ever."""


def server(then: str) -> Server:
    port = free_port()
    program = f"{LISTEN}; {then}; import signal; signal.pause()"
    return Server([sys.executable, "-c", program, str(port)], port, {})


def alive(pid: int) -> bool:
    """Running; who has ended and waits to be collected is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def first_words(running: Server) -> str:
    """What the server prints, once it does; the test's own limit ends a wait that is in vain."""
    while not (said := running.output().strip()):
        time.sleep(0.01)
    return said


def test_the_time_of_threads_and_children_counts() -> None:
    child = "sum(range(10**7))"
    spawn = f"import subprocess; subprocess.run([sys.executable, '-c', '{child}']); print('done', flush=True)"
    with server(spawn) as running:
        first_words(running)
        assert running.cpu_seconds() >= 0.1


def test_a_server_and_its_children_are_gone_afterwards() -> None:
    stubborn = ["sh", "-c", "trap '' TERM; sleep 60"]
    spawn = f"import subprocess; print(subprocess.Popen({stubborn}).pid, flush=True)"
    with server(spawn) as running:
        child = int(first_words(running))
        assert alive(child)
    assert not alive(child)


def test_a_server_that_ends_at_once_is_reported_with_its_words() -> None:
    port = free_port()
    program = "raise SystemExit('the port is taken')"
    with (
        pytest.raises(ServerFailed, match="the port is taken"),
        Server([sys.executable, "-c", program], port, {}),
    ):
        pass


def test_the_server_runs_on_its_own_core() -> None:
    say = "import os; print(os.sched_getaffinity(0), flush=True)"
    with server(say) as running:
        said = first_words(running)
    assert said == str({cores()[0]})
    assert os.sched_getaffinity(0) >= {cores()[0]}
