"""Devices on the package, while the server is killed, away and back, and while a device starts anew."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.clients_js.package import Device
from tests.conformance.servers import free_port
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("package")]

SENT = [f"message {number}" for number in range(6)]


class Pair:
    """Ada and Bob, who talk."""

    def __init__(self, server: ServerProcess, ada: Device, bob: Device) -> None:
        self.server, self.ada, self.bob = server, ada, bob
        for name, device in (("ada", ada), ("bob", bob)):
            device.do("register", username=name)
            device.until(lambda state: state["link"] == "live")
        ada.do("direct", user_id=bob.state["user_id"])
        self.id = ada.until(lambda state: state["conversations"])["conversations"][0]["id"]
        bob.until(lambda state: state["conversations"])
        for device in (ada, bob):
            device.do("open", id=self.id)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        server = ServerProcess(tmp_path / "data", port=str(free_port()))
        stack.enter_context(server)
        ada = stack.enter_context(Device(server.url))
        bob = stack.enter_context(Device(server.url))
        yield Pair(server, ada, bob)


def bodies(state: dict[str, Any]) -> list[str]:
    return [message["body"] for one in state["conversations"] for message in one["messages"]]


def test_what_is_written_while_the_server_is_killed_and_started_again_arrives_once_and_in_order(
    pair: Pair,
) -> None:
    pair.ada.do("send", id=pair.id, body=SENT[0])
    pair.bob.until(lambda state: bodies(state) == SENT[:1])
    for body in SENT[1:3]:
        pair.ada.do("send", id=pair.id, body=body)
    pair.server.kill()
    pair.ada.until(lambda state: state["link"] == "offline")
    for body in SENT[3:]:
        pair.ada.do("send", id=pair.id, body=body)
    pair.server.start()
    pair.ada.until(lambda state: bodies(state) == SENT and not state["unsent"])
    assert bodies(pair.bob.until(lambda state: len(bodies(state)) >= len(SENT))) == SENT


def test_a_device_that_starts_anew_without_the_server_shows_what_it_had_and_sends_what_it_kept(
    pair: Pair,
) -> None:
    pair.ada.do("send", id=pair.id, body=SENT[0])
    pair.ada.until(lambda state: bodies(state) == SENT[:1] and not state["unsent"])
    pair.server.kill()
    pair.ada.until(lambda state: state["link"] == "offline")
    pair.ada.do("send", id=pair.id, body=SENT[1])
    pair.ada.do("draft", id=pair.id, text="half a sen")
    pair.ada.until(lambda state: state["unsent"] == 1)
    pair.ada.do("reload")
    kept = pair.ada.until(lambda state: state["reloads"] == 1 and state["unsent"] == 1)
    assert bodies(kept) == SENT[:1]
    assert kept["conversations"][0]["draft"] == "half a sen"
    assert kept["conversations"][0]["pending"] == [{"body": SENT[1], "state": "waiting"}]
    pair.server.start()
    pair.ada.until(lambda state: bodies(state) == SENT[:2] and not state["unsent"])
    pair.bob.until(lambda state: bodies(state) == SENT[:2])


def test_edits_and_reactions_made_while_one_was_away_are_there_when_one_is_back(
    pair: Pair,
) -> None:
    pair.ada.do("send", id=pair.id, body="one")
    seq = pair.bob.until(bodies)["conversations"][0]["messages"][0]["seq"]
    pair.server.kill()
    for device in (pair.ada, pair.bob):
        device.until(lambda state: state["link"] == "offline")
    pair.ada.do("edit", id=pair.id, seq=seq, body="one, corrected")
    pair.bob.do("react", id=pair.id, seq=seq, emoji="👍")
    pair.server.start()
    bob = pair.bob.state["user_id"]
    for device in (pair.ada, pair.bob):
        shown = device.until(lambda state: not state["unsent"] and state["link"] == "live")
        shown = device.until(
            lambda state: (
                bodies(state) == ["one, corrected"]
                and state["conversations"][0]["messages"][0]["reactions"]
            )
        )
        assert shown["conversations"][0]["messages"][0]["reactions"] == {"👍": [bob]}
