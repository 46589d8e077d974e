"""Serves the notifier: ports, database, mail servers, probes and returned mails around it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from socket import socket
from typing import Final

import structlog
from aiohttp import web

from notifier_service.bounces.intake import BounceIntake
from notifier_service.bounces.server import serving
from notifier_service.channels.email.smtp.configuration import smtp_configs
from notifier_service.channels.email.smtp.mailer import Mailer
from notifier_service.notifier import Notifier
from notifier_service.resources import bounce_addresses, lmtp_addresses, open_database
from notifier_service.settings import NotifierSettings
from shared.process import tracing
from shared.process.event_loop import freeze_startup_objects
from shared.process.lifecycle import stop_signal
from shared.process.metrics import describe_process
from shared.process.ports import ListenAddress, bind, closing
from shared.process.probes import add_probes
from shared.process.security_headers import add_security_headers
from shared.process.startup import started

log = structlog.get_logger("notifier_service.app")

BROKEN_DEADLINE: Final = 5.0
"""Seconds that a stop waits for the mails under way when a loop of ours is broken."""


async def serve(settings: NotifierSettings) -> int:
    """Runs until SIGTERM or SIGINT, then stops in order: no more deliveries; mails under way are finished and committed
    within `stop_deadline`; connections last. Returns the exit status, which is not 0 when our bug has ended it. Then
    the stop waits for a shorter time, since the broken part may be needed to finish."""
    stop = stop_signal()
    url = settings.database_url.get_secret_value()
    place = ListenAddress(settings.notifier_host, settings.notifier_port, "NOTIFIER_HOST, NOTIFIER_PORT")
    async with AsyncExitStack() as stack:
        lmtp = stack.enter_context(closing(await bind(lmtp_addresses(settings))))
        ground = await stack.enter_async_context(started(stop, [place], partial(open_database, settings), url))
        if ground is None:
            return stop.status
        database, sockets = ground
        await stack.enter_async_context(tracing.exporting(settings.tracing_endpoint, "punctual-notifier"))
        mailers = [await stack.enter_async_context(Mailer(each)) for each in smtp_configs(settings)]
        describe_process(database)
        notifier = Notifier(settings, database, mailers, on_failure=stop.fail)
        await stack.enter_async_context(_probes(settings, notifier, sockets))
        await stack.enter_async_context(_taking_bounces(settings, notifier, lmtp))
        notifier.start()
        log.info("notifier ready", worker=notifier.worker)
        freeze_startup_objects()
        await stop.wait()
        log.info("notifier stopping")
        await notifier.stop(within=BROKEN_DEADLINE if stop.failed else settings.stop_deadline)
    log.info("notifier stopped", status=stop.status)
    return stop.status


@asynccontextmanager
async def _taking_bounces(
    settings: NotifierSettings, notifier: Notifier, sockets: Sequence[socket]
) -> AsyncIterator[None]:
    """Takes mails that come back, where the settings say so."""
    addresses = bounce_addresses(settings)
    if not sockets or addresses is None:
        yield
        return
    intake = BounceIntake(
        notifier.database,
        addresses,
        settings.languages,
        suppress_after=settings.suppress_after,
        told=notifier.tell,
    )
    async with serving(intake, sockets):
        log.info("taking returned mails", host=settings.lmtp_host, port=settings.lmtp_port)
        yield


@asynccontextmanager
async def _probes(settings: NotifierSettings, notifier: Notifier, sockets: Sequence[socket]) -> AsyncIterator[None]:
    app = web.Application()
    add_security_headers(app)
    add_probes(
        app.router,
        {
            "database": ("required", notifier.database.serves),
            "broker": ("required", notifier.broker_answers),
        },
        settings.metrics_token,
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
        yield
    finally:
        await runner.cleanup()
