"""Does the work of a claimed job and says how it went: one handler a kind. Never acks, never commits."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from notifier_service.channels.email.delivery import Delivery, Mail
from notifier_service.channels.email.rendering import Renderer, UnusableAddress
from notifier_service.consuming.notice import Notice
from notifier_service.consuming.outcomes import Fail, Outcome, Park
from shared.errors import Contention, Unavailable
from shared.jobs.model import Kind
from shared.people.addresses import parse
from shared.process.internal_errors import internal_error

log = structlog.get_logger("notifier_service.consuming.handlers")

AWAY_PAUSE: Final = 2.0
"""Seconds that a job waits which could not ask the database whether it may go on."""

Handler = Callable[[Notice, int], Awaitable[Outcome]]
"""Takes what there is to say and the number of the attempt."""


def handlers(renderer: Renderer, delivery: Delivery) -> Mapping[str, Handler]:
    """Which handler does which kind. A new kind is one more entry (docs/extending.md)."""

    async def send_email(notice: Notice, attempt: int) -> Outcome:
        if notice.client_email is None:
            return Fail("no address is known for this client", at_fault="address")
        try:
            message = renderer.render(notice)
        except UnusableAddress as error:
            return Fail(str(error), at_fault="address")
        recipient = parse(notice.client_email).wire
        return await delivery.hand_over(
            Mail(notice.job_id, attempt, recipient, message, bound_to=notice.bound_to, lost=notice.lost)
        )

    return dict.fromkeys(Kind, send_email)


async def attempt(handler: Handler, notice: Notice, number: int) -> Outcome:
    """Runs a handler. What it did not foresee fails the job with its error, and is logged: trying again would
    only meet the same fault. Where the database is away, nothing was handed over, and the job waits."""
    try:
        return await handler(notice, number)
    except (Unavailable, Contention) as error:
        return Park(AWAY_PAUSE, str(error), by_us=True)
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("job", error, event="handler failed", job_id=str(notice.job_id), kind=notice.kind)
        return Fail(f"{type(error).__name__}: {error}")
