"""Folders for the data of test servers, in memory where there is room: a database is some hundred files."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
_PREFIX: Final = "punctual-locked-"
_UNFINISHED: Final = "punctual-unlocked-"
ROOM: Final = 4 * 2**30
"""Bytes that must be free, for the servers of several test processes. A container often has 64 MiB there."""
_locks: Final[list[int]] = []
"""Open until this process ends, however it ends."""


def server_folder() -> Path:
    """A new folder that the postgres user can reach too. Programs in it may be forbidden to run.

    This process holds a lock on it. A process id would not tell whether its owner lives: containers, and the roots of
    tests/debian, share the memory and count their processes anew.
    """
    _remove_abandoned()
    made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=_IN_MEMORY if _has_room() else None))
    made.chmod(0o755)
    _locks.append(_open_locked(made))
    return made.rename(made.with_name(made.name.replace(_UNFINISHED, _PREFIX)))  # nobody sees it without its lock


def _has_room() -> bool:
    return _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= ROOM


def _remove_abandoned() -> None:
    """Removes what killed test processes have left: memory is scarcer than disk."""
    for folder in _IN_MEMORY.glob(f"{_PREFIX}*"):
        try:
            lock = _open_locked(folder)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue  # in use, removed meanwhile, or another user's
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _open_locked(folder: Path) -> int:
    """An open file that holds the folder's lock. Raises BlockingIOError while another one holds it, and OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        raise
    return opened
