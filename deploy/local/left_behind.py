"""Finds processes of a stack that its state does not list. A crash at the wrong moment leaves such processes behind."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from deploy.local.processes import LocalProcess, running_pids

_MARK: Final = "PUNCTUAL_STACK"


def mark_children(home: Path) -> None:
    """Marks all processes started from now on: their environment names their stack."""
    os.environ[_MARK] = str(home)


def left_behind(home: Path, known: Iterable[LocalProcess]) -> list[LocalProcess]:
    """The running processes of a stack that are not in `known`, and not descendants of one in it."""
    ours = {process.pid for process in known if process.alive} | {os.getpid()}
    return [
        process for process in map(LocalProcess.of, _marked(home)) if process and not ours & set(_line_of(process.pid))
    ]


def _marked(home: Path) -> Iterator[int]:
    wanted = f"{_MARK}={home}".encode()
    for pid in running_pids():
        try:
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                yield pid
        except OSError:
            continue  # somebody else's, or gone


def _line_of(pid: int) -> Iterator[int]:
    """A process and its ancestors."""
    while pid > 0:
        yield pid
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
        except OSError:
            return
