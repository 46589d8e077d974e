"""Who is compared: Punctual, and others that do the same job."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import asyncpg

from deploy.local.ports import free_port
from shared.database.migrations.runner import migrate
from tests.bench import bookings
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
    """Its two services with their default settings, all guarantees, limits, validation, metrics and logs included.
    `scripts`: the folder of its console scripts, where another checkout of the code is measured."""

    name: str = "Punctual"
    settings: Mapping[str, str] = field(default_factory=dict)
    scripts: Path = _SCRIPTS

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
            if self.scripts == _SCRIPTS:
                await migrate(database)
            else:
                await _run([self.scripts / "api-service", "migrate"], place, self.settings)
            await bookings.add_doctors(database)

    def api(self, port: int) -> Sequence[str | Path]:
        return ["env", f"API_PORT={port}", self.scripts / "api-service", "serve"]

    def worker(self) -> Sequence[str | Path]:
        return ["env", f"NOTIFIER_PORT={free_port()}", self.scripts / "notifier-service", "serve"]


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
            await _run(_python("procrastinate", "-a", _PROCRASTINATE_APP, "schema", "--apply"), place, self.settings)

    def api(self, port: int) -> Sequence[str | Path]:
        return [sys.executable, "-m", f"tests.bench.peers.{self.api_module}", str(port)]

    def worker(self) -> Sequence[str | Path]:
        return self.worker_command


async def _run(command: Sequence[str | Path], place: Place, settings: Mapping[str, str]) -> None:
    """A command that ends by itself, such as one that makes tables."""
    environment = {**os.environ, **place.environment, **settings}
    words = map(str, command)
    process = await asyncio.create_subprocess_exec(*words, env=environment, stdout=DEVNULL, stderr=PIPE)
    _, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()


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


CORE: Final[Sequence[Contender]] = (US, CELERY, BY_HAND, PREBUILT, with_our_reads(PREBUILT))
"""Those of the targets, and the quickest peer with our reads."""
CONTENDERS: Final[Sequence[Contender]] = (
    *CORE,
    with_our_reads(CELERY),
    with_our_reads(BY_HAND),
    Peer(
        PROCRASTINATE,
        "procrastinate_api",
        _python("procrastinate", "-a", _PROCRASTINATE_APP, "worker", "-c", "8"),
        _python("tests.bench.peers.procrastinate_schedule"),
    ),
    PLAIN,
)
