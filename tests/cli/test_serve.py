"""`parley serve` as a process: how it starts, who may use its folder and port, how it ends."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import parley
from tests.support.server import ServerProcess, environment


def run(*arguments: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "parley", *arguments],
        env=environment(data, **settings),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_it_says_where_it_serves_once_it_is_ready(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data") as server:
        assert status(f"{server.url}/readyz") == 200
        assert status(f"{server.url}/healthz") == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(tmp_path: Path, number: signal.Signals) -> None:
    with ServerProcess(tmp_path / "data") as server:
        server.signal(number)
        assert server.exit_code() == 0
        assert [line["event"] for line in server.lines][-2:] == ["stopping", "stopped"]


def test_a_second_one_on_the_same_folder_ends_with_one_line_that_names_the_first(
    tmp_path: Path,
) -> None:
    with ServerProcess(tmp_path / "data") as server:
        second = run("serve", data=server.data)
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert f"in use by process {server.pid}" in second.stderr
        assert status(f"{server.url}/readyz") == 200


def test_the_folder_is_free_again_after_kill_9(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data") as server:
        server.kill()
        server.start()
        assert status(f"{server.url}/readyz") == 200


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", data=tmp_path / "data", port=port)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"parley: Can't listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another address with --host and --port.\n"
    )


def test_a_setting_that_cannot_be_used_is_said_in_one_line_and_makes_no_folder(
    tmp_path: Path,
) -> None:
    ended = run("serve", data=tmp_path / "data", port="eighty")
    assert ended.returncode == 2
    assert (
        ended.stderr
        == "parley: PARLEY_PORT can't be 'eighty': give a whole number from 0 to 65535.\n"
    )
    assert not (tmp_path / "data").exists()


def test_flags_come_before_the_environment(tmp_path: Path) -> None:
    ended = run("serve", "--port", "70000", data=tmp_path / "data", port="0")
    assert ended.stderr.startswith("parley: --port can't be '70000'")


def test_a_misspelt_variable_is_pointed_out(tmp_path: Path) -> None:
    ended = run("settings", data=tmp_path / "data", prot="1")
    assert ended.returncode == 0
    assert (
        "PARLEY_PROT is no setting of Parley and is ignored. Did you mean PARLEY_PORT?"
        in ended.stderr
    )


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert run("--version", data=tmp_path / "data").stdout == "parley 0.1.0\n"


def test_while_it_drains_it_is_not_ready_and_takes_no_sockets(tmp_path: Path) -> None:
    # Two clients: the turn of the second would come in a quarter of an hour.
    with ServerProcess(tmp_path / "data", drain_seconds="3600") as server:
        handshake = f"{server.url}/socket.io/?EIO=4&transport=polling"
        assert status(handshake) == status(handshake) == 200
        server.signal(signal.SIGTERM)
        server.wait_for("stopping")
        assert status(f"{server.url}/readyz") == 503
        assert status(f"{server.url}/healthz") == 200
        assert status(handshake) == 503


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", drain_seconds="3600") as server:
        handshake = f"{server.url}/socket.io/?EIO=4&transport=polling"
        assert status(handshake) == status(handshake) == 200
        server.signal(signal.SIGTERM)
        server.wait_for("stopping")
        server.signal(signal.SIGTERM)
        assert server.exit_code() == -signal.SIGTERM


def test_a_database_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_text("This is no database, however long one looks at it.")
    (tmp_path / "parley.db").chmod(0o600)
    ended = run("serve", data=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        "parley.db can't be opened: file is not a database. Restore a backup.\n"
    )
    assert ended.stderr.count("\n") == 1


def test_the_access_log_is_off_until_asked_for_and_shows_no_token(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "quiet") as server:
        status(f"{server.url}/healthz")
        server.stop()
        assert not [line for line in server.lines if line["logger"] == "uvicorn.access"]
    with ServerProcess(tmp_path / "loud", access_log="true") as server:
        status(f"{server.url}/healthz?access_token=hunter2")
        server.stop()
        (line,) = (line["event"] for line in server.lines if line["logger"] == "uvicorn.access")
        assert "/healthz" in line
        assert "hunter2" not in line


def test_a_store_that_failed_ends_the_process_at_once_and_says_so() -> None:
    code = "from parley.stores import end_at_once; end_at_once(OSError('the disk is gone')); print('still here')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "still here" not in done.stdout
    assert "the disk is gone" in done.stdout + done.stderr


def test_reload_starts_anew_when_the_source_changes_and_ends_with_its_server(
    tmp_path: Path,
) -> None:
    with ServerProcess(tmp_path / "data", flags=("--reload",)) as server:
        Path(parley.__path__[0], "__main__.py").touch()
        server.wait_for("stopped")
        again = server.wait_for("serving")
        assert status(f"{again['url']}/readyz") == 200
        server.signal(signal.SIGTERM)
        assert server.exit_code() == 0
        assert server.lines[-1]["event"] == "stopped"


def test_a_port_for_metrics_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", data=tmp_path / "data", metrics_port=port)
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        f"Can't listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another address with PARLEY_METRICS_HOST and PARLEY_METRICS_PORT.\n"
    )
