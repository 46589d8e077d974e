"""Who is compared: Punctual, and others that do the same job."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

import aiohttp
import asyncpg

from deploy.local.ports import free_port
from deploy.local.processes import Process, spawn, wait_ready
from shared.database import Database
from shared.migrations.runner import migrate
from tests.bench import bookings
from tests.bench.peers.schema import SCHEMA
from tests.bench.servers import Place

ROOT: Final = Path(__file__).parents[2]
_SCRIPTS: Final = Path(sys.executable).parent


class Contender(Protocol):
    """How its processes are started; every one reads `Place.environment`."""

    @property
    def name(self) -> str: ...

    async def prepare(self, place: Place) -> None:
        """Makes its tables."""

    def api(self, port: int) -> Sequence[str | Path]:
        """The command that serves bookings there."""

    @property
    def worker(self) -> Sequence[str | Path]:
        """The command that sends mails."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What it reads beside."""


@dataclass(frozen=True, slots=True)
class Punctual:
    """Its two services with their default settings, all guarantees, limits, validation, metrics and logs included."""

    name: str = "Punctual"
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fixed = {
            "JWT_SECRET": bookings.SECRET,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Punctual <a@punctual.example>",
            "DELAY_BACKEND": "relay",
            "NOTIFIER_PORT": str(free_port()),
            "SHUTDOWN_DELAY": "0s",
        }
        object.__setattr__(self, "settings", {**fixed, **self.settings})

    async def prepare(self, place: Place) -> None:
        database = await Database.connect(place.database_url, size=2, name="bench", timeout=60)
        await migrate(database)
        await bookings.add_doctors(database)
        await database.close()

    def api(self, port: int) -> Sequence[str | Path]:
        return ["env", f"API_PORT={port}", _SCRIPTS / "api-service", "serve"]

    @property
    def worker(self) -> Sequence[str | Path]:
        return [_SCRIPTS / "notifier-service", "serve"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A version of tests/bench/peers."""

    name: str
    api_module: str
    worker: Sequence[str | Path]
    settings: Mapping[str, str] = field(default_factory=lambda: {"PYTHONPATH": str(ROOT)})

    async def prepare(self, place: Place) -> None:
        database = await asyncpg.connect(place.database_url)
        await database.execute(SCHEMA)
        await database.close()
        if self.name == PROCRASTINATE:
            environment = {**place.environment, **self.settings}
            command = [sys.executable, "-m", "procrastinate", "-a", _PROCRASTINATE_APP, "schema", "--apply"]
            applied = spawn(command, log=place.home / "schema.log", environment=environment)
            while applied.alive:  # noqa: ASYNC110 - a command that runs to its end
                await asyncio.sleep(0.05)

    def api(self, port: int) -> Sequence[str | Path]:
        return [sys.executable, "-m", f"tests.bench.peers.{self.api_module}", str(port)]


def _python(module: str, *arguments: str) -> Sequence[str | Path]:
    return [sys.executable, "-m", module, *arguments]


PROCRASTINATE: Final = "procrastinate"
_PROCRASTINATE_APP: Final = "tests.bench.peers.procrastinate_app.app"
CONTENDERS: Final[Sequence[Contender]] = (
    Punctual(),
    Peer(
        "Celery",
        "celery_api",
        _python("celery", "-A", "tests.bench.peers.celery_app", "worker", "-c", "2", "-l", "WARNING"),
    ),
    Peer(PROCRASTINATE, "procrastinate_api", _python("procrastinate", "-a", _PROCRASTINATE_APP, "worker", "-c", "8")),
    Peer("by hand", "plain_api", _python("tests.bench.peers.plain_worker", "built")),
    Peer("by hand, mails prebuilt", "plain_api", _python("tests.bench.peers.plain_worker", "prebuilt")),
)


@dataclass
class Running:
    """A contender's processes, by the names that tables call them."""

    contender: Contender
    place: Place
    url: str
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    async def start(cls, contender: Contender, place: Place) -> Self:
        """Its API; the worker comes later."""
        port = free_port()
        running = cls(contender, place, f"http://127.0.0.1:{port}")
        running._spawn("api", contender.api(port))

        async def ready() -> bool:
            try:
                async with aiohttp.ClientSession() as http, http.get(running.url + "/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await wait_ready("api", ready, process=running.processes["api"], log=running._log("api"))
        return running

    def start_worker(self) -> None:
        self._spawn("worker", self.contender.worker)

    async def stop(self) -> None:
        for process in reversed(self.processes.values()):
            await asyncio.to_thread(process.stop, within=20)

    def _spawn(self, name: str, command: Sequence[str | Path]) -> None:
        environment = {**self.place.environment, **self.contender.settings}
        self.processes[name] = spawn(
            command, log=self._log(name), environment=environment, dies_with_us=signal.SIGKILL
        )

    def _log(self, name: str) -> Path:
        return self.place.home / f"{self.contender.name.replace(' ', '-')}-{name}.log"
