"""Decides which deliveries become work: reads what they are about and claims them, with the in-app text."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from notifier_service import metrics, notice, wording
from notifier_service.email.rate import RateLimit
from notifier_service.notice import Notice
from shared import job_store
from shared.addresses import normalised
from shared.database import Database
from shared.ids import new_id
from shared.job_store import Claim, ClaimRequest, Verdict
from shared.jobs import Ticket
from shared.metrics import FINISHED
from shared.subscription import Delivery

log = structlog.get_logger("notifier_service.admission")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery whose envelope could be read."""

    delivery: Delivery
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to a candidate; `notice` is there when the verdict is CLAIMED."""

    candidate: Candidate
    claim: Claim
    notice: Notice | None


class Admission:
    def __init__(
        self, database: Database, *, owner: str, lease: float, max_lateness: float | None, rate: RateLimit
    ) -> None:
        """`lease` and `max_lateness` (of reminders) in seconds."""
        self._database = database
        self._owner = owner
        self._lease = lease
        self._max_lateness = max_lateness
        self.rate = rate

    async def admit(self, candidates: Sequence[Candidate]) -> list[Admitted]:
        """Claims a batch; one answer a candidate. Raises DatabaseUnavailable, and then nobody may know
        whether the claim was committed: its lease decides."""
        notices = await notice.load(self._database, [c.ticket.job_id for c in candidates])
        known = [c for c in candidates if c.ticket.job_id in notices]
        claims = iter(await self._claim(known, notices) if known else [])
        answers = [
            Admitted(c, next(claims), notices[c.ticket.job_id])
            if c.ticket.job_id in notices
            else Admitted(c, Claim(c.ticket.job_id, Verdict.UNKNOWN), None)
            for c in candidates
        ]
        for answer in answers:
            _record(answer)
        return answers

    async def _claim(self, known: Sequence[Candidate], notices: dict[UUID, Notice]) -> list[Claim]:
        requests = []
        for candidate in known:
            ticket, notice = candidate.ticket, notices[candidate.ticket.job_id]
            address = None if notice.client_email is None else normalised(notice.client_email)
            requests.append(ClaimRequest(ticket.job_id, ticket.attempt, new_id(), *wording.in_app(notice), address))
        return await job_store.claim(
            self._database, requests, owner=self._owner, lease=self._lease, max_lateness=self._max_lateness
        )


def _record(answer: Admitted) -> None:
    verdict = answer.claim.verdict
    if verdict is Verdict.CLAIMED:
        return
    metrics.DUPLICATES.labels(verdict).inc()
    if verdict in (Verdict.TOO_LATE, Verdict.OPTED_OUT, Verdict.SUPPRESSED):
        FINISHED.labels(answer.candidate.ticket.kind, "skipped").inc()
    log.info(
        "message changed nothing",
        verdict=verdict,
        job_id=str(answer.candidate.ticket.job_id),
        appointment_id=str(answer.candidate.ticket.appointment_id),
        attempt=answer.candidate.ticket.attempt,
        redelivered=answer.candidate.delivery.redelivered,
    )
