"""The only place where the API's parts are put together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from socket import socket
from typing import Final

import structlog
from aiohttp import web

from api_service.appointments import views as appointments
from api_service.appointments.answers import forget_for_ever
from api_service.appointments.booking import BookingDesk
from api_service.appointments.moving import MovingDesk
from api_service.doctors import views as doctors
from api_service.doctors.store import DoctorCache
from api_service.identity.bearer import AUTHENTICATOR, Authenticator
from api_service.inbox import stream_views as stream
from api_service.inbox import views as inbox
from api_service.inbox.hub import Hub
from api_service.inbox.listener import Listener
from api_service.inbox.looking import look
from api_service.links import views as unsubscribe
from api_service.ops.api import routes as ops
from api_service.ops.dashboard.routes import add_dashboard
from api_service.profile import views as profile
from api_service.relay.dispatch import DistantRelay
from api_service.relay.relay import Relay
from api_service.settings import ApiSettings
from api_service.web import listeners
from api_service.web.draining import DEPARTURE, Departure
from api_service.web.hardening import guard, patience
from api_service.web.keys import BOOKINGS, BROKER, DATABASE, DISPATCH, MOVES, NEWS, UNSUBSCRIBE
from api_service.web.middlewares import surround
from api_service.web.openapi import views as openapi
from api_service.web.openapi.views import DOCUMENT, Document
from api_service.web.server import PatientRunner
from api_service.zones.keeper import ZoneKeeper
from shared.batching.group_commit import GroupCommit
from shared.database import Database
from shared.database.migrations.runner import migrate, require_newest
from shared.links.unsubscribe import UnsubscribeTokens
from shared.process import tracing
from shared.process.event_loop import freeze_startup_objects, watch_event_loop
from shared.process.lifecycle import TaskGroup, stop_signal
from shared.process.metrics import describe_process
from shared.process.ports import port_of
from shared.process.probes import add_probes
from shared.process.startup import started

log = structlog.get_logger("api_service.app")

SETTINGS: Final = web.AppKey("settings", ApiSettings)
ON_FAILURE: Final[web.AppKey[Callable[[], None]]] = web.AppKey("on_failure")


def create_app(settings: ApiSettings, *, on_failure: Callable[[], None]) -> web.Application:
    """The API; `on_failure` is called when a background task has ended by an error."""
    app = web.Application(middlewares=[surround, *listeners.apart(settings)], client_max_size=settings.max_body)
    app[SETTINGS] = settings
    app[ON_FAILURE] = on_failure
    app[AUTHENTICATOR] = Authenticator(settings)
    app.on_cleanup.append(lambda _: app[AUTHENTICATOR].close())
    app[DEPARTURE] = Departure()
    guard(app, settings)
    app[DOCUMENT] = Document(app.router)
    key = settings.unsubscribe_key
    app[UNSUBSCRIBE] = None if key is None else UnsubscribeTokens(key.get_secret_value())
    app.cleanup_ctx.extend((with_tracing, with_database, with_dispatch, with_bookings, with_streams, with_housekeeping))
    app.on_shutdown.append(stream.close_all)
    for part in (appointments, inbox, stream, profile, doctors, ops, unsubscribe, openapi):
        app.add_routes(part.routes)
    add_dashboard(app, retry_steps=len(settings.retry_steps))
    add_probes(
        app.router,
        {
            "database": ("required", lambda: app[DATABASE].serves()),
            "broker": ("degraded", lambda: _ready(app)),
            "staying": ("required", app[DEPARTURE].not_announced),
        },
        settings.metrics_token,
    )
    return app


async def serve(settings: ApiSettings) -> int:
    """Runs until SIGTERM or SIGINT, then stops in order: unready for a while; no more requests; bookings under way
    are committed; the relay publishes and marks what it was given; connections last. Answers the exit status, which is
    not 0 where a fault of ours has ended it."""
    stop = stop_signal()
    url = settings.database_url.get_secret_value()
    async with started(stop, listeners.places(settings), partial(open_database, settings), url) as ground:
        if ground is None:
            return stop.status
        database, sockets = ground
        app = create_app(settings, on_failure=stop.fail)
        app[DATABASE] = database
        async with _serving(app, settings, sockets):
            await stop.wait()
            log.info("api stopping", in_seconds=settings.shutdown_delay)
            await app[DEPARTURE].announce(settings.shutdown_delay)
    log.info("api stopped", status=stop.status)
    return stop.status


@asynccontextmanager
async def _serving(app: web.Application, settings: ApiSettings, sockets: Sequence[socket]) -> AsyncIterator[None]:
    runner = PatientRunner(app, patience(settings), shutdown_timeout=10.0)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
            log.info("api ready", host=each.getsockname()[0], port=port_of(each))
        freeze_startup_objects()
        yield
    finally:
        await runner.cleanup()


async def pool(settings: ApiSettings) -> Database:
    """Connections, whatever the schema. Raises DatabaseUnavailable, ConfigurationError."""
    return await Database.connect(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        name="punctual-api",
        timeout=settings.database_timeout,
    )


async def open_database(settings: ApiSettings) -> Database:
    """A pool, with the newest schema where MIGRATE_ON_START says so; else the schema must be there.

    Raises DatabaseUnavailable, ConfigurationError.
    """
    database = await pool(settings)
    try:
        await (migrate if settings.migrate_on_start else require_newest)(database)
    except BaseException:
        await database.close()
        raise
    describe_process(database)
    return database


@asynccontextmanager
async def connected(settings: ApiSettings) -> AsyncIterator[Database]:
    """The same pool until the end of the block."""
    database = await open_database(settings)
    try:
        yield database
    finally:
        await database.close()


def create_relay(settings: ApiSettings, database: Database, on_failure: Callable[[], None]) -> Relay:
    """A relay as the settings describe it."""
    return Relay(
        database,
        amqp_url=settings.amqp_url.get_secret_value(),
        retry_steps=settings.retry_steps,
        delay_backend=settings.delay_backend,
        delay_horizon=settings.delay_horizon,
        delay_max_pending=settings.delay_max_pending,
        delay_grace=settings.delay_grace,
        lifeline_interval=settings.lifeline_interval,
        grace=settings.lost_grace,
        parked_limit=settings.parked_limit,
        on_failure=on_failure,
    )


async def with_tracing(app: web.Application) -> AsyncIterator[None]:
    async with tracing.exporting(app[SETTINGS].tracing_endpoint, "punctual-api"):
        yield


async def with_database(app: web.Application) -> AsyncIterator[None]:
    """The pool that whoever serves the app has put there, or one of its own."""
    async with AsyncExitStack() as stack:
        if DATABASE not in app:
            app[DATABASE] = await stack.enter_async_context(connected(app[SETTINGS]))
        tasks = TaskGroup(app[ON_FAILURE])
        tasks.start("saturation", watch_event_loop())
        yield
        await tasks.stop()


async def with_dispatch(app: web.Application) -> AsyncIterator[None]:
    """A relay of its own, or word to those that run alone."""
    if app[SETTINGS].relay_enabled:
        relay = create_relay(app[SETTINGS], app[DATABASE], app[ON_FAILURE])
        app[DISPATCH] = app[BROKER] = relay
        relay.start()
        yield
        await relay.stop()
    else:
        distant = DistantRelay(app[DATABASE])
        app[DISPATCH] = app[BROKER] = distant
        tasks = TaskGroup(app[ON_FAILURE])
        tasks.start("relay-notify", distant.run())
        yield
        await tasks.stop()


async def with_bookings(app: web.Application) -> AsyncIterator[None]:
    offsets = app[SETTINGS].reminder_offsets
    app[BOOKINGS] = BookingDesk(
        app[DATABASE],
        DoctorCache(app[DATABASE]),
        app[DISPATCH],
        reminder_offsets=offsets,
        most_ahead=app[SETTINGS].open_bookings,
    )
    app[MOVES] = MovingDesk(app[DATABASE], app[DISPATCH], reminder_offsets=offsets)
    yield
    await app[BOOKINGS].drain()


async def with_housekeeping(app: web.Application) -> AsyncIterator[None]:
    tasks = TaskGroup(app[ON_FAILURE])
    tasks.start("answers-forgetting", forget_for_ever(app[DATABASE]))
    tasks.start("zones", ZoneKeeper(app[DATABASE]).run())
    yield
    await tasks.stop()


async def with_streams(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    hub = Hub(per_client=settings.streams_per_client, most=settings.streams_most)
    looks = GroupCommit(partial(look, app[DATABASE]), writers=1, batch=500)
    app[stream.STREAMS] = stream.Streams(hub, looks.commit, settings.stream_interval, settings.stream_write_timeout)
    listener = Listener(settings.amqp_url.get_secret_value(), hub)
    app[NEWS] = listener.news
    tasks = TaskGroup(app[ON_FAILURE])
    tasks.start("live", listener.run())
    tasks.start("streams-watch", hub.watch())
    yield
    await tasks.stop()
    await looks.drain()


async def _ready(app: web.Application) -> bool:
    return app[DISPATCH].ready
