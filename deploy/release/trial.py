"""Tries the wheel of a release where nothing else of this project is: its own environment, and private servers."""

import asyncio
import signal
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from deploy.local import demo
from deploy.local.mailbox.server import running as a_mailbox
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.processes import accepts, run, spawn, wait_ready
from deploy.local.rabbitmq import RabbitMQ
from deploy.release.building import PIP, Source

PACKAGES: Final = ("api_service", "notifier_service", "shared")
PAGES: Final = ("/docs", "/openapi.json", "/ops")
"""Pages that need packaged templates and files."""
_KEY: Final = "a key of the trial, of more than 32 bytes"


async def installed(source: Source, wheel: Path, python: Path, folder: Path) -> Path:
    """The folder of the scripts of a new environment: the packages of the production lock by their hashes, and the
    wheel. `python`: the environment whose pip is used, so that the new one has none."""
    await run([python, "-m", "venv", "--without-pip", folder])
    pip: list[str | Path] = [python, *PIP, "--python", folder / "bin" / "python", "install"]
    await run([*pip, "--require-hashes", "-r", source.tree / "requirements" / "production.txt"])
    await run([*pip, "--no-deps", "--no-index", wheel])
    return folder / "bin"


def left_out(source: Source, wheel: Path) -> set[str]:
    """Files of the three packages that the wheel lacks: SQL, templates, texts, styles as well as modules."""
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = (file for package in PACKAGES for file in (source.tree / package).rglob("*") if file.is_file())
    return {str(file.relative_to(source.tree)) for file in files} - packed


async def tried(source: Source, scripts: Path, home: Path) -> None:
    """Versions, migrations, a booking with its mail, notification and reminder, and pages. Raises RuntimeError and
    NotReady."""
    for script in ("api-service", "notifier-service"):
        said = (await run([scripts / script, "--version"])).strip()
        if said != f"{script} {source.version}":
            raise RuntimeError(f"{script} --version says {said!r}, not {source.version}")
    async with _servers(home) as settings:
        migrated = await run([scripts / "api-service", "migrate"], **settings)
        if "applied 0001_" not in migrated:
            raise RuntimeError(f"migrate applied nothing:\n{migrated}")
        tokens = {
            f"{role.upper()}_TOKEN": (await run([scripts / "api-service", *_token(role)], **settings)).strip()
            for role in ("client", "ops")
        }
        async with (
            _running(scripts, "notifier-service", "NOTIFIER_PORT", settings, home),
            _running(scripts, "api-service", "API_PORT", settings, home) as url,
        ):
            await demo.show({"API_URL": url, "MAILBOX_URL": settings["MAILBOX_URL"], **tokens})
            await _pages(url)


def _token(role: str) -> list[str]:
    return ["token", f"trial-{role}", "--role", role, "--email", "trial@patients.example"]


async def _pages(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        for path in PAGES:
            async with http.get(url + path) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"{path} answers {answer.status}")


@asynccontextmanager
async def _servers(home: Path) -> AsyncIterator[dict[str, str]]:
    """Private servers, and the settings that name them."""
    postgres = Postgres(home, durable=False, dies_with_us=signal.SIGINT)
    rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGKILL)
    try:
        await asyncio.gather(postgres.start(), rabbitmq.start())
        async with a_mailbox() as mailbox:
            yield {
                "DATABASE_URL": postgres.url,
                "AMQP_URL": rabbitmq.amqp_url,
                "SMTP_HOST": mailbox.host,
                "SMTP_PORT": str(mailbox.smtp_port),
                "SMTP_SECURITY": "none",
                "MAIL_FROM": "Punctual <appointments@punctual.example>",
                "MAILBOX_URL": mailbox.url,
                "JWT_SECRET": _KEY,
                "SHUTDOWN_DELAY": "0s",
            }
    finally:
        await asyncio.to_thread(rabbitmq.stop)
        await asyncio.to_thread(postgres.stop)
        postgres.remove()


@asynccontextmanager
async def _running(
    scripts: Path, script: str, port_setting: str, settings: dict[str, str], home: Path
) -> AsyncIterator[str]:
    """A service on a free port, in an empty folder; its URL. Raises RuntimeError unless it ends with 0."""
    port, log = free_port(), home / f"{script}.log"
    environment: dict[str, Any] = {**settings, port_setting: str(port)}
    process = spawn([scripts / script, "serve"], log=log, environment=environment, dies_with_us=signal.SIGKILL)
    try:
        await wait_ready(script, lambda: accepts(port), process=process, log=log)
        yield f"http://127.0.0.1:{port}"
    finally:
        await asyncio.to_thread(process.stop, within=30)
    if process.status != 0:
        raise RuntimeError(f"{script} ended with {process.status}; its log: {log.read_text('utf-8')}")
