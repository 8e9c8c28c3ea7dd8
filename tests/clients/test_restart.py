"""A client that is connected when the server stops is back when it has started again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.clients.conftest import COMMANDS, HEARTBEATS
from tests.clients.javascript import TRANSPORTS
from tests.conformance.servers import JS, free_port, require_node, running


@contextmanager
def client(transport: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        ["node", "comeback.mjs", transport, f"http://127.0.0.1:{port}"],
        cwd=JS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


def told(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_client_survives_a_restart(kind: str, transport: str) -> None:
    require_node()
    port = free_port()
    with client(transport, port) as process:
        with running(kind, COMMANDS[kind], HEARTBEATS, port):
            assert told(process) == "connected"
        assert told(process).startswith("disconnected: transport")
        with running(kind, COMMANDS[kind], HEARTBEATS, port):
            assert told(process) == "connected"
