"""Does the work of a claimed job and says how it went: one handler a kind. Never acks, never commits."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic

import structlog

from notifier_service import metrics
from notifier_service.email.mailer import Mailer
from notifier_service.email.rendering import Renderer
from notifier_service.email.smtp_errors import MailError
from notifier_service.notice import Notice
from notifier_service.outcomes import Fail, Outcome, Retry, Sent
from shared.jobs import Kind

log = structlog.get_logger("notifier_service.handlers")

Handler = Callable[[Notice], Awaitable[Outcome]]


def handlers(renderer: Renderer, mailer: Mailer) -> Mapping[str, Handler]:
    """Which handler does which kind. A new kind is one more entry (docs/extending.md)."""

    async def send_email(notice: Notice) -> Outcome:
        if notice.client_email is None:
            return Fail("no address is known for this client")
        message = renderer.render(notice)
        started = monotonic()
        try:
            reply = await mailer.send(notice.client_email, message)
        except MailError as error:
            return _failed(error)
        metrics.SEND_DURATION.observe(monotonic() - started)
        return Sent(reply.code)

    return dict.fromkeys(Kind, send_email)


def _failed(error: MailError) -> Outcome:
    metrics.SMTP_ERRORS.labels(error.scope, str(error.permanent).lower()).inc()
    if error.permanent:
        return Fail(error.detail, error.code)
    return Retry(error.detail, error.code)


async def attempt(handler: Handler, notice: Notice) -> Outcome:
    """Runs a handler. What it did not foresee fails the job with its error, and is logged: trying again would
    only meet the same fault."""
    try:
        return await handler(notice)
    except Exception as error:
        log.exception("handler failed", job_id=str(notice.job_id), kind=notice.kind)
        return Fail(f"{type(error).__name__}: {error}")
