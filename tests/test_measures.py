"""What a running server measures: every metric is there, and moves with what happens."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import socketio
from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import ServerProcess

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
TOKEN = "a-token-of-the-tests"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("measured") / "data"
    with ServerProcess(data, metrics_token=TOKEN, metrics_port=str(free_port())) as server:
        yield server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(url: str) -> dict[str, float]:
    answer = requests.get(
        f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    assert answer.status_code == 200
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): (
            sample.value
        )
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def registered(url: str, username: str) -> tuple[str, str]:
    """Their id and token."""
    body = {"username": username, "password": "correct horse"}
    answer = requests.post(f"{url}/v1/auth/register", json=body, timeout=60).json()
    return answer["user"]["user_id"], answer["access_token"]


# python-socketio's client leaves a connection of its own open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_number_moves_with_what_happens(server: ServerProcess) -> None:
    before = read(server.url)
    ann, token = registered(server.url, "ann")
    with socketio.SimpleClient() as client:
        client.connect(server.url, auth={"token": token}, transports=["websocket"])
        for number in range(3):
            sent = client.call(
                "message.send", {"user_id": ann, "body": "note", "client_id": str(number)}
            )
            assert sent["ok"], sent
        assert not client.call("message.send", {"user_id": ann, "body": ""})["ok"]
        during = read(server.url)
    while (after := read(server.url))["parley_sockets"]:
        pass

    def moved(name: str, now: dict[str, float] = during) -> float:
        return now[name] - before.get(name, 0)

    assert during["parley_sockets"] == during["parley_people_connected"] == 1
    assert moved("parley_sockets_opened_total") == 1
    assert sum(moved(name, after) for name in after if "parley_sockets_ended" in name) == 1
    assert moved("parley_messages_appended_total") == 3
    assert moved("parley_entries_appended_total") >= 4
    assert moved("parley_pushes_total") >= 3
    assert moved("parley_command_seconds_count") == 4
    assert moved("parley_commands_refused_total code=invalid") == 1
    assert moved("parley_append_seconds_count") >= 3
    assert moved("parley_awake_conversations") == 1
    assert moved("parley_sqlite_commit_seconds_count") >= 4
    assert moved("parley_sqlite_jobs_per_commit_sum") >= moved("parley_sqlite_commit_seconds_count")
    route = "method=POST route=/v1/auth/register status=201"
    assert moved(f"parley_http_request_seconds_count {route}") == 1
    assert during["parley_store_up"] == 1
    assert during["parley_outbox_bytes"] >= 0


def test_every_metric_is_on_the_page_and_no_other(server: ServerProcess) -> None:
    text = requests.get(f"http://127.0.0.1:{server.settings['metrics_port']}/metrics", timeout=60)
    announced = re.findall(r"^# TYPE (parley_\w+) (\w+)$", text.text, re.MULTILINE)
    written = re.findall(r"^\| `(parley_\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(announced) == sorted(written)


def test_a_port_of_its_own_serves_metrics_alone(server: ServerProcess) -> None:
    own = f"http://127.0.0.1:{server.settings['metrics_port']}"
    assert requests.get(f"{own}/metrics", timeout=60).status_code == 200
    assert requests.get(f"{own}/v1/me", timeout=60).status_code == 404


def test_how_late_the_loop_is_gets_measured_all_the_time(server: ServerProcess) -> None:
    before = read(server.url)["parley_loop_lag_seconds_count"]
    while read(server.url)["parley_loop_lag_seconds_count"] == before:
        pass
