"""The load generator believes no server."""

import shutil
import sys
from pathlib import Path

import pytest

from bench.dialects import ROOMS
from bench.generator import Generator, LoadFailed, Result
from bench.processes import Server, free_port

FAULTY = str(Path(__file__).with_name("faulty_server.py"))

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="cc is not installed")


def run(fault: str) -> Result:
    port = free_port()
    work = ["--members=3", "--window=8", "--limit=40", "--warmup=0", "--seconds=5"]
    with (
        Server([sys.executable, FAULTY, str(port)], port, {"FAULT": fault}),
        Generator([f"--port={port}", *ROOMS.arguments(), *work]) as generator,
    ):
        return generator.perform()


def test_a_faultless_server_passes_with_every_delivery_counted() -> None:
    result = run("none")
    assert result.counts["messages"] == 40
    assert result.counts["deliveries"] == 120


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("loses", "message 4 arrived where 3 was due"),
        ("doubles", "message 3 arrived where 4 was due"),
        ("reorders", "message 4 arrived where 3 was due"),
        ("refuses", "message 3 was refused"),
        ("hangs up", "unexpected packet: 41"),
    ],
)
def test_one_faulty_message_fails_the_run(fault: str, complaint: str) -> None:
    with pytest.raises(LoadFailed, match=complaint):
        run(fault)
