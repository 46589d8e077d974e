"""The memory of a stack between commands: its ports, its keys, and its processes."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from deploy.local.processes import LocalProcess

_FILE: Final = "state.json"


def stack_home(environment: "os._Environ[str]" = os.environ) -> Path:
    """The folder PUNCTUAL_HOME, or .local in the project's root."""
    given = environment.get("PUNCTUAL_HOME")
    return Path(given).absolute() if given else default_home()


def default_home() -> Path:
    return Path(__file__).resolve().parents[2] / ".local"


@dataclass
class StackState:
    """The state of a stack. Written after every change, so that a stack left by a crash is recognised."""

    home: Path
    ports: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    processes: dict[str, LocalProcess] = field(default_factory=dict)
    started_with: dict[str, dict[str, str]] = field(default_factory=dict)
    seeded: bool = False

    @classmethod
    def load(cls, home: Path) -> Self:
        """The state of a home; empty when there is none yet, or it cannot be read."""
        try:
            values = json.loads((home / _FILE).read_text("utf-8"))
            values["processes"] = {name: LocalProcess(**each) for name, each in values["processes"].items()}
            return cls(home, **values)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return cls(home)

    def save(self) -> None:
        """Replaces the file in one step. Only its owner can read it."""
        values = {name: value for name, value in asdict(self).items() if name != "home"}
        write_private(self.home / _FILE, json.dumps(values, indent=1))

    def secret(self, name: str) -> str:
        """A random secret that stays the same for this home."""
        if name not in self.secrets:
            self.secrets[name] = secrets.token_urlsafe(36)
            self.save()
        return self.secrets[name]

    def running(self, name: str) -> LocalProcess | None:
        """The process of that name, if it is alive."""
        process = self.processes.get(name)
        return process if process is not None and process.alive else None


def write_private(file: Path, text: str) -> None:
    """Writes a file of mode 0600. A reader sees the old text or the new one, never a part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.touch(0o600)
    fresh.write_text(text, "utf-8")
    fresh.replace(file)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Keeps two commands from changing a stack at the same time."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
