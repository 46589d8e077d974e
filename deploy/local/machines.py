"""The machine that a server runs on: this one, on loopback, or a network namespace (deploy/cluster)."""

import pwd
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.processes import LocalProcess, spawn


@dataclass(frozen=True, slots=True)
class Machine:
    """`enter`: the command that runs another one there; none on this machine."""

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()

    @property
    def is_this_one(self) -> bool:
        return not self.enter

    def spawn(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        dies_with_us: signal.Signals | None = None,
    ) -> LocalProcess:
        """As `processes.spawn`, there. The pid is that of the command: what enters is replaced by it."""
        if self.is_this_one:
            return spawn(command, log=log, environment=environment, user=user, dies_with_us=dies_with_us)
        entering = [*self.enter, *_as_user(user, dies_with_us), *command]
        return spawn(entering, log=log, environment=environment, dies_with_us=dies_with_us)


def _as_user(user: str | None, dies_with_us: signal.Signals | None) -> list[str]:
    """Only root enters a namespace, so the user changes afterwards; a change of user forgets the signal of our end."""
    if user is None:
        return []
    account = pwd.getpwnam(user)
    changes = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    if dies_with_us is not None:
        changes.append(f"--pdeathsig={dies_with_us.name.removeprefix('SIG')}")
    return ["setpriv", *changes]


LOOPBACK: Final = Machine()
