"""Which process runs the cluster of a folder: it locks a file, and the kernel unlocks it however the process ends."""

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final, TextIO

from deploy.local.processes import LocalProcess

LOCKS: Final = Path("/run/punctual-clusters")
"""Only root makes clusters, so only root writes here. The folder is empty after each boot, as are the namespaces."""


class AlreadyRuns(Exception):
    """Another process runs the cluster of this folder. The message says which, and how it is ended."""


class ClusterLock:
    """The lock of the cluster of `home`."""

    def __init__(self, home: Path, locks: Path = LOCKS) -> None:
        self.home = home.absolute()
        self._file = locks / sha256(str(self.home).encode()).hexdigest()[:16]
        self._open: TextIO | None = None

    @property
    def held(self) -> bool:
        """Whether this object has taken it."""
        return self._open is not None

    def take(self, *, to_clean: bool = False) -> None:
        """Takes it for this process. `to_clean`: only to remove what is left, so nobody asks this process to end.
        Raises AlreadyRuns, PermissionError without root."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while self._open is None:
            file = self._file.open("a+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise AlreadyRuns(self._told()) from None
            if self._is_there(file):
                self._open = file
            else:  # its last owner removed it after we had opened it
                file.close()
        self._open.truncate(0)
        me = None if to_clean else LocalProcess.of(os.getpid())
        json.dump({"home": str(self.home), "owner": me and asdict(me)}, self._open)
        self._open.flush()

    def release(self) -> None:
        """Gives it back; nothing is left of it."""
        if self._open is not None:
            self._file.unlink(missing_ok=True)
            self._open.close()
            self._open = None

    async def take_over(self, *, within: float) -> None:
        """Takes it to clean. A process that runs the cluster is asked to end, and killed after `within` seconds. One
        that cleans is waited for."""
        deadline, asked = time.monotonic() + within, False
        while True:
            try:
                self.take(to_clean=True)
            except AlreadyRuns:
                late = time.monotonic() > deadline
                if (owner := self.owner()) is not None and (late or not asked):
                    owner.send(signal.SIGKILL if late else signal.SIGTERM)
                    asked = True
                await asyncio.sleep(0.05)
            else:
                return

    def owner(self) -> LocalProcess | None:
        """The process that wrote it last, if it runs."""
        try:
            written = json.loads(self._file.read_text("utf-8"))["owner"]
        except (OSError, ValueError):  # gone, or not written yet
            return None
        process = None if written is None else LocalProcess(**written)
        return process if process is not None and process.alive else None

    def _told(self) -> str:
        owner = self.owner()
        who = "another process" if owner is None else f"process {owner.pid}"
        return (
            f"{who} runs the cluster of {self.home} already. End it with Ctrl-C there, or with `make cluster-down`; "
            "another PUNCTUAL_HOME has a cluster of its own"
        )

    def _is_there(self, file: TextIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._file.stat())
        except FileNotFoundError:
            return False


def abandoned(locks: Path = LOCKS) -> Iterator[Path]:
    """The folder of each cluster whose process has ended without giving its lock back."""
    for file in sorted(locks.glob("*")):
        try:
            with file.open(encoding="utf-8") as text:
                fcntl.flock(text, fcntl.LOCK_SH | fcntl.LOCK_NB)
                yield Path(json.load(text)["home"])
        except (FileNotFoundError, BlockingIOError, ValueError):  # gone, held, or not written yet
            continue
