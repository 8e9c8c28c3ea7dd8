"""`parley admin`, as an operator runs it: with a server that holds the folder, and without one."""

import asyncio
import json
import os
from functools import partial
from pathlib import Path

import httpx
import pytest
import requests
import socketio
from click.testing import Result
from typer.testing import CliRunner

from parley.adapters.files.data_folder import DataFolder
from parley.cli import holder as holder_module
from parley.cli.holder import NotDone, holder, silent
from parley.cli.main import app
from parley.control.address import reachable
from parley.control.protocol import ListAccounts
from parley.settings import Settings
from tests.support.server import ServerProcess, environment


def admin(*arguments: str, data: Path, stdin: str = "", code: int = 0) -> Result:
    """Run a command in this process: a server has a lock of its own all the same."""
    env = environment(data) | {"COLUMNS": "200"}
    done = CliRunner().invoke(app, ["admin", *arguments], input=stdin, env=env)
    assert done.exit_code == code, done.output
    return done


def test_without_a_server_the_store_is_opened_here_and_the_first_admin_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = json.loads(admin("create", "ada", "--admin", "--json", data=data).stdout)
    assert made["account"]["role"] == "admin"
    assert len(made["password"]) == 20
    again = admin("create", "ada", data=data, code=1)
    assert again.stderr == "parley: This username is taken.\n"
    assert again.stdout == ""
    table = admin("list", data=data).stdout
    assert made["account"]["user_id"] in table
    with ServerProcess(data) as server:
        login = {"login": "ada", "password": made["password"]}
        signed_in = requests.post(f"{server.url}/v1/auth/login", json=login, timeout=30).json()
        assert signed_in["user"]["role"] == "admin"


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # python-socketio's client leaves its own
async def test_through_the_running_server_sockets_end_with_their_sessions_at_once(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    gone = asyncio.Event()
    with ServerProcess(data) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            token = await register(http)
            async with socketio.AsyncSimpleClient(reconnection=False) as client:
                await client.connect(server.url, auth={"token": token}, transports=["websocket"])
                client.client.on("disconnect", gone.set)
                shown = await asyncio.to_thread(admin, "show", "ben", "--json", data=data)
                assert len(json.loads(shown.stdout)["sessions"]) == 1
                await asyncio.to_thread(admin, "disable", "ben", data=data)
                await gone.wait()
            me = await http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert me.json()["error"]["code"] == "session_revoked"
            refused = await login(http, "correct horse")
            assert refused.json()["error"]["code"] == "account_disabled"
            await asyncio.to_thread(admin, "enable", "ben", data=data)
            reset = partial(admin, "reset-password", "ben", "--password-stdin", data=data)
            await asyncio.to_thread(reset, stdin="another horse\n")
            assert (await login(http, "another horse")).status_code == 200


@pytest.mark.timeout(300)
def test_every_command_is_carried_out_by_the_running_server_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with ServerProcess(data) as server, requests.Session() as http:

        def told(*arguments: str, stdin: str = "") -> str:
            return admin(*arguments, data=data, stdin=stdin).stdout

        def role() -> tuple[int, str]:
            body = {"login": "ada", "password": "her own words"}
            signed_in = http.post(f"{server.url}/v1/auth/login", json=body, timeout=60)
            token = signed_in.json()["access_token"]
            http.cookies.clear()
            http.headers["Authorization"] = f"Bearer {token}"
            me = http.get(f"{server.url}/v1/me", timeout=60)
            return me.status_code, me.json()["role"]

        made = ["create", "ada", "--email", "ada@example.org", "--display-name", "Ada"]
        assert told(*made, "--password-stdin", stdin="her own words\n") == "Created ada.\n"
        assert role() == (200, "person")
        assert told("promote", "ada@example.org") == "ada is an admin.\n"
        assert role() == (200, "admin")
        assert told("demote", "ada") == "ada is no admin.\n"
        assert role() == (200, "person")
        assert "ada@example.org" in told("list", "ad")
        assert told("list", "nobody").strip().startswith("username")
        assert told("show", "ada").count("python-requests") == 3
        assert told("revoke-sessions", "ada") == "Ended 3 sessions of ada.\n"
        refused = http.get(f"{server.url}/v1/me", timeout=60)
        assert refused.json()["error"]["code"] == "session_revoked"
        assert "Password, shown this once: " in told("reset-password", "ada")
        assert told("disable", "ada") == "ada is disabled; ended 0 sessions.\n"
        assert "disabled" in told("list")
        assert told("enable", "ada") == "ada is enabled.\n"
        unknown = admin("show", "nobody", data=data, code=1)
        assert unknown.stderr.startswith("parley: ")


async def register(http: httpx.AsyncClient) -> str:
    body = {"username": "ben", "password": "correct horse"}
    return (await http.post("/v1/auth/register", json=body)).json()["access_token"]


async def login(http: httpx.AsyncClient, password: str) -> httpx.Response:
    return await http.post("/v1/auth/login", json={"login": "ben", "password": password})


async def test_a_holder_that_takes_no_commands_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder_module, "PATIENCE_SECONDS", 0.0)
    with DataFolder(tmp_path):
        async with holder(Settings(data=tmp_path)) as holding:
            with pytest.raises(NotDone, match=f"Process {os.getpid()} holds the data folder"):
                await holding.ask(ListAccounts(), silent)


async def test_a_server_that_ends_before_it_answers_leaves_open_what_was_done(
    tmp_path: Path,
) -> None:
    def end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with DataFolder(tmp_path), reachable(tmp_path) as path:
        async with (
            await asyncio.start_unix_server(end, path),
            holder(Settings(data=tmp_path)) as holding,
        ):
            with pytest.raises(NotDone, match="whether this was done is open"):
                await holding.ask(ListAccounts(), silent)
