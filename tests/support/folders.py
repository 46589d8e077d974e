"""Folders for the data of test servers, in memory where there is room: a database is some hundred files."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
_PREFIX: Final = "punctual-servers-"
ROOM: Final = 4 * 2**30
"""Bytes that must be free, for the servers of several test processes. A container often has 64 MiB there."""


def server_folder() -> Path:
    """A new folder that the postgres user can reach too. Programs in it may be forbidden to run."""
    _remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_IN_MEMORY if _has_room() else None))
    folder.chmod(0o755)
    return folder


def _has_room() -> bool:
    return _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= ROOM


def _remove_abandoned() -> None:
    """Removes what killed test processes have left: memory is scarcer than disk."""
    for folder in _IN_MEMORY.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
