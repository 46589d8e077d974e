"""The console scripts as processes, with settings of a test's own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SCRIPTS: Final = Path(sys.executable).parent
NOBODY: Final = "127.0.0.1:1"
"""A host and a port where nobody listens."""
SETTINGS: Final = {
    "DATABASE_URL": f"postgresql://u:hidden-word@{NOBODY}/d",
    "AMQP_URL": f"amqp://u:hidden-word@{NOBODY}/",
    "JWT_SECRET": "hidden-word" * 4,
    "SMTP_HOST": "127.0.0.1",
    "SMTP_PORT": "1",
    "SMTP_SECURITY": "none",
    "MAIL_FROM": "Clinic <clinic@mail.example>",
    "API_PORT": "0",
    "NOTIFIER_PORT": "0",
    "SHUTDOWN_DELAY": "0s",
}
SECRET: Final = "hidden-word"
SERVICES: Final[Sequence[tuple[str, ...]]] = (
    ("api-service", "serve"),
    ("api-service", "relay"),
    ("notifier-service", "serve"),
)
COMMANDS: Final[Sequence[tuple[str, ...]]] = (
    ("api-service", "migrate"),
    ("api-service", "reconcile"),
    ("api-service", "doctor", "1", "--name", "Dr. Ada Weber", "--timezone", "Europe/Berlin"),
)
LONGEST: Final = 60.0
"""Seconds that a test waits for the end of a process, on a machine that is busy."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`text` is what it wrote, to both."""

    status: int
    text: str

    @property
    def last_line(self) -> str:
        return self.text.rstrip().rpartition("\n")[2]


@asynccontextmanager
async def begun(command: Sequence[str], **settings: str) -> AsyncIterator[Process]:
    """A process for the block; killed at its end if it still runs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = await asyncio.create_subprocess_exec(
        SCRIPTS / command[0],
        *command[1:],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",  # no .env of a developer's
        env={**clean, **SETTINGS, **settings},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: Process) -> Ended:
    async with asyncio.timeout(LONGEST):
        output, _ = await process.communicate()
    return Ended(process.returncode or 0, output.decode())


async def run(command: Sequence[str], **settings: str) -> Ended:
    """To its end."""
    async with begun(command, **settings) as process:
        return await ended(process)


@dataclass
class Mute:
    """A TCP server that takes connections and says nothing."""

    port: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def mute() -> AsyncIterator[Mute]:
    server = Mute()
    writers: list[asyncio.StreamWriter] = []

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        server.asked.set()

    listener = await asyncio.start_server(take, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for writer in writers:
            writer.close()
