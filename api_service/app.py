"""The only place where the API's parts are put together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from socket import socket
from typing import Final

import structlog
from aiohttp import web

from api_service.agendas import notice_views as doctor_notices
from api_service.agendas import views as agendas
from api_service.agendas.planning import plan_for_ever
from api_service.appointments import views as appointments
from api_service.appointments.booking import BOOKINGS, BookingService
from api_service.appointments.idempotent_answers import forget_for_ever
from api_service.appointments.moving import MOVES, MovingService
from api_service.doctors import feed as doctors_feed
from api_service.doctors import views as doctors
from api_service.doctors.change_listener import CHANGE_LISTENER
from api_service.doctors.store import DoctorCache
from api_service.identity.bearer import AUTHENTICATOR
from api_service.inbox import views as inbox
from api_service.inbox.stream import views as stream
from api_service.inbox.stream.hub import Hub
from api_service.inbox.stream.listener import NEWS, Listener
from api_service.inbox.stream.store import fetch_pages
from api_service.links import views as links
from api_service.links.appointment import guard as appointment_links
from api_service.links.appointment import views as appointment_pages
from api_service.links.appointment.pages import PAGES, AppointmentPages
from api_service.links.appointment.view_model import CLINIC
from api_service.offers.settling import OfferSettling
from api_service.ops.api import deliveries
from api_service.ops.api import routes as ops
from api_service.ops.api.records import RECORD_KEY
from api_service.ops.core.figures import Figures
from api_service.ops.core.outlook import Outlooks
from api_service.ops.core.records import RecordKey
from api_service.ops.dashboard.rendering import compile_pages
from api_service.ops.dashboard.routes import add_dashboard
from api_service.ops.dashboard.sign_in_form import PROVIDER
from api_service.ops.keys import FIGURES, OUTLOOKS
from api_service.profile import views as profile
from api_service.references.orphans import OrphanSearch
from api_service.relay.dispatch import BROKER, DISPATCH, DistantRelay
from api_service.resources import (
    authenticator,
    connected,
    create_relay,
    open_database,
    places,
    protect,
    reception,
    sign_in_provider,
    timeouts,
)
from api_service.settings import ApiSettings
from api_service.staff import changes as staff_changes
from api_service.staff import views as staff
from api_service.staff.affected import views as affected
from api_service.web.draining import DRAINING, Draining
from api_service.web.front_page import front_page
from api_service.web.keys import CALENDAR, DATABASE, LANGUAGES, LINKS
from api_service.web.listeners import apart, for_operators
from api_service.web.middlewares import request_middleware
from api_service.web.openapi import views as openapi
from api_service.web.openapi.views import DOCUMENT, Document
from api_service.web.server import create_runner
from api_service.zones.periodic import PeriodicReplanning
from shared.batching.group_commit import GroupCommit
from shared.calendar import CalendarWriter
from shared.links.unsubscribe import UnsubscribeTokens
from shared.process import tracing
from shared.process.event_loop import freeze_startup_objects, watch_event_loop
from shared.process.lifecycle import TaskGroup, stop_signal
from shared.process.ports import port_of
from shared.process.probes import add_probes
from shared.process.startup import started

log = structlog.get_logger("api_service.app")

SETTINGS: Final = web.AppKey("settings", ApiSettings)
ON_FAILURE: Final[web.AppKey[Callable[[], None]]] = web.AppKey("on_failure")


_PARTS: Final = (
    appointments,
    staff,
    staff_changes,
    affected,
    inbox,
    stream,
    profile,
    doctors,
    doctors_feed,
    agendas,
    doctor_notices,
    ops,
    links,
    appointment_pages,
    openapi,
)
"""Each has the `routes` of one subject."""


def create_app(settings: ApiSettings, *, on_failure: Callable[[], None]) -> web.Application:
    """Builds the API. `on_failure` is called when a background task has ended by an error."""
    app = web.Application(
        middlewares=[request_middleware, *apart(settings.admin_port)], client_max_size=settings.max_body
    )
    app[SETTINGS] = settings
    app[ON_FAILURE] = on_failure
    app[AUTHENTICATOR] = authenticator(settings)
    app.on_cleanup.append(lambda _: app[AUTHENTICATOR].close())
    app[DRAINING] = Draining()
    app[PROVIDER] = sign_in_provider(settings)
    app.on_cleanup.append(_close_provider)
    protect(app, settings)
    _add_keys(app, settings)
    app.cleanup_ctx.extend((with_tracing, with_database, with_dispatch, with_bookings, with_streams, with_housekeeping))
    app.cleanup_ctx.append(with_figures)
    app.on_shutdown.append(stream.close_all)
    _add_routes(app, settings)
    return app


def _add_keys(app: web.Application, settings: ApiSettings) -> None:
    """What the views need of the settings."""
    app[DOCUMENT] = Document(app.router)
    key = settings.unsubscribe_key
    record_key = settings.record_key
    app[RECORD_KEY] = None if record_key is None else RecordKey(record_key.get_secret_value())
    app[links.UNSUBSCRIBE] = None if key is None else UnsubscribeTokens(key.get_secret_value())
    app[LANGUAGES] = settings.languages
    app[appointment_links.TOKENS] = settings.appointment_tokens
    app[LINKS] = settings.appointment_links
    app[CLINIC] = settings.clinic
    app[PAGES] = AppointmentPages(settings.clinic)
    app[CALENDAR] = CalendarWriter(settings.clinic, sender=settings.mail_from, alarm=settings.calendar_alarm)
    app[deliveries.RECEPTION] = reception(settings)
    app[OUTLOOKS] = Outlooks(settings.promises)


def _add_routes(app: web.Application, settings: ApiSettings) -> None:
    for part in _PARTS:
        app.add_routes(part.routes)
    app.router.add_get("/", partial(_front_page, settings.admin_port))
    add_dashboard(app, retry_steps=len(settings.retry_steps))
    add_probes(
        app.router,
        {
            "database": ("required", lambda: app[DATABASE].serves()),
            "broker": ("degraded", lambda: _ready(app)),
            "staying": ("required", app[DRAINING].accepts_requests),
        },
        settings.metrics_token,
    )


async def _front_page(operators_port: int | None, request: web.Request) -> web.Response:
    return front_page(request, operators=for_operators(request, operators_port))


async def serve(settings: ApiSettings) -> int:
    """Runs until SIGTERM or SIGINT, then stops in order: /readyz is 503 for a while; no more requests; bookings under
    way are committed; the relay publishes and marks its jobs; connections last. Returns the exit status, which is not 0
    when our bug has ended it."""
    stop = stop_signal()
    url = settings.database_url.get_secret_value()
    async with started(stop, places(settings), partial(open_database, settings), url) as ground:
        if ground is None:
            return stop.status
        database, sockets = ground
        app = create_app(settings, on_failure=stop.fail)
        app[DATABASE] = database
        async with _serving(app, settings, sockets):
            await stop.wait()
            log.info("api stopping", in_seconds=settings.shutdown_delay)
            await app[DRAINING].begin(settings.shutdown_delay)
    log.info("api stopped", status=stop.status)
    return stop.status


@asynccontextmanager
async def _serving(app: web.Application, settings: ApiSettings, sockets: Sequence[socket]) -> AsyncIterator[None]:
    runner = create_runner(app, timeouts(settings), shutdown_timeout=10.0)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
            log.info("api ready", host=each.getsockname()[0], port=port_of(each))
        freeze_startup_objects()
        yield
    finally:
        await runner.cleanup()


async def with_tracing(app: web.Application) -> AsyncIterator[None]:
    async with tracing.exporting(app[SETTINGS].tracing_endpoint, "punctual-api"):
        yield


async def with_database(app: web.Application) -> AsyncIterator[None]:
    """The pool of `serve` if it has set one; otherwise a pool of its own."""
    async with AsyncExitStack() as stack:
        if DATABASE not in app:
            app[DATABASE] = await stack.enter_async_context(connected(app[SETTINGS]))
        tasks = TaskGroup(app[ON_FAILURE])
        tasks.start("saturation", watch_event_loop())
        yield
        await tasks.stop()


async def with_dispatch(app: web.Application) -> AsyncIterator[None]:
    """A relay in this process; or, without one, notifications of the relays that run alone."""
    if app[SETTINGS].relay_enabled:
        relay = create_relay(app[SETTINGS], app[DATABASE], app[ON_FAILURE])
        app[DISPATCH] = app[BROKER] = relay
        relay.start()
        yield
        await relay.stop()
    else:
        distant = DistantRelay(app[DATABASE], shards=app[SETTINGS].shards)
        app[DISPATCH] = app[BROKER] = distant
        tasks = TaskGroup(app[ON_FAILURE])
        tasks.start("relay-notify", distant.run())
        yield
        await tasks.stop()


async def with_bookings(app: web.Application) -> AsyncIterator[None]:
    offsets = app[SETTINGS].reminder_offsets
    app[BOOKINGS] = BookingService(
        app[DATABASE],
        DoctorCache(app[DATABASE]),
        app[DISPATCH],
        reminder_offsets=offsets,
        most_ahead=app[SETTINGS].open_bookings,
    )
    app[CHANGE_LISTENER] = OfferSettling(reminder_offsets=offsets)
    app[MOVES] = MovingService(app[DATABASE], app[DISPATCH], reminder_offsets=offsets)
    yield
    await app[BOOKINGS].drain()


async def with_housekeeping(app: web.Application) -> AsyncIterator[None]:
    tasks = TaskGroup(app[ON_FAILURE])
    tasks.start("answers-forgetting", forget_for_ever(app[DATABASE]))
    tasks.start("zones", PeriodicReplanning(app[DATABASE]).run())
    tasks.start("agendas", plan_for_ever(app[DATABASE]))
    tasks.start("orphans", OrphanSearch(app[DATABASE]).run())
    yield
    await tasks.stop()


async def with_figures(app: web.Application) -> AsyncIterator[None]:
    app[FIGURES] = Figures(app[DATABASE], app[OUTLOOKS])
    tasks = TaskGroup(app[ON_FAILURE])
    if app[SETTINGS].figures_in_advance:
        tasks.start("figures", app[FIGURES].run())
        tasks.start("templates", asyncio.to_thread(compile_pages))
    yield
    await tasks.stop()


async def with_streams(app: web.Application) -> AsyncIterator[None]:
    settings = app[SETTINGS]
    hub = Hub(per_client=settings.streams_per_client, most=settings.streams_most)
    fetches = GroupCommit(partial(fetch_pages, app[DATABASE]), writers=1, batch=500)
    app[stream.STREAMS] = stream.Streams(hub, fetches.commit, settings.stream_interval, settings.stream_write_timeout)
    listener = Listener(settings.amqp_url.get_secret_value(), hub)
    app[NEWS] = listener.news
    tasks = TaskGroup(app[ON_FAILURE])
    tasks.start("live", listener.run())
    tasks.start("streams-watch", hub.watch())
    yield
    await tasks.stop()
    await fetches.drain()


async def _close_provider(app: web.Application) -> None:
    provider = app[PROVIDER]
    if provider is not None:
        await provider.close()


async def _ready(app: web.Application) -> bool:
    return app[DISPATCH].ready
