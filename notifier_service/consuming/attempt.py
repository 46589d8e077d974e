"""Delivers one claimed job through its channel, and turns the outcome into the end of the attempt. Never acks or
commits."""

from collections.abc import Sequence
from typing import Final

import structlog

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Sent, Wait
from shared.errors import Contention, Unavailable
from shared.jobs import store as job_store
from shared.jobs.store import Claimed, Finish
from shared.process.backoff import retry_delay
from shared.process.internal_errors import internal_error

log = structlog.get_logger("notifier_service.consuming.attempt")

AWAY_PAUSE: Final = 2.0
"""Seconds that a job waits when the database could not be asked whether it may go on."""


async def deliver(adapter: ChannelAdapter, notice: Notice, number: int) -> Outcome:
    """The outcome of attempt `number`.

    An error that the channel did not foresee fails the job and is logged, since another attempt would meet it again. If
    the database is away, nothing was handed over, and the job waits.
    """
    try:
        return await adapter.deliver(notice, number)
    except (Unavailable, Contention) as error:
        return Park(AWAY_PAUSE, str(error), by_us=True)
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("job", error, event="handler failed", job_id=str(notice.job_id), kind=notice.kind)
        return Fail(f"{type(error).__name__}: {error}")


def end_of_attempt(claim: Claimed, outcome: Outcome, steps: Sequence[float]) -> Finish:
    """The end of an attempt, for its row."""
    job_id, number = claim.job_id, claim.attempt
    match outcome:
        case Sent(code):
            return Finish(job_id, number, job_store.Outcome.SUCCEEDED, reply_code=code)
        case Park(delay, error, by_us):
            return Finish(job_id, number, job_store.Outcome.PARKED, delay=delay, error=error, away=not by_us)
        case Wait(delay, error):
            return Finish(job_id, number, job_store.Outcome.PARKED, delay=delay, error=error)
        case Fail(error, code):
            return Finish(
                job_id, number, job_store.Outcome.FAILED, reply_code=code, error=error, bound_to=outcome.bound_to
            )
        case Retry():
            return _retry(claim, outcome, retry_delay(claim.retries, steps))


def _retry(claim: Claimed, outcome: Retry, step: float | None) -> Finish:
    """`step`: seconds until the next attempt; None: no retry is left."""
    if step is not None:
        kind, delay = job_store.Outcome.RETRYING, step
    elif outcome.in_doubt is not None:
        kind, delay = job_store.Outcome.PARKED, outcome.in_doubt
    else:
        kind, delay = job_store.Outcome.FAILED, None
    return Finish(
        claim.job_id,
        claim.attempt,
        kind,
        delay=delay,
        reply_code=outcome.code,
        error=outcome.error,
        away=kind is job_store.Outcome.PARKED,
        bound_to=outcome.bound_to,
    )
