"""`make pictures`: writes docs/pictures/*.png from both real services, on private servers."""

import asyncio
import logging
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from playwright.async_api import Browser

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.pictures import busy_day, dashboard, example_mails
from tests.support.browser import a_browser
from tests.support.databases import a_database, make_template
from tests.support.world import World, a_world

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"


async def take() -> None:
    async with _a_private_world() as world, world.api() as api, world.notifier(EMAIL_RATE="10"), a_browser() as browser:
        await busy_day.happen(world, api)
        async for name, png in dashboard.pictures(browser, world, api):
            await _write(name, png)
        await take_mails(browser)


async def take_mails(browser: Browser) -> None:
    """They need no server."""
    clinic = FOLDER.parents[1] / "deploy/clinic.example.toml"
    with tempfile.TemporaryDirectory() as folder:
        async for name, png in example_mails.pictures(browser, clinic, Path(folder)):
            await _write(f"mail-{name}", png)


async def _write(name: str, png: bytes) -> None:
    path = FOLDER / f"{name}.png"
    path.write_bytes(png)
    print(f"{path.relative_to(FOLDER.parents[1])}  {len(png) // 1024} kB")


@asynccontextmanager
async def _a_private_world() -> AsyncIterator[World]:
    """Servers in a temporary folder; they end with this process."""
    home = _a_folder()
    postgres = Postgres(home, durable=False, dies_with_us=signal.SIGQUIT)
    rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGKILL)
    try:
        await asyncio.gather(postgres.start(), rabbitmq.start())
        await make_template(postgres.url)
        async with a_world(await a_database(postgres.url), rabbitmq, home) as world:
            yield world
    finally:
        await asyncio.to_thread(rabbitmq.stop)
        await asyncio.to_thread(postgres.stop)
        postgres.remove()
        shutil.rmtree(home, ignore_errors=True)


def _a_folder() -> Path:
    """A new folder that the postgres user can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="punctual-pictures-"))
    folder.chmod(0o755)
    return folder


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(take())
