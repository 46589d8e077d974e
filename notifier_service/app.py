"""The only place where the notifier's parts are put together."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from socket import socket
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web

from notifier_service.bounces.intake import Intake
from notifier_service.bounces.server import serving
from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.email.channel import EmailChannel
from notifier_service.channels.email.delivery import MailDelivery, Server
from notifier_service.channels.email.rate_limit import RateLimit
from notifier_service.channels.email.recipient_limit import RecipientLimit
from notifier_service.channels.email.rendering import Renderer
from notifier_service.channels.email.shared_rate import SharedRateLimit
from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.configuration import MAIN, smtp_configs
from notifier_service.channels.email.smtp.mailer import Mailer, show_connections
from notifier_service.channels.email.wording import MailWording
from notifier_service.consuming import metrics
from notifier_service.consuming.admission import Admission
from notifier_service.consuming.consumer import QueueConsumer, Share
from notifier_service.consuming.crash_isolation import Isolation
from notifier_service.consuming.dead_letters import DeadLetterRecorder
from notifier_service.consuming.leases import Leases
from notifier_service.consuming.outcome_writer import OutcomeWriter
from notifier_service.consuming.pauses import Pauses
from notifier_service.consuming.pruner import prune_for_ever
from notifier_service.consuming.publishing_connection import Outgoing
from notifier_service.consuming.queue_progress import Progress
from notifier_service.consuming.trial_mails import Trials
from notifier_service.consuming.worker import Worker
from notifier_service.heartbeat import vitals
from notifier_service.settings import NotifierSettings
from shared.broker import BrokerSession, sessions
from shared.broker.live_exchange import LiveNews
from shared.broker.topology import Topology, topology
from shared.database import Database
from shared.database.migrations.runner import require_newest
from shared.jobs import store as job_store
from shared.jobs.model import Channel, Priority
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role
from shared.links.appointments import AppointmentLinks
from shared.links.bounces import BounceAddresses
from shared.links.unsubscribe import PATH, UnsubscribeTokens
from shared.process import tracing
from shared.process.event_loop import freeze_startup_objects, watch_event_loop
from shared.process.instance import instance
from shared.process.lifecycle import TaskGroup, stop_signal
from shared.process.loops import run_loop
from shared.process.metrics import describe_process
from shared.process.ports import ListenAddress, bind, closing
from shared.process.probes import add_probes
from shared.process.security_headers import add_security_headers
from shared.process.startup import started

log = structlog.get_logger("notifier_service.app")

BREAK_OFF: Final = 3.0
"""Seconds to commit the outcomes of mails that a stop has broken off."""
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
        lmtp = stack.enter_context(closing(await bind(_lmtp_places(settings))))
        ground = await stack.enter_async_context(started(stop, [place], partial(_database, settings), url))
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


class Notifier:
    """All parts that run side by side in one process."""

    def __init__(
        self,
        settings: NotifierSettings,
        database: Database,
        mailers: Sequence[Mailer],
        *,
        on_failure: Callable[[], None],
    ) -> None:
        self.worker = instance()
        self.connected = False
        self._broker_away: str | None = "no connection yet"
        self._settings = settings
        self.database = database
        self._sources = TaskGroup(on_failure)
        self._helpers = TaskGroup(on_failure)
        self._outcomes = OutcomeWriter(database, owner=self.worker)
        self._leases = Leases(database, owner=self.worker, length=settings.lease)
        self._progress = Progress(database, worker=self.worker)
        self._pauses = Pauses(database)
        self._recorder = DeadLetterRecorder(database)
        self._news = LiveNews()
        self._trials = [Trials(database, lambda: self._worker, server=each.name) for each in mailers]
        self._servers = [
            Server(mailer.name, mailer, Circuit(mailer.trouble, choose=trials.choose, name=mailer.name))
            for mailer, trials in zip(mailers, self._trials, strict=True)
        ]
        show_connections(mailers)
        self._outgoing = Outgoing(settings.amqp_url.get_secret_value(), self._topology, self._news)
        self._wording = MailWording(settings.languages, settings.clinic, shows_reason=settings.mail_shows_reason)
        self._channels: dict[Channel, ChannelAdapter] = {Channel.EMAIL: self._email()}
        self._worker = worker = Worker(
            admission=Admission(
                database,
                self._channels,
                owner=self.worker,
                lease=settings.lease,
                max_lateness=settings.reminder_max_lateness,
                told=self._news.tell,
                wording=self._wording,
            ),
            channels=self._channels,
            outcomes=self._outcomes,
            leases=self._leases,
            progress=self._progress,
            isolation=Isolation(),
            outgoing=self._outgoing,
            pauses=self._pauses,
            retry_steps=settings.retry_steps,
            database_answers=database.answers,
            record_dead=self._recorder.record,
        )
        self._consumers = [
            QueueConsumer(Priority.HIGH, Share(settings.high_prefetch, settings.high_workers), worker),
            QueueConsumer(Priority.NORMAL, Share(settings.normal_prefetch, settings.normal_workers), worker),
        ]
        circuits = [server.circuit for server in self._servers]
        self._heartbeat = ProcessHeartbeat(
            database, Role.NOTIFIER, lambda: vitals(self._consumers, circuits, broker=self._broker_away)
        )

    def _email(self) -> EmailChannel:
        settings = self._settings
        return EmailChannel(
            Renderer(
                settings.mail_from,
                wording=self._wording,
                reply_to=settings.clinic.reply_to,
                unsubscribe=unsubscribe_links(settings),
                appointment_links=appointment_links(settings),
                job_header=settings.mail_job_header,
                calendar_alarm=settings.calendar_alarm,
            ),
            MailDelivery(self._servers, self._may_send, crash_policy=settings.crash_policy),
            limit=RecipientLimit(self.database, settings.mails_per_hour),
            rate=_rate_limit(settings, self.database),
            bounces=_bounce_addresses(settings),
        )

    def tell(self, client_id: str) -> None:
        """Wakes the streams of a client that has a new in-app notification."""
        self._news.tell(client_id)

    async def broker_answers(self) -> bool:
        return self.connected

    def start(self) -> None:
        self._helpers.start("saturation", watch_event_loop())
        self._helpers.start("process-heartbeat", self._heartbeat.run())
        self._helpers.start("ledger", self._outcomes.run())
        for server in self._servers:
            self._helpers.start(f"circuit-{server.name}", server.circuit.run())
        self._helpers.start("leases", self._leases.run())
        self._helpers.start("progress", self._progress.run())
        self._helpers.start("outgoing", self._outgoing.run())
        self._helpers.start("pauses", self._pauses.run())
        for channel, adapter in self._channels.items():
            self._helpers.start(f"channel-{channel}", adapter.run())
        self._helpers.start(
            "pruner",
            prune_for_ever(
                self.database,
                finished=self._settings.job_retention,
                failed=self._settings.failed_job_retention,
            ),
        )
        self._sources.start("consuming", self._consume())

    async def stop(self, *, within: float) -> None:
        """Finishes the mails under way, for at most `within` seconds."""
        for consumer in self._consumers:
            await consumer.stop_consuming()
        await self._heartbeat.stopping()
        try:
            async with asyncio.timeout(within):
                await self._drain()
        except TimeoutError:
            log.warning("stop deadline passed, unfinished jobs are tried again by others")
            await self._break_off()
        await self._sources.stop()
        await self._helpers.stop()
        await self._heartbeat.leave()

    async def _drain(self) -> None:
        consumers = [each.drain() for each in self._consumers]
        await asyncio.gather(*consumers, *(each.drain() for each in self._trials))

    async def _break_off(self) -> None:
        """Breaks off the hand-overs under way, so that their outcomes are known and committed. A mail without an answer
        has possibly been sent. A job that still does not end is left to its lease."""
        for server in self._servers:
            server.mailer.stop()
        try:
            async with asyncio.timeout(BREAK_OFF):
                await self._drain()
        except TimeoutError:
            await asyncio.gather(*(consumer.abort() for consumer in self._consumers))

    async def _consume(self) -> None:
        await run_loop("consuming", self._keep_connected, may_take=math.inf)

    async def _keep_connected(self) -> float:
        each = sessions(
            self._settings.amqp_url.get_secret_value(),
            name=f"punctual-notifier {self.worker}",
            topology=self._topology,
            away=self._away,
        )
        async with aclosing(each):
            async for session in each:
                self._connection(True)
                try:
                    await self._consume_all(session)
                finally:
                    self._connection(False)
        return 0.0

    async def _may_send(self, job_id: UUID, attempt: int, server: str) -> bool:
        """Notes in the row, before DATA begins, that it may have begun (CRASH_POLICY=hold), and the mail server if it
        is not the first one."""
        hold = self._settings.crash_policy == "hold"
        if not hold and server == MAIN:
            return True
        return await job_store.mark_sending(
            self.database,
            job_id,
            attempt,
            owner=self.worker,
            hold=hold,
            bound_to=None if server == MAIN else server,
        )

    async def _topology(self, _: str) -> Topology:
        return topology(self._settings.retry_steps)

    async def _consume_all(self, session: BrokerSession) -> None:
        async with asyncio.TaskGroup() as group:
            for consumer in self._consumers:
                group.create_task(consumer.run(session))
            group.create_task(self._recorder.run(session))

    def _away(self, words: str) -> None:
        self._broker_away = words

    def _connection(self, connected: bool) -> None:
        self.connected = connected
        self._broker_away = None if connected else "the connection has ended"
        metrics.BROKER_CONNECTED.set(connected)


def _lmtp_places(settings: NotifierSettings) -> list[ListenAddress]:
    return (
        []
        if settings.lmtp_port is None
        else [ListenAddress(settings.lmtp_host, settings.lmtp_port, "LMTP_HOST, LMTP_PORT")]
    )


def _bounce_addresses(settings: NotifierSettings) -> BounceAddresses | None:
    address, key = settings.bounce_address, settings.bounce_key
    return None if address is None or key is None else BounceAddresses(address, key.get_secret_value())


@asynccontextmanager
async def _taking_bounces(
    settings: NotifierSettings, notifier: Notifier, sockets: Sequence[socket]
) -> AsyncIterator[None]:
    """Takes mails that come back, where the settings say so."""
    addresses = _bounce_addresses(settings)
    if not sockets or addresses is None:
        yield
        return
    intake = Intake(
        notifier.database,
        addresses,
        settings.languages,
        suppress_after=settings.suppress_after,
        told=notifier.tell,
    )
    async with serving(intake, sockets):
        log.info("taking returned mails", host=settings.lmtp_host, port=settings.lmtp_port)
        yield


def _rate_limit(settings: NotifierSettings, database: Database) -> RateLimit:
    if settings.email_rate is None or settings.email_rate_scope == "each":
        return RateLimit(settings.email_rate)
    return SharedRateLimit(database, settings.email_rate)


async def _database(settings: NotifierSettings) -> Database:
    """Opens a pool; requires the newest schema. Raises DatabaseUnavailable, ConfigurationError."""
    database = await Database.connect(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        name="punctual-notifier",
        timeout=settings.database_timeout,
    )
    try:
        await require_newest(database)
    except BaseException:
        await database.close()
        raise
    return database


def unsubscribe_links(settings: NotifierSettings) -> Callable[[str], str] | None:
    """Makes a client's unsubscribe link; None when the settings lack the key or the URL."""
    key, url = settings.unsubscribe_key, settings.public_url
    if key is None or url is None:
        return None
    tokens = UnsubscribeTokens(key.get_secret_value())
    return lambda client_id: f"{url}{PATH}{tokens.issue(client_id)}"


def appointment_links(settings: NotifierSettings) -> Callable[[UUID], AppointmentLinks] | None:
    """Makes the links of an appointment; None, with one log line, when the settings lack the key or the URL."""
    links = settings.appointment_links
    if links is None:
        needed = {"LINK_KEY or UNSUBSCRIBE_KEY": settings.appointment_tokens, "PUBLIC_URL": settings.public_url}
        unset = [name for name, value in needed.items() if value is None]
        log.warning("mails carry no links to appointments", unset=unset)
    return links


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
