"""Requests that schemathesis makes up from the OpenAPI document, at a running server: never a 5xx, and every answer as
the document has it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import ServerProcess

PASSWORD = "correct horse battery"
NO_BOUNDS = dict.fromkeys(
    (
        "requests_per_second",
        "messages_per_second",
        "reactions_per_second",
        "registrations_per_minute",
    ),
    "0",
) | {"tries_per_minute": "100000"}

CONFIG = """
# What there is, so that more than "not found" is found: the conversations, people and messages made before.
[dictionaries]
conversations = {{ values = {conversations} }}
people = {{ values = {people} }}
seqs = {{ values = [1, 2, 3] }}

[parameters]
"path.conversation_id" = {{ dictionary = "conversations", probability = 0.8 }}
"path.user_id" = {{ dictionary = "people", probability = 0.8 }}
"path.seq" = {{ dictionary = "seqs", probability = 0.8 }}

# Whoever was signed out by a request signs in again.
[auth]
auto-signup = false

[auth.dynamic.openapi.bearer]
path = "/v1/auth/login"
payload = {{ login = "anna", password = "{password}" }}
extract_selector = "/access_token"
"""

NOT_CHECKED = (
    # Rules that no schema says (lengths, names that are taken) refuse what fits the schema, as 422 or 409.
    "positive_data_acceptance",
    # The framework's own answer to OPTIONS names the methods of what was declared first of a path.
    "allow_header_conformance",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "data", **NO_BOUNDS) as server:
        yield server


def inhabited(url: str) -> dict[str, list[str]]:
    """Anna and Boris, their direct conversation, a group and a room, each with a few messages."""
    with httpx.Client(base_url=url, timeout=60) as client:
        people = {}
        for name in ("boris", "anna"):
            client.cookies.clear()
            body = {"username": name, "password": PASSWORD}
            signed_in = client.post("/v1/auth/register", json=body).raise_for_status().json()
            people[name] = signed_in["user"]["user_id"]
            client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        made = [client.put(f"/v1/direct/{people['boris']}")]
        for kind, members in (("group", [people["boris"]]), ("room", [])):
            body = {"kind": kind, "name": "Home", "members": members}
            made.append(client.post("/v1/conversations", json=body))
        conversations = [one.raise_for_status().json()["conversation_id"] for one in made]
        for where in conversations:
            for text in ("hello", "hello @boris"):
                path = f"/v1/conversations/{where}/messages"
                client.post(path, json={"body": text}).raise_for_status()
    return {"conversations": conversations, "people": [*people.values()]}


@pytest.mark.timeout(900)
def test_whatever_fits_the_description_or_just_not_is_answered_as_it_says(
    server: ServerProcess, tmp_path: Path
) -> None:
    there = {name: json.dumps(values) for name, values in inhabited(server.url).items()}
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(**there, password=PASSWORD), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            f"{server.url}/openapi.json",
            *("--exclude-checks", ",".join(NOT_CHECKED)),
            *("--phases", "coverage,fuzzing,stateful"),
            *("--max-examples", "10", "--seed", "1", "--generation-database", "none"),
            *("--continue-on-failure", "--no-color", "--warnings", "off"),
            *("--request-timeout", "60", "--suppress-health-check", "all"),
        ],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    failed = [line for line in server.lines if line.get("level") in ("error", "critical")]
    assert failed == []
