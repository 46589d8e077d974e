"""A relay that runs alone: `api-service relay`, beside APIs with RELAY_ENABLED=false."""

from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from api_service.app import connected, create_relay
from api_service.relay.dispatch import CHANNEL
from api_service.settings import ApiSettings
from shared import tracing
from shared.database import listening
from shared.garbage import spare_what_stays
from shared.http_headers import add_security_headers
from shared.lifecycle import TaskGroup, stop_signal
from shared.probes import add_probes
from shared.saturation import watch_event_loop

log = structlog.get_logger("api_service.relay")


async def serve(settings: ApiSettings) -> int:
    """Runs until SIGTERM or SIGINT, then drains; probes and metrics listen on API_HOST and API_PORT. Answers the exit
    status, which is not 0 where a fault of ours has ended it."""
    stop = stop_signal()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tracing.exporting(settings.tracing_endpoint, "punctual-relay"))
        database = await stack.enter_async_context(connected(settings))
        relay = create_relay(settings, database, stop.fail)
        relay.start()
        stack.push_async_callback(relay.stop)
        listeners = TaskGroup(stop.fail)
        listeners.start("saturation", watch_event_loop())
        listeners.start("relay-listen", listening(settings.database_url.get_secret_value(), CHANNEL, relay.wake))
        stack.push_async_callback(listeners.stop)

        async def publishes() -> bool:
            return relay.ready

        app = web.Application()
        add_security_headers(app)
        add_probes(
            app.router,
            {"database": ("required", database.answers), "broker": ("required", publishes)},
            settings.metrics_token,
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.api_host, settings.api_port).start()
        log.info("relay ready", host=settings.api_host, port=settings.api_port)
        spare_what_stays()
        await stop.wait()
        log.info("relay stopping")
    return stop.status
