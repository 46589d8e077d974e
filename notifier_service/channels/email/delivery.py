"""Chooses the mail server for a mail, hands it over, and turns the answer into the job's outcome."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal
from uuid import UUID

from notifier_service.channels.email.smtp import metrics
from notifier_service.channels.email.smtp.circuit import WORDS, Circuit
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.mailer import Mailer
from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Sent
from shared.jobs.model import Priority

MaySend = Callable[[UUID, int, str], Awaitable[bool]]
"""Whether an attempt of a job may now hand its mail over to the server of that name."""
IN_DOUBT: Final = 300.0
"""Seconds between two attempts of a mail whose retries are used up, while it is unclear whether the mail or we are
refused."""


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server; rows and metrics have its `name`."""

    name: str
    mailer: Mailer
    circuit: Circuit


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail of an attempt. `bound_to`: the server that may have it since an earlier attempt. `lost`: attempts with a
    vanished worker, perhaps after the first server had taken the mail. `sender`: of its envelope; None for the
    configured one. `priority`: that of its job, for the wait for a connection."""

    job_id: UUID
    attempt: int
    recipient: str
    message: bytes
    bound_to: str | None = None
    lost: int = 0
    sender: str | None = None
    priority: Priority = Priority.HIGH


class MailDelivery:
    def __init__(
        self, servers: Sequence[Server], may_send: MaySend, *, crash_policy: Literal["resend", "hold"] = "resend"
    ) -> None:
        """`servers`: the first one, then those that are used while its circuit is open. `may_send` is called just
        before a mail is handed over."""
        self._servers = servers
        self._may_send = may_send
        self._hold = crash_policy == "hold"

    async def hand_over(self, mail: Mail) -> Outcome:
        """Hands over to the first server that takes mail now. The next server gets the mail only when the first has
        certainly not taken it."""
        servers = self._allowed(mail)
        if not servers:
            return Fail(f"possibly sent to a mail server that is no longer set: {mail.bound_to}", at_fault="server")
        outcome: Outcome | None = None
        for server in servers:
            if not server.circuit.lets_through(mail.job_id):
                continue
            try:
                outcome = await self._through(server, mail) or outcome
            finally:
                server.circuit.ended(mail.job_id)
            if outcome is not None and (not isinstance(outcome, Park) or outcome.by_us):
                return outcome
        away = servers[0].circuit
        return outcome or Park(away.park_for(), away.why)

    def _allowed(self, mail: Mail) -> Sequence[Server]:
        if mail.bound_to is not None:
            return [each for each in self._servers if each.name == mail.bound_to]
        return self._servers[:1] if mail.lost else self._servers

    async def _through(self, server: Server, mail: Mail) -> Outcome | None:
        """The outcome at one server; None when its circuit opened while the mail waited."""
        async with server.circuit.permit(), server.mailer.place(mail.priority):
            if not server.circuit.may_still(mail.job_id):
                return None
            if not await self._may_send(mail.job_id, mail.attempt, server.name):
                return Retry(
                    "the lease was lost, or the job cancelled, before the mail was handed over", at_fault="lease"
                )
            started = monotonic()
            try:
                reply = await server.mailer.hand_over(
                    mail.recipient,
                    mail.message,
                    sender=mail.sender,
                    envelope_id=str(mail.job_id),
                    priority=mail.priority,
                )
            except MailError as error:
                return self._refused(server, mail, error)
            server.circuit.succeeded()
            metrics.SEND_DURATION.observe(monotonic() - started)
            return Sent(reply.code)

    def _refused(self, server: Server, mail: Mail, error: MailError) -> Outcome:
        metrics.SMTP_ERRORS.labels(error.scope, str(error.permanent).lower()).inc()
        if error.cause == "stopping" and not error.data_begun:
            return Park(0.0, error.detail, by_us=True)
        if not error.asked:  # the mail was not offered, so this says nothing about the server
            return Fail(error.detail, error.code, error.scope)
        circuit = server.circuit
        in_doubt = error.scope == "server" and error.code is not None and circuit.has_refused(mail.recipient)
        if error.cause != "stopping":
            circuit.failed(error, mail.recipient)
        if error.data_begun:
            return self._possibly_sent(server, error)
        if circuit.is_open or not (error.of_mail or error.permanent):
            return Park(circuit.park_for(), f"{WORDS.get(error.cause, circuit.why)}: {error.detail}")
        if error.permanent:
            return Fail(error.detail, error.code, error.scope)
        return Retry(error.detail, error.code, error.scope, in_doubt=IN_DOUBT if in_doubt else None)

    def _possibly_sent(self, server: Server, error: MailError) -> Outcome:
        """The server may have the mail. So no other server gets it; it is retried at this one, or left to a person."""
        metrics.POSSIBLY_SENT.inc()
        kind = Fail if self._hold else Retry
        return kind(f"possibly sent: {error.detail}", error.code, "server", bound_to=server.name)
