"""Does the work of a claimed job and says how it went: one handler a kind. Never acks, never commits."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final
from uuid import UUID

import structlog

from notifier_service import metrics
from notifier_service.email.circuit import Circuit
from notifier_service.email.mailer import Mailer
from notifier_service.email.rendering import Renderer, UnusableAddress
from notifier_service.email.smtp_errors import MailError
from notifier_service.notice import Notice
from notifier_service.outcomes import Fail, Outcome, Park, Retry, Sent
from shared.addresses import parse
from shared.errors import Contention, Unavailable
from shared.internal_errors import internal_error
from shared.jobs import Kind

log = structlog.get_logger("notifier_service.handlers")

AWAY_PAUSE: Final = 2.0
"""Seconds that a job waits which could not ask the database whether it may go on."""

Handler = Callable[[Notice, int], Awaitable[Outcome]]
"""Takes what there is to say and the number of the attempt."""
MaySend = Callable[[UUID, int], Awaitable[bool]]
"""Whether an attempt of a job may hand its mail over now."""


def handlers(renderer: Renderer, mailer: Mailer, circuit: Circuit, may_send: MaySend) -> Mapping[str, Handler]:
    """Which handler does which kind. A new kind is one more entry (docs/extending.md).

    `may_send` is asked just before a mail is handed over.
    """

    async def send_email(notice: Notice, attempt: int) -> Outcome:
        if notice.client_email is None:
            return Fail("no address is known for this client", at_fault="address")
        try:
            message = renderer.render(notice)
        except UnusableAddress as error:
            return Fail(str(error), at_fault="address")
        async with circuit.permit():
            if circuit.is_open:
                return Park(circuit.park_for(), "the mail server is away")
            if not await may_send(notice.job_id, attempt):
                return Retry("the lease was lost before the mail was handed over", at_fault="lease")
            return await _hand_over(mailer, circuit, parse(notice.client_email).wire, message)

    return dict.fromkeys(Kind, send_email)


async def _hand_over(mailer: Mailer, circuit: Circuit, recipient: str, message: bytes) -> Outcome:
    started = monotonic()
    try:
        reply = await mailer.send(recipient, message)
    except MailError as error:
        metrics.SMTP_ERRORS.labels(error.scope, str(error.permanent).lower()).inc()
        if error.scope == "server":
            circuit.failed()
            if circuit.is_open:
                return Park(circuit.park_for(), error.detail)
        else:
            circuit.succeeded()
        outcome = Fail if error.permanent else Retry
        return outcome(error.detail, error.code, error.scope)
    circuit.succeeded()
    metrics.SEND_DURATION.observe(monotonic() - started)
    return Sent(reply.code)


async def attempt(handler: Handler, notice: Notice, number: int) -> Outcome:
    """Runs a handler. What it did not foresee fails the job with its error, and is logged: trying again would
    only meet the same fault. Where the database is away, nothing was handed over, and the job waits."""
    try:
        return await handler(notice, number)
    except (Unavailable, Contention) as error:
        return Park(AWAY_PAUSE, str(error))
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("job", error, event="handler failed", job_id=str(notice.job_id), kind=notice.kind)
        return Fail(f"{type(error).__name__}: {error}")
