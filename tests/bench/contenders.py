"""Who is compared: Punctual, and others that do the same job."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import asyncpg

from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, spawn, wait_ready
from shared.database.migrations.runner import migrate
from tests.bench import bookings
from tests.bench.cpu import memory_mib
from tests.bench.peers.schema import SCHEMA, SCHEMA_OF_OUR_READS
from tests.bench.servers import Place, connected
from tests.support.repository import ROOT

_SCRIPTS: Final = Path(sys.executable).parent


class Contender(Protocol):
    """How its processes are started; every one reads `Place.environment`."""

    @property
    def name(self) -> str: ...

    async def prepare(self, place: Place) -> None:
        """Makes its tables."""

    def api(self, port: int) -> Sequence[str | Path]:
        """The command that serves bookings there."""

    def worker(self) -> Sequence[str | Path]:
        """The command that sends mails."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The rest of its environment."""


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
            "SHUTDOWN_DELAY": "0s",
        }
        object.__setattr__(self, "settings", {**fixed, **self.settings})

    async def prepare(self, place: Place) -> None:
        async with connected(place.database_url) as database:
            await migrate(database)
            await bookings.add_doctors(database)

    def api(self, port: int) -> Sequence[str | Path]:
        return ["env", f"API_PORT={port}", _SCRIPTS / "api-service", "serve"]

    def worker(self) -> Sequence[str | Path]:
        return ["env", f"NOTIFIER_PORT={free_port()}", _SCRIPTS / "notifier-service", "serve"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A version of tests/bench/peers. `scheduler`: the command that takes reminders; empty: it cannot keep them."""

    name: str
    api_module: str
    worker_command: Sequence[str | Path]
    scheduler: Sequence[str | Path] = ()
    settings: Mapping[str, str] = field(default_factory=lambda: {"PYTHONPATH": str(ROOT)})

    async def prepare(self, place: Place) -> None:
        database = await asyncpg.connect(place.database_url)
        await database.execute(SCHEMA)
        if self.settings.get("PEER_READS") == "ours":
            await database.execute(SCHEMA_OF_OUR_READS)
        await database.close()
        if self.name == PROCRASTINATE:
            environment = {**place.environment, **self.settings}
            command = [sys.executable, "-m", "procrastinate", "-a", _PROCRASTINATE_APP, "schema", "--apply"]
            applied = spawn(command, log=place.home / "schema.log", environment=environment)
            while applied.alive:  # noqa: ASYNC110 - a command that runs to its end
                await asyncio.sleep(0.05)

    def api(self, port: int) -> Sequence[str | Path]:
        return [sys.executable, "-m", f"tests.bench.peers.{self.api_module}", str(port)]

    def worker(self) -> Sequence[str | Path]:
        return self.worker_command


def _python(module: str, *arguments: str) -> Sequence[str | Path]:
    return [sys.executable, "-m", module, *arguments]


PROCRASTINATE: Final = "procrastinate"
_PROCRASTINATE_APP: Final = "tests.bench.peers.procrastinate_app.app"
US: Final = Punctual()
PLAIN: Final = Punctual("Punctual, documented names alone", {"LIBRARY_INTERNALS": "off"})
"""docs/decisions/0020 says what the other names gain."""
CELERY: Final = Peer(
    "Celery",
    "celery_api",
    _python("celery", "-A", "tests.bench.peers.celery_app", "worker", "-c", "2", "-l", "WARNING"),
    _python("tests.bench.peers.celery_schedule"),
)
BY_HAND: Final = Peer("by hand", "plain_api", _python("tests.bench.peers.plain_worker", "built"))
PREBUILT: Final = Peer("by hand, mails prebuilt", "plain_api", _python("tests.bench.peers.plain_worker", "prebuilt"))


def with_our_reads(peer: Peer) -> Peer:
    """The same, which also reads all rows that Punctual reads."""
    return replace(peer, name=f"{peer.name}, our reads", settings={**peer.settings, "PEER_READS": "ours"})


CORE: Final[Sequence[Contender]] = (US, CELERY, BY_HAND, PREBUILT, with_our_reads(CELERY), with_our_reads(PREBUILT))
"""Those of the targets."""
CONTENDERS: Final[Sequence[Contender]] = (
    *CORE,
    with_our_reads(BY_HAND),
    Peer(
        PROCRASTINATE,
        "procrastinate_api",
        _python("procrastinate", "-a", _PROCRASTINATE_APP, "worker", "-c", "8"),
        _python("tests.bench.peers.procrastinate_schedule"),
    ),
    PLAIN,
)


@dataclass
class Running:
    """A contender's processes by what they are: api, worker. `urls`: where its APIs answer."""

    contender: Contender
    place: Place
    urls: list[str] = field(default_factory=list)
    processes: dict[str, list[LocalProcess]] = field(default_factory=dict)

    async def start_api(self) -> None:
        """Returns when it is ready."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        process = self._spawn("api", self.contender.api(port))

        async def ready() -> bool:
            try:
                async with aiohttp.ClientSession() as http, http.get(url + "/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await wait_ready("api", ready, process=process, log=self._log("api"))
        self.urls.append(url)

    def start_worker(self) -> None:
        self._spawn("worker", self.contender.worker())

    async def stop_workers(self) -> None:
        """Returns when they have ended."""
        await self._stop("worker")

    @property
    def pids(self) -> dict[str, list[int]]:
        """By what the processes are."""
        return {role: [one.pid for one in each] for role, each in self.processes.items()}

    def memory(self) -> dict[str, float]:
        """MiB by what the processes are."""
        return {role: sum(memory_mib(one.pid) for one in each) for role, each in self.processes.items()}

    async def stop(self) -> None:
        for role in ("worker", "api"):
            await self._stop(role)
        self.urls.clear()

    async def _stop(self, role: str) -> None:
        await asyncio.gather(*(asyncio.to_thread(each.stop, within=20) for each in self.processes.pop(role, ())))

    def _spawn(self, role: str, command: Sequence[str | Path]) -> LocalProcess:
        environment = {**self.place.environment, **self.contender.settings}
        process = spawn(command, log=self._log(role), environment=environment, dies_with_us=signal.SIGKILL)
        self.processes.setdefault(role, []).append(process)
        return process

    def _log(self, role: str) -> Path:
        name = self.contender.name.replace(" ", "-").replace(",", "")
        return self.place.home / f"{name}-{role}.log"


@asynccontextmanager
async def running(contender: Contender, place: Place) -> AsyncIterator[Running]:
    """Its API for the block, in a place that is prepared; the worker comes when it is started."""
    started = Running(contender, place)
    try:
        await started.start_api()
        yield started
    finally:
        await started.stop()
