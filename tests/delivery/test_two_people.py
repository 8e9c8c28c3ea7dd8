"""Two people with two devices each, a server that is killed in mid-sentence, and every acked word on every device."""

import asyncio
import json
import shutil
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.devices import JS, Device, JavaScriptDevice, PythonDevice
from tests.support.server import ServerProcess

PASSWORD = "correct horse battery"  # of people made up here
MESSAGES = 40

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules").exists(),
    reason="needs Node and `make setup`",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def register(url: str, username: str) -> str:
    answer = post(f"{url}/v1/auth/register", {"username": username, "password": PASSWORD})
    return answer["user"]["user_id"]


# python-socketio's client leaves a connection to the dead server open for the collector to find.
@needs_node
@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_every_acked_message_is_there_once_in_order_on_all_devices_after_kill_9(
    tmp_path: Path,
) -> None:
    port = free_port()
    server = ServerProcess(tmp_path / "data", flags=("--port", str(port)))
    with server:
        url = f"http://127.0.0.1:{port}"
        ben_id = register(url, "ben") if register(url, "ann") else ""
        devices: dict[str, Device] = {
            "ann-py": PythonDevice(url, "ann", PASSWORD, ["polling", "websocket"]),
            "ann-js": JavaScriptDevice(url, "ann", PASSWORD, ["polling", "websocket"]),
            "ben-py": PythonDevice(url, "ben", PASSWORD, ["polling"]),
            "ben-js": JavaScriptDevice(url, "ben", PASSWORD, ["websocket"]),
        }
        try:
            for device in devices.values():
                await device.connect()
            await chat_through_crashes(server, devices, ben_id)
        finally:
            for device in devices.values():
                await device.close()


async def chat_through_crashes(
    server: ServerProcess, devices: dict[str, Device], ben_id: str
) -> None:
    made = await devices["ann-py"].ask(
        "conversation.create", {"kind": "group", "name": "Both", "members": [ben_id]}
    )
    group = made["entry"]["conversation_id"]
    opened = await devices["ann-js"].ask("direct.open", {"user_id": ben_id})
    direct = opened["conversation_id"]
    sent: dict[str, set[str]] = {name: set() for name in devices}
    for number in range(MESSAGES):
        for name, device in devices.items():
            client_id = f"{name}-{number}"
            sent[name].add(client_id)
            where = group if number % 2 else direct
            device.send(conversation_id=where, client_id=client_id, body=f"{client_id} says hello")
        if number in (MESSAGES // 4, MESSAGES // 2):
            # In mid-sentence: something is acked, something is on its way.
            await asyncio.wait_for(devices["ann-js"].acked.wait(), 20)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await asyncio.sleep(0.01)
    for name, device in devices.items():
        await asyncio.wait_for(device.all_acked(sent[name]), 60)
    for name, device in devices.items():
        check(await complete(device, group, direct), devices, name)


async def complete(device: Device, group: str, direct: str) -> dict[str, list[dict[str, Any]]]:
    """What the device has, once it has as many messages as were sent."""
    for _ in range(200):
        views = await device.views()
        messages = [
            entry
            for view in (views.get(group, []), views.get(direct, []))
            for entry in view
            if entry["type"] == "message.new"
        ]
        if len(messages) >= MESSAGES * 4:
            return views
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {len(messages)} messages arrived")


def check(views: dict[str, list[dict[str, Any]]], devices: dict[str, Device], name: str) -> None:
    """Each acked message once, at its seq; no hole; and the same log for all."""
    for device in devices.values():
        for client_id, answer in device.acks.items():
            assert answer["ok"], answer
            entry = answer["entry"]
            assert views[entry["conversation_id"]][entry["seq"] - 1] == entry, (name, client_id)
    for view in views.values():
        assert [entry["seq"] for entry in view] == list(range(1, len(view) + 1))
        said = [entry["client_id"] for entry in view if entry["type"] == "message.new"]
        assert len(said) == len(set(said))
