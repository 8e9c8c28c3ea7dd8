"""`parley backup`, `restore` and `check`, as an operator runs them: on a server that works, and without one."""

import asyncio
import ctypes
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from parley.cli.main import app
from tests.support.server import ServerProcess, environment

SECRET = "of these tests alone, and random enough"  # people stay signed in where it is the same
ENOUGH = 30
"""Messages of each writer, at least, before the backup begins and after it is made."""


def parley(*arguments: str, data: Path, code: int = 0) -> Result:
    """Run a command in this process: a server has a lock of its own all the same."""
    env = environment(data) | {"COLUMNS": "200"}
    done = CliRunner().invoke(app, [*arguments], env=env)
    assert done.exit_code == code, done.output
    return done


class Writer:
    """Somebody who sends one message after another, each until it is acknowledged."""

    def __init__(self, http: httpx.AsyncClient, token: str, conversation_id: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/v1/conversations/{conversation_id}/messages"
        self.acked: dict[str, int] = {}
        self.more = asyncio.Event()

    async def send(self, client_id: str) -> dict[str, Any]:
        body = {"client_id": client_id, "body": f"message {client_id}"}
        answer = await self._http.post(self._path, headers=self._headers, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def write(self) -> None:
        while True:
            client_id = f"c{len(self.acked)}"
            self.acked[client_id] = (await self.send(client_id))["seq"]
            self.more.set()

    async def has(self, count: int) -> None:
        while len(self.acked) < count:
            self.more.clear()
            await self.more.wait()


async def registered(http: httpx.AsyncClient, username: str) -> dict[str, Any]:
    body = {"username": username, "password": "correct horse"}
    return (await http.post("/v1/auth/register", json=body)).json()


@pytest.mark.timeout(300)
async def test_a_backup_of_a_server_at_work_is_whole_and_clients_of_it_fetch_afresh(
    tmp_path: Path,
) -> None:
    data, copy, new = (tmp_path / name for name in ("data", "copy", "new"))
    settings = {"secret": SECRET, "messages_per_second": "0", "requests_per_second": "0"}
    with ServerProcess(data, **settings) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            ann, ben = await registered(http, "ann"), await registered(http, "ben")
            home = await group_of(http, ann, ben)
            writers = [Writer(http, one["access_token"], home) for one in (ann, ben)]
            writing = [asyncio.create_task(one.write()) for one in writers]
            await asyncio.gather(*(one.has(ENOUGH) for one in writers))
            before = [dict(one.acked) for one in writers]
            made = await asyncio.to_thread(parley, "backup", str(copy), "--json", data=data)
            behind = [len(one.acked) + ENOUGH for one in writers]
            await all_is_well(data)
            for one, count in zip(writers, behind, strict=True):
                await one.has(count)
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
    assert json.loads(made.stdout)["entries"] >= 1 + 2 * ENOUGH

    restored = await asyncio.to_thread(parley, "restore", str(copy), data=new)
    assert "with a new epoch" in restored.stdout
    await all_is_well(new)
    with ServerProcess(new, **settings) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await catches_up_afresh(http, ann, home, max(writers[0].acked.values()))
            again = [Writer(http, one["access_token"], home) for one in (ann, ben)]
            for writer, had in zip(again, before, strict=True):
                for client_id, seq in had.items():
                    assert (await writer.send(client_id))["seq"] == seq
            log = await http.get(f"/v1/conversations/{home}/log?limit=200", headers=bearer(ann))
            seqs = [entry["seq"] for entry in log.json()["entries"]]
            assert seqs == list(range(1, len(seqs) + 1))
        await all_is_well(new)


async def all_is_well(data: Path) -> None:
    checked = await asyncio.to_thread(parley, "check", data=data)
    assert checked.stdout.startswith("All is well with ")


def bearer(person: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {person['access_token']}"}


async def group_of(http: httpx.AsyncClient, *people: dict[str, Any]) -> str:
    body = {"kind": "group", "name": "Home", "members": [people[1]["user"]["user_id"]]}
    made = await http.post("/v1/conversations", json=body, headers=bearer(people[0]))
    return made.json()["conversation_id"]


async def catches_up_afresh(
    http: httpx.AsyncClient, person: dict[str, Any], conversation_id: str, cursor: int
) -> None:
    """A client that comes back with the epoch and cursor of before."""
    body = {"epoch": person["epoch"], "cursors": {conversation_id: cursor}}
    answer = (await http.post("/v1/sync", json=body, headers=bearer(person))).json()
    assert answer["epoch"] != person["epoch"]
    (found,) = answer["conversations"]
    assert found["reset"] is True
    assert found["head"] < cursor
    body = {"epoch": answer["epoch"], "cursors": {conversation_id: 0}}
    fresh = (await http.post("/v1/sync", json=body, headers=bearer(person))).json()
    (found,) = fresh["conversations"]
    assert [entry["seq"] for entry in found["entries"]] == list(range(1, found["head"] + 1))


def test_what_is_wrong_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    parley("seed", "--people", "5", "--conversations", "3", "--messages", "50", data=data)
    looked_at = parley("check", data=data).stdout
    assert looked_at.endswith(" of 3 conversations, and 5 accounts.\n")
    with closing(sqlite3.connect(data / "parley.db")) as connection:
        connection.execute("DELETE FROM entries WHERE seq = 2")
        connection.commit()
    found = parley("check", data=data, code=1).stdout
    assert "\nhole: " in found
    assert " faults in " in found
    shown = json.loads(parley("check", "--json", data=data, code=1).stdout)
    assert shown["count"] == len(shown["faults"]) > 1


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for command in (("check",), ("backup", str(tmp_path / "copy"))):
        said = parley(*command, data=tmp_path / "nowhere", code=1).stderr
        assert said == f"parley: There is no data folder {tmp_path / 'nowhere'}.\n"
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_database_none_is_made_and_nothing_is_well(tmp_path: Path) -> None:
    """A disk that is not mounted leaves an empty folder: its backup would be empty, and look like one."""
    empty = tmp_path / "data"
    empty.mkdir()
    for command in (("check",), ("backup", str(tmp_path / "copy"))):
        said = parley(*command, data=empty, code=1).stderr
        assert said == f"parley: There is no database in the data folder {empty}.\n"
    assert list(empty.iterdir()) == []
    assert not (tmp_path / "copy").exists()


def test_a_restore_goes_nowhere_that_a_server_holds_or_a_database_lies(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    parley("seed", "--people", "2", "--conversations", "1", "--messages", "1", data=data)
    parley("backup", str(copy), data=data)
    assert "holds a database" in parley("restore", str(copy), data=data, code=1).stderr
    nothing = parley("restore", str(tmp_path / "nothing"), data=tmp_path / "new", code=1)
    assert "is no backup" in nothing.stderr
    assert nothing.stderr.count("\n") == 1


def test_a_database_that_others_could_read_is_closed_to_them_by_the_next_start(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    parley("seed", "--people", "2", "--conversations", "1", "--messages", "1", data=data)
    files = [data / name for name in ("parley.db", "parley.db.highest")]
    (data / "parley.db-wal").touch()
    for path in (*files, data / "parley.db-wal"):
        path.chmod(0o644)
    parley("check", data=data)
    assert {path.stat().st_mode & 0o777 for path in data.iterdir() if path.is_file()} == {0o600}


def test_a_damaged_page_is_told_by_check_in_words(tmp_path: Path) -> None:
    data = tmp_path / "data"
    parley("seed", "--people", "5", "--conversations", "3", "--messages", "500", data=data)
    with closing(sqlite3.connect(data / "parley.db")) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entries'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (data / "parley.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x00" * size)
    said = parley("check", data=data, code=1)
    assert "malformed" in said.output or "file_damaged: " in said.output, said.output
    assert "Traceback" not in said.output


def without_privileges() -> Callable[[], None] | None:
    """What makes root heed permissions, in a process that is about to begin."""
    if os.geteuid() != 0:
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(24, 1)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def test_a_database_that_may_only_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    parley("seed", "--people", "2", "--conversations", "1", "--messages", "1", data=data)
    (data / "parley.db").chmod(0o400)
    done = subprocess.run(
        [sys.executable, "-m", "parley", "serve"],
        env=environment(data),
        cwd=tmp_path,
        preexec_fn=without_privileges(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    assert done.stderr.splitlines()[-1].startswith(
        f"parley: The database {data / 'parley.db'} can't be opened: attempt to write a readonly database."
    )
    assert "Traceback" not in done.stderr
