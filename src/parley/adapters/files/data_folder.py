"""The data folder: one process owns it; it is private; it lies on a local disk."""

import fcntl
import logging
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

OWNER_ONLY_FOLDER: Final = 0o700
OWNER_ONLY_FILE: Final = 0o600
MOUNTS: Final = Path("/proc/mounts")
NETWORK_FILE_SYSTEM: Final = re.compile(
    r"nfs4?|cifs|smb\w*|afs|coda|ceph|lustre|gpfs|beegfs|glusterfs|gfs2|ocfs2|ncpfs"
    r"|fuse\.(sshfs|cephfs|glusterfs|rclone|s3fs|gcsfuse)"
)
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

logger = logging.getLogger(__name__)


class DataFolderError(Exception):
    """The folder can't be used; the message says to an operator why, and what to do."""


class InUse(DataFolderError):
    """Another process owns it: `holder` is its number."""

    def __init__(self, path: Path, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"The data folder {path} is in use by process {holder}. "
            "Stop that one first, or choose another folder with --data."
        )


class DataFolder:
    """The folder while this process owns it; made where it is missing.

    The lock is the kernel's (flock), so it ends with the process however that ends.

    Raises:
        InUse: Another process owns it.
        DataFolderError: It can't be written, or it is on a network file system.
    """

    def __init__(self, path: Path, *, allow_network: bool = False) -> None:
        self.path = path
        try:
            if not allow_network:
                _refuse_network(path)
            path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            self._lock = _lock(path)
        except OSError as error:
            message = f"The data folder {path} can't be used: {error.strerror or error}."
            raise DataFolderError(message) from error
        self.keep_private(("secret",))

    def keep_private(self, names: Iterable[str]) -> None:
        """Take from files of this folder, where they are there, what their modes allow to others; and say so.

        Files are made private; they come open to others out of copies, archives and older versions. One that belongs
        to somebody else, or whose file system knows no modes, is only warned of.
        """
        opened = [path for path in map(self.path.joinpath, names) if _open_to_others(path)]
        left = [path for path in opened if not _tightened(path)]
        closed = [path.name for path in opened if path not in left]
        if closed:
            logger.warning(
                "files in %s that others could get at are for their owner alone again: %s",
                self.path,
                ", ".join(closed),
            )
        if left:
            logger.warning(
                "others can get at files in %s, and their modes can't be changed by this user: %s. "
                "They hold messages, hashes of passwords and secrets: chown or chmod them",
                self.path,
                ", ".join(path.name for path in left),
            )

    def secret(self) -> str:
        """The secret of this folder, 256 random bits; made at the first call, readable by its owner alone.

        Raises:
            DataFolderError: It can't be read, or not be made.
        """
        file = self.path / "secret"
        try:
            if not file.exists():
                _make_secret(file)
            return file.read_text(encoding="ascii")
        except OSError as error:
            message = f"The secret {file} can't be read or made: {error.strerror or error}."
            raise DataFolderError(message) from error

    def close(self) -> None:
        """Let another process have it. The lock's file stays: removing it would race with who opens it next."""
        os.ftruncate(self._lock, 0)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that `path` (absolute, no links) is on, by the lines of /proc/mounts.

    Empty where no line fits. Of mounts over one another the last one counts (proc(5); fields as in fstab(5)).
    """
    found, depth = "", -1
    for line in mounts.splitlines():
        _, mount_point, kind, *_ = line.split(" ")
        root = Path(_unescaped(mount_point))
        if path.is_relative_to(root) and len(root.parts) >= depth:
            found, depth = kind, len(root.parts)
    return found


def _unescaped(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _refuse_network(path: Path) -> None:
    if not MOUNTS.exists():
        return
    kind = file_system_of(
        path.resolve(), MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    )
    if NETWORK_FILE_SYSTEM.fullmatch(kind):
        message = (
            f"The data folder {path} is on a network file system ({kind}), where SQLite can lose data. "
            "Choose a local one with --data, or force it with PARLEY_ALLOW_NETWORK_DATA=true."
        )
        raise DataFolderError(message)


def _open_to_others(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & OTHERS)


def _tightened(path: Path) -> bool:
    """Whether it is private now. Not by the modes of other people's files, even where root could change them."""
    if path.stat().st_uid != os.geteuid():
        return False
    try:
        path.chmod(OWNER_ONLY_FILE)
    except OSError:
        return False
    return not _open_to_others(path)


def _make_secret(file: Path) -> None:
    new = file.with_name("secret.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(32))
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)


def _lock(path: Path) -> int:
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise InUse(path, holder or "unknown") from error
    except OSError:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
    return descriptor
