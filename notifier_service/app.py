"""The only place where the notifier's parts are put together."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from email.utils import parseaddr
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web

from notifier_service import metrics
from notifier_service.admission import Admission
from notifier_service.consumer import QueueConsumer, Share
from notifier_service.dead_letters import DeadLetterRecorder
from notifier_service.email.circuit import Circuit
from notifier_service.email.mailer import Mailer, SmtpConfig
from notifier_service.email.rate import RateLimit
from notifier_service.email.rendering import Renderer
from notifier_service.handlers import handlers
from notifier_service.isolation import Isolation
from notifier_service.leases import Leases
from notifier_service.ledger import Ledger
from notifier_service.outgoing import Outgoing
from notifier_service.pauses import Pauses
from notifier_service.progress import Progress
from notifier_service.pruner import prune_for_ever
from notifier_service.settings import NotifierSettings
from notifier_service.turns import MailTurns
from notifier_service.work import Desk
from shared import job_store, tracing
from shared.broker import BrokerSession, sessions
from shared.database import Database
from shared.garbage import spare_what_stays
from shared.http_headers import add_security_headers
from shared.instance import instance
from shared.jobs import Priority
from shared.lifecycle import TaskGroup, stop_signal
from shared.live_exchange import LiveNews
from shared.loops import run_loop
from shared.metrics import describe_process
from shared.probes import add_probes
from shared.saturation import watch_event_loop
from shared.topology import Topology, topology
from shared.unsubscribe import PATH, UnsubscribeTokens

log = structlog.get_logger("notifier_service.app")

BROKEN_DEADLINE: Final = 5.0
"""Seconds that a stop waits for the mails under way, where a loop of ours is broken."""


async def serve(settings: NotifierSettings) -> int:
    """Runs until SIGTERM or SIGINT, then stops in order: no more deliveries; what is being sent is finished
    and committed within `stop_deadline`; connections last. Answers the exit status, which is not 0 where a fault of
    ours has ended it: then much less is waited, since what is broken may be what would have to finish."""
    stop = stop_signal()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tracing.exporting(settings.tracing_endpoint, "punctual-notifier"))
        database = await _database(settings, stack)
        mailer = await stack.enter_async_context(Mailer(smtp_config(settings)))
        describe_process(database)
        notifier = Notifier(settings, database, mailer, on_failure=stop.fail)
        await stack.enter_async_context(_probes(settings, notifier))
        notifier.start()
        log.info("notifier ready", worker=notifier.worker)
        spare_what_stays()
        await stop.wait()
        log.info("notifier stopping")
        await notifier.stop(within=BROKEN_DEADLINE if stop.failed else settings.stop_deadline)
    return stop.status


class Notifier:
    """Everything that runs beside each other in one process."""

    def __init__(
        self,
        settings: NotifierSettings,
        database: Database,
        mailer: Mailer,
        *,
        on_failure: Callable[[], None],
    ) -> None:
        self.worker = instance()
        self.connected = False
        self._settings = settings
        self.database = database
        self._sources = TaskGroup(on_failure)
        self._helpers = TaskGroup(on_failure)
        self._ledger = Ledger(database, owner=self.worker)
        self._leases = Leases(database, owner=self.worker, length=settings.lease)
        self._progress = Progress(database, worker=self.worker)
        self._pauses = Pauses(database)
        self._recorder = DeadLetterRecorder(database)
        self._news = LiveNews()
        self._circuit = Circuit(mailer.probe)
        self._outgoing = Outgoing(settings.amqp_url.get_secret_value(), self._topology, self._news)
        self._turns = MailTurns(database, settings.mails_per_hour)
        desk = Desk(
            admission=Admission(
                database,
                owner=self.worker,
                lease=settings.lease,
                max_lateness=settings.reminder_max_lateness,
                rate=RateLimit(settings.email_rate),
                told=self._news.tell,
                turns=self._turns,
            ),
            handlers=handlers(
                Renderer(settings.mail_from, unsubscribe=unsubscribe_links(settings)),
                mailer,
                self._circuit,
                self._may_send,
            ),
            ledger=self._ledger,
            leases=self._leases,
            progress=self._progress,
            isolation=Isolation(),
            outgoing=self._outgoing,
            pauses=self._pauses,
            retry_steps=settings.retry_steps,
            database_answers=database.answers,
        )
        self._consumers = [
            QueueConsumer(Priority.HIGH, Share(settings.high_prefetch, settings.high_workers), desk),
            QueueConsumer(Priority.NORMAL, Share(settings.normal_prefetch, settings.normal_workers), desk),
        ]

    async def broker_answers(self) -> bool:
        return self.connected

    def start(self) -> None:
        self._helpers.start("saturation", watch_event_loop())
        self._helpers.start("ledger", self._ledger.run())
        self._helpers.start("circuit", self._circuit.run())
        self._helpers.start("leases", self._leases.run())
        self._helpers.start("progress", self._progress.run())
        self._helpers.start("outgoing", self._outgoing.run())
        self._helpers.start("pauses", self._pauses.run())
        self._helpers.start("turns", self._turns.run())
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
        """Finishes what is being sent, for at most `within` seconds."""
        for consumer in self._consumers:
            await consumer.stop_consuming()
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*(consumer.drain() for consumer in self._consumers))
        except TimeoutError:
            log.warning("stop deadline passed, unfinished jobs are tried again by others")
            await asyncio.gather(*(consumer.abort() for consumer in self._consumers))
        await self._sources.stop()
        await self._helpers.stop()

    async def _consume(self) -> None:
        await run_loop("consuming", self._keep_connected, may_take=math.inf)

    async def _keep_connected(self) -> float:
        each = sessions(
            self._settings.amqp_url.get_secret_value(),
            name=f"punctual-notifier {self.worker}",
            topology=self._topology,
        )
        async with aclosing(each):
            async for session in each:
                self._connection(True)
                try:
                    await self._consume_all(session)
                finally:
                    self._connection(False)
        return 0.0

    async def _may_send(self, job_id: UUID, attempt: int) -> bool:
        """Under CRASH_POLICY=hold the row says that DATA may have begun, before it does."""
        if self._settings.crash_policy == "resend":
            return True
        return await job_store.mark_sending(self.database, job_id, attempt, owner=self.worker)

    async def _topology(self, _: str) -> Topology:
        return topology(self._settings.retry_steps)

    async def _consume_all(self, session: BrokerSession) -> None:
        async with asyncio.TaskGroup() as group:
            for consumer in self._consumers:
                group.create_task(consumer.run(session))
            group.create_task(self._recorder.run(session))

    def _connection(self, connected: bool) -> None:
        self.connected = connected
        metrics.BROKER_CONNECTED.set(connected)


async def _database(settings: NotifierSettings, stack: AsyncExitStack) -> Database:
    database = await Database.connect(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        name="punctual-notifier",
        timeout=settings.database_timeout,
    )
    stack.push_async_callback(database.close)
    return database


def unsubscribe_links(settings: NotifierSettings) -> Callable[[str], str] | None:
    """Makes a client's link; None where the settings do not say how."""
    key, url = settings.unsubscribe_key, settings.public_url
    if key is None or url is None:
        return None
    tokens = UnsubscribeTokens(key.get_secret_value())
    return lambda client_id: f"{url}{PATH}{tokens.issue(client_id)}"


def smtp_config(settings: NotifierSettings) -> SmtpConfig:
    """The mail server, as the mailer wants it told."""
    password = settings.smtp_password
    return SmtpConfig(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=parseaddr(settings.mail_from)[1],
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        timeout=settings.smtp_timeout,
        connections=settings.smtp_connections,
        idle=settings.smtp_idle,
        ca_file=settings.smtp_ca_file,
    )


@asynccontextmanager
async def _probes(settings: NotifierSettings, notifier: Notifier) -> AsyncIterator[None]:
    app = web.Application()
    add_security_headers(app)
    add_probes(
        app.router,
        {
            "database": ("required", notifier.database.answers),
            "broker": ("required", notifier.broker_answers),
        },
        settings.metrics_token,
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.notifier_host, settings.notifier_port).start()
        yield
    finally:
        await runner.cleanup()
