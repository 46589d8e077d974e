"""The notifier: all parts that run side by side in one process, how they start and how they stop."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

import structlog

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.email.delivery import Server
from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.configuration import MAIN
from notifier_service.channels.email.smtp.mailer import Mailer, show_connections
from notifier_service.channels.email.wording import MailWording
from notifier_service.consuming import metrics
from notifier_service.consuming.admission import Admission
from notifier_service.consuming.consumer import Share
from notifier_service.consuming.consumers import Consumers
from notifier_service.consuming.crash_isolation import Isolation
from notifier_service.consuming.dead_letters import DeadLetterRecorder
from notifier_service.consuming.leases import Leases
from notifier_service.consuming.outcome_writer import OutcomeWriter
from notifier_service.consuming.pauses import Pauses
from notifier_service.consuming.pruner import prune_for_ever
from notifier_service.consuming.publishing_connection import Outgoing
from notifier_service.consuming.queue_progress import Progress
from notifier_service.consuming.retention import Retained, remove_for_ever
from notifier_service.consuming.trial_mails import Trials
from notifier_service.consuming.worker import Worker
from notifier_service.heartbeat import vitals
from notifier_service.resources import email_channel
from notifier_service.settings import NotifierSettings
from shared.broker import BrokerSession, sessions
from shared.broker.live_exchange import LiveNews
from shared.broker.topology import Topology, topology
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Channel, Priority
from shared.jobs.process_heartbeats import EmailRate, ProcessHeartbeat, Role
from shared.process.event_loop import watch_event_loop
from shared.process.instance import instance
from shared.process.lifecycle import TaskGroup
from shared.process.loops import run_loop

log = structlog.get_logger("notifier_service.app")

BREAK_OFF: Final = 3.0
"""Seconds to commit the outcomes of mails that a stop has broken off."""


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
        email = email_channel(settings, database, self._wording, self._servers, self._may_send)
        self._channels: dict[Channel, ChannelAdapter] = {Channel.EMAIL: email}
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
            shards=settings.shards,
            database_answers=database.answers,
            record_dead=self._recorder.record,
        )
        shares = {
            Priority.HIGH: Share(settings.high_prefetch, settings.high_workers),
            Priority.NORMAL: Share(settings.normal_prefetch, settings.normal_workers),
        }
        self._consumers = Consumers(database, worker, shares, shards=settings.shards, only=settings.consume_shards)
        circuits = [server.circuit for server in self._servers]
        rate = EmailRate(settings.email_rate, settings.email_rate_scope == "all") if settings.email_rate else None
        self._heartbeat = ProcessHeartbeat(
            database,
            Role.NOTIFIER,
            lambda: vitals(self._consumers, circuits, broker=self._broker_away, email_rate=rate),
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
        self._helpers.start("retention", remove_for_ever(self.database, _retentions(self._settings)))
        self._sources.start("consuming", self._consume())

    async def stop(self, *, within: float) -> None:
        """Finishes the mails under way, for at most `within` seconds."""
        await self._consumers.stop_consuming()
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
        await asyncio.gather(self._consumers.drain(), *(each.drain() for each in self._trials))

    async def _break_off(self) -> None:
        """Breaks off the hand-overs under way, so that their outcomes are known and committed. A mail without an answer
        has possibly been sent. A job that still does not end is left to its lease."""
        for server in self._servers:
            server.mailer.stop()
        try:
            async with asyncio.timeout(BREAK_OFF):
                await self._drain()
        except TimeoutError:
            await self._consumers.abort()

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
        return topology(self._settings.retry_steps, shards=self._settings.shards)

    async def _consume_all(self, session: BrokerSession) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._consumers.run(session))
            group.create_task(self._recorder.run(session))

    def _away(self, words: str) -> None:
        self._broker_away = words

    def _connection(self, connected: bool) -> None:
        self.connected = connected
        self._broker_away = None if connected else "the connection has ended"
        metrics.BROKER_CONNECTED.set(connected)


def _retentions(settings: NotifierSettings) -> Mapping[Retained, float | None]:
    """Seconds; None: for ever."""
    return {
        Retained.APPOINTMENTS: settings.appointment_retention,
        Retained.NOTIFICATIONS: settings.notification_retention,
        Retained.DEAD_LETTERS: settings.dead_letter_retention,
        Retained.ERRORS: settings.error_retention,
    }
