"""The control socket: whose it is, what it takes, and how it ends."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.control import door as door_module
from parley.control.address import NAME, reachable
from parley.control.door import ControlDoor
from parley.control.operations import Operations
from parley.control.protocol import Backup, CreateAccount, ListAccounts, encode
from tests.support.house import House, a_house


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as house:
        yield house


@asynccontextmanager
async def opened(house: House, folder: Path) -> AsyncIterator[ControlDoor]:
    nowhere: Any = None
    operations = Operations(
        operator=house.operator, seeding=house.seeding, inspection=nowhere, backups=None
    )
    door = ControlDoor(operations)
    await door.open(folder)
    try:
        yield door
    finally:
        await door.close()


async def said(folder: Path, *sent: bytes) -> list[dict]:
    """The lines that a connection is answered with."""
    with reachable(folder) as path:
        reader, writer = await asyncio.open_unix_connection(path)
    writer.writelines(sent)
    lines = [json.loads(line) async for line in reader]
    writer.close()
    return lines


async def test_a_request_is_answered_by_one_last_line(house: House, tmp_path: Path) -> None:
    async with opened(house, tmp_path):
        (created,) = await said(tmp_path, encode(CreateAccount(username="anna")))
        assert created["line"] == "done"
        assert len(created["answer"]["password"]) == 20
        assert "password_hash" not in str(created)
        (listed,) = await said(tmp_path, encode(ListAccounts()))
        assert [one["username"] for one in listed["answer"]["items"]] == ["anna"]


async def test_a_refusal_is_told_in_words(house: House, tmp_path: Path) -> None:
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, encode(CreateAccount()))
    assert refused == {
        "line": "refused",
        "code": "invalid",
        "message": "A username or an e-mail address is needed.",
    }


async def test_a_store_that_is_backed_up_by_means_of_its_own_says_so(
    house: House, tmp_path: Path
) -> None:
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, encode(Backup(target="/anywhere")))
    assert (refused["line"], refused["code"]) == ("refused", "invalid")
    assert "mongodump" in refused["message"]


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b'{"version": 1}\n',
        b'{"version": 1, "do": "format.disk"}\n',
        b'{"version": 1, "do": "account.show"}\n',
        b'{"version": 1, "do": "account.list", "limit": "many"}\n',
        b'{"version": 1, "do": "account.list", "colour": "blue"}\n',
        b"\xff\xfe\n",
        b"x" * 100_000 + b"\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_next_one_served(
    house: House, tmp_path: Path, line: bytes
) -> None:
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, line)
        assert (refused["line"], refused["code"]) == ("refused", "invalid")
        (listed,) = await said(tmp_path, encode(ListAccounts()))
        assert listed["line"] == "done"


async def test_another_version_of_the_protocol_is_said_to_be_one(
    house: House, tmp_path: Path
) -> None:
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, b'{"version": 2, "do": "something.new", "x": 1}\n')
    assert refused["code"] == "version"
    assert "version 2" in refused["message"]


async def test_who_sends_nothing_is_not_waited_for(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "SECONDS_TO_ASK", 0.01)
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, b'{"version": 1')
    assert refused["message"] == "No request came."


async def test_a_fault_is_told_without_its_reason_which_is_logged(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(**_: object) -> None:
        raise RuntimeError("secret inner life")

    monkeypatch.setattr(house.operator, "search", broken)
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, encode(ListAccounts()))
    assert refused["code"] == "internal"
    assert "secret" not in refused["message"]
    assert "secret inner life" in caplog.text


async def test_the_socket_is_its_owners_alone_and_gone_at_the_end(
    house: House, tmp_path: Path
) -> None:
    async with opened(house, tmp_path):
        mode = (tmp_path / NAME).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
    assert not (tmp_path / NAME).exists()


async def test_a_socket_that_a_dead_server_left_is_replaced(house: House, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("left behind")
    async with opened(house, tmp_path):
        (listed,) = await said(tmp_path, encode(ListAccounts()))
    assert listed["line"] == "done"


async def test_a_folder_with_a_path_too_long_for_a_socket_has_one_all_the_same(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / ("a" * 120) / ("b" * 120)
    folder.mkdir(parents=True)
    async with opened(house, folder):
        (listed,) = await said(folder, encode(ListAccounts()))
        assert listed["line"] == "done"
    assert not (folder / NAME).exists()


async def test_work_ends_with_whoever_asked_for_it_and_with_the_door(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(**_: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(house.operator, "search", endless)
    async with opened(house, tmp_path) as door:
        with reachable(tmp_path) as path:
            _, writer = await asyncio.open_unix_connection(path)
        writer.write(encode(ListAccounts()))
        await begun.wait()
        writer.close()
        await ended.wait()
        begun.clear()
        ended.clear()
        asking = asyncio.create_task(said(tmp_path, encode(ListAccounts())))
        await begun.wait()
        await door.close()
        assert ended.is_set()
        assert await asking == []


async def test_too_many_at_once_are_told_to_come_back(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "MOST_CONNECTIONS", 0)
    async with opened(house, tmp_path):
        (refused,) = await said(tmp_path, encode(ListAccounts()))
    assert refused["code"] == "rate_limited"
