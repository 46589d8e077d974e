"""Runs a mailbox: SMTP and HTTP in one event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from deploy.local.mailbox import pages, views
from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.pages import MAILBOX


@asynccontextmanager
async def running(
    *, host: str = "127.0.0.1", smtp_port: int = 0, http_port: int = 0, keep: int = 20_000
) -> AsyncIterator[Mailbox]:
    """A mailbox on both ports (0: any) for the block; it keeps the newest `keep` messages."""
    mailbox = Mailbox(host, smtp_port, keep)
    await mailbox.listen()
    app = web.Application()
    app[MAILBOX] = mailbox
    app.add_routes([*views.routes, *pages.routes])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, http_port).start()
        mailbox.url = f"http://{host}:{runner.addresses[0][1]}"
        yield mailbox
    finally:
        await runner.cleanup()
        mailbox.close()
