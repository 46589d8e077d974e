"""Starts server processes, waits until they are ready, and ends exactly these."""

import asyncio
import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.exit_reports import how, last_words

_PR_SET_PDEATHSIG: Final = 1
_children: dict[int, Callable[[], int]] = {}
"""How to reap each: by pid."""
_statuses: dict["LocalProcess", int] = {}


class NotReady(Exception):
    """A server was not ready in time. The message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class LocalProcess:
    """A pid with its start time (clock ticks since boot) and its boot, so that a reused pid is never ours."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> "LocalProcess | None":
        """The running process with that pid."""
        identity = _identity(pid)
        return None if identity is None else cls(pid, *identity)

    @property
    def alive(self) -> bool:
        alive = _identity(self.pid) == (self.started, self.boot)
        if not alive and (reap := _children.pop(self.pid, None)) is not None:
            _statuses[self] = reap()
        return alive

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs, or if another process started it."""
        return None if self.alive else _statuses.get(self)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, if the pid still belongs to the started process."""
        if self.alive:
            os.kill(self.pid, number)

    def stop(self, *, within: float, first: signal.Signals = signal.SIGTERM) -> bool:
        """Asks it to end, and kills it after `within` seconds. Returns whether it ended without that."""
        self.send(first)
        deadline = time.monotonic() + within
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        ended = not self.alive
        self.send(signal.SIGKILL)
        while self.alive:
            time.sleep(0.02)
        return ended


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    dies_with_us: signal.Signals | None = None,
) -> LocalProcess:
    """Starts a command in a session of its own, so that a Ctrl-C at the terminal goes to us alone.

    `dies_with_us`: the signal that the kernel sends it when this process ends in any way.
    """
    libc = ctypes.CDLL(None)

    def in_child() -> None:
        if dies_with_us is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(dies_with_us))

    log.parent.mkdir(parents=True, exist_ok=True)
    account = pwd.getpwnam(user) if user else None
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else {**os.environ, **environment},
            cwd="/" if account else None,
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=in_child,  # one system call, and no lock
        )
    return adopt(child.pid, child.wait)


def adopt(pid: int, reap: Callable[[], int]) -> LocalProcess:
    """A process that was just started. `reap` takes its exit status once it has ended, negative for a signal."""
    _children[pid] = reap
    started, boot = _identity(pid) or (0, "")
    return LocalProcess(pid, started, boot)


async def run(command: Sequence[str | Path], *, user: str | None = None, **environment: str) -> str:
    """Runs a command to its end. Returns its output; raises RuntimeError with the output when it fails."""
    account = pwd.getpwnam(user) if user else None
    child = await asyncio.create_subprocess_exec(
        *(str(word) for word in command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
        cwd="/" if account else None,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    output = (await child.communicate())[0].decode(errors="replace")
    if child.returncode:
        raise RuntimeError(f"{command[0]} failed ({child.returncode}):\n{output}")
    return output


async def wait_ready(
    what: str, probe: Callable[[], Awaitable[bool]], *, process: LocalProcess, log: Path, within: float = 60.0
) -> None:
    """Returns when `probe` is true. Raises NotReady when the process ends first, or after `within` seconds."""
    deadline = time.monotonic() + within
    while not await probe():
        if not process.alive:
            raise NotReady(
                f"{what} {how(process.status, log)} while starting. Its log, {log}, ends:\n{last_words(log, 20)}"
            )
        if time.monotonic() > deadline:
            raise NotReady(f"{what} was not ready in {within:.0f} s. Its log, {log}, ends:\n{last_words(log, 20)}")
        await asyncio.sleep(0.05)


async def accepts(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a process listens on a port, of loopback unless another address is given."""
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def running_pids() -> Iterator[int]:
    """The pids of all running processes of this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        if _identity(int(folder.name)) is not None:
            yield int(folder.name)


def _identity(pid: int) -> tuple[int, str] | None:
    """Start time and boot of a running process; None when it does not exist or is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] == "Z":
        return None
    return int(fields[19]), Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
