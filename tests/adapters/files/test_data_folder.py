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
