"""Runs scenarios of tests/js in Node and finds out which there are."""

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.servers import JS, Server, require_node

RUN_SECONDS = 180
TRANSPORTS = ["polling", "websocket", "upgrade"]

Results = dict[str, str]


def titles(file: str) -> list[str]:
    """The scenarios of a file, by name."""
    text = (JS / file).read_text()
    return re.findall(
        r"^  async (\w+)\(", text[text.index("export const scenarios") :], re.MULTILINE
    )


def over_each_transport(run: Callable[[str], Results]) -> dict[str, Results]:
    """Run for all transports at once, since clients mostly wait."""
    require_node()
    with ThreadPoolExecutor() as threads:
        return dict(zip(TRANSPORTS, threads.map(run, TRANSPORTS), strict=True))


def run_scenarios(package: str, transport: str, server: Server, file: str) -> Results:
    """Run all scenarios of a file with one client: name to "ok" or what went wrong."""
    return run_script("clients.mjs", package, transport, server.http, f"./{file}")


def run_script(*command: str) -> Results:
    """Run a script of tests/js that prints such results as JSON."""
    done = subprocess.run(
        ["node", *command],
        cwd=JS,
        capture_output=True,
        check=False,
        timeout=RUN_SECONDS,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results: Results = json.loads(done.stdout)
    return results
