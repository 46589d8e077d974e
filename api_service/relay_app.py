"""A relay that runs alone: `api-service relay`, beside APIs with RELAY_ENABLED=false."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from socket import socket

import structlog
from aiohttp import web

from api_service.relay.dispatch import CHANNEL
from api_service.relay.relay import Relay
from api_service.resources import create_relay, open_database
from api_service.settings import ApiSettings
from shared.database import Database, listening
from shared.process import tracing
from shared.process.event_loop import freeze_startup_objects, watch_event_loop
from shared.process.lifecycle import TaskGroup, stop_signal
from shared.process.ports import ListenAddress, port_of
from shared.process.probes import add_probes
from shared.process.security_headers import add_security_headers
from shared.process.startup import started

log = structlog.get_logger("api_service.relay")


async def serve(settings: ApiSettings) -> int:
    """Runs until SIGTERM or SIGINT, then drains. Probes and metrics listen on API_HOST and API_PORT. Returns the exit
    status, which is not 0 when our bug has ended it."""
    stop = stop_signal()
    url = settings.database_url.get_secret_value()
    place = ListenAddress(settings.api_host, settings.api_port, "API_HOST, API_PORT")
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(started(stop, [place], partial(open_database, settings), url))
        if ground is None:
            return stop.status
        database, sockets = ground
        await stack.enter_async_context(tracing.exporting(settings.tracing_endpoint, "punctual-relay"))
        relay = create_relay(settings, database, stop.fail)
        relay.start()
        stack.push_async_callback(relay.stop)
        listeners = TaskGroup(stop.fail)
        listeners.start("saturation", watch_event_loop())
        listeners.start("relay-listen", listening(url, CHANNEL, relay.wake))
        stack.push_async_callback(listeners.stop)
        await stack.enter_async_context(_probes(settings, database, relay, sockets))
        freeze_startup_objects()
        await stop.wait()
        log.info("relay stopping")
    log.info("relay stopped", status=stop.status)
    return stop.status


@asynccontextmanager
async def _probes(
    settings: ApiSettings, database: Database, relay: Relay, sockets: Sequence[socket]
) -> AsyncIterator[None]:
    async def publishes() -> bool:
        return relay.ready

    app = web.Application()
    add_security_headers(app)
    add_probes(
        app.router,
        {"database": ("required", database.serves), "broker": ("required", publishes)},
        settings.metrics_token,
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
            log.info("relay ready", host=each.getsockname()[0], port=port_of(each))
        yield
    finally:
        await runner.cleanup()
