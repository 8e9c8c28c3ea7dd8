"""The data folder: private, owned by one, on a local disk, with a secret of its own."""

import os
import stat
from pathlib import Path

import pytest

from parley.adapters.files import data_folder
from parley.adapters.files.data_folder import DataFolder, DataFolderError, file_system_of

MOUNTS = "\n".join(
    (
        "/dev/vda / ext4 rw 0 0",
        "server:/export /srv nfs4 rw 0 0",
        "/dev/vdb /srv/local xfs rw 0 0",
        "/dev/vdc /my\\040disk ext4 rw 0 0",
        "ada@host: /my\\040disk/far fuse.sshfs rw 0 0",
        "tmpfs /twice tmpfs rw 0 0",
        "//host/share /twice cifs rw 0 0",
    )
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "deep" / "data") as folder:
        assert mode(folder.path) == 0o700


def test_only_one_can_own_it_and_the_other_is_told_who_does(tmp_path: Path) -> None:
    with (
        DataFolder(tmp_path),
        pytest.raises(DataFolderError, match=f"in use by process {os.getpid()}"),
    ):
        DataFolder(tmp_path)


def test_it_can_be_owned_again_once_it_was_closed(tmp_path: Path) -> None:
    DataFolder(tmp_path).close()
    DataFolder(tmp_path).close()


def test_its_secret_stays_and_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        first = folder.secret()
    with DataFolder(tmp_path) as folder:
        assert folder.secret() == first
    assert mode(tmp_path / "secret") == 0o600
    assert len(first) >= 43


def test_a_secret_that_was_half_written_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("ha")
    with DataFolder(tmp_path) as folder:
        assert len(folder.secret()) >= 43


def test_a_file_in_its_place_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DataFolderError, match="can't be used: File exists"):
        DataFolder(tmp_path / "data")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ada", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/parley", "nfs4"),
        ("/srv/local/parley", "xfs"),
        ("/srvother", "ext4"),
        ("/my disk/data", "ext4"),
        ("/my disk/far/data", "fuse.sshfs"),
        ("/twice/data", "cifs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.fixture
def on_nfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path}/far nfs4 rw 0 0\n")
    monkeypatch.setattr(data_folder, "MOUNTS", mounts)
    return tmp_path / "far" / "data"


def test_a_network_file_system_is_refused_and_nothing_is_made_there(on_nfs: Path) -> None:
    with pytest.raises(DataFolderError, match=r"network file system \(nfs4\)"):
        DataFolder(on_nfs)
    assert not on_nfs.parent.exists()


def test_a_network_file_system_is_taken_where_forced(on_nfs: Path) -> None:
    with DataFolder(on_nfs, allow_network=True):
        assert on_nfs.is_dir()


def test_files_that_came_open_to_others_are_closed_to_them_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, bits in (("old", 0o644), ("older", 0o660), ("private", 0o600), ("other", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(bits)
    with DataFolder(tmp_path) as folder:
        folder.keep_private(("old", "older", "private", "missing"))
        (line,) = caplog.messages
        folder.keep_private(("old", "older", "private", "missing"))
    assert caplog.messages == [line]
    assert line.endswith("for their owner alone again: old, older")
    assert {mode(tmp_path / name) for name in ("old", "older", "private")} == {0o600}
    assert mode(tmp_path / "other") == 0o644


def test_a_secret_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a copy")
    (tmp_path / "secret").chmod(0o644)
    with DataFolder(tmp_path) as folder:
        assert mode(tmp_path / "secret") == 0o600
        assert folder.secret() == "from a copy"


def test_files_of_somebody_else_are_left_and_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "old").stat().st_uid + 1)
    with DataFolder(tmp_path) as folder:
        folder.keep_private(("old",))
    assert mode(tmp_path / "old") == 0o644
    (line,) = caplog.messages
    assert line.startswith("others can get at files in ")
    assert "can't be changed by this user: old." in line


def test_a_file_whose_mode_does_not_change_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o644)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)  # as file systems do that know no modes
    with DataFolder(tmp_path) as folder:
        folder.keep_private(("old",))
    (line,) = caplog.messages
    assert line.startswith("others can get at files in ")
