"""Decides which deliveries become work: reads what they are about and claims them, with the in-app text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from notifier_service import metrics, notice, wording
from notifier_service.email.rate import RateLimit
from notifier_service.notice import Notice
from notifier_service.turns import MailTurns
from shared import job_store
from shared.addresses import normalised
from shared.broker import Delivery
from shared.database import Database
from shared.ids import new_id
from shared.job_store import Claim, ClaimRequest, Verdict
from shared.jobs import Ticket
from shared.metrics import FINISHED

log = structlog.get_logger("notifier_service.admission")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery whose envelope could be read."""

    delivery: Delivery
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to a candidate; `notice` is there when the verdict is CLAIMED. `wait`: seconds until the turn of its
    mail, where its address has had many."""

    candidate: Candidate
    claim: Claim
    notice: Notice | None
    wait: float = 0.0


class Admission:
    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        lease: float,
        max_lateness: float | None,
        rate: RateLimit,
        told: Callable[[str], None],
        turns: MailTurns,
    ) -> None:
        """`lease` and `max_lateness` (of reminders) in seconds; `told` is called with the client of each notification
        that was committed, and must neither wait nor raise."""
        self._database = database
        self._owner = owner
        self._lease = lease
        self._max_lateness = max_lateness
        self.rate = rate
        self._told = told
        self._turns = turns

    async def admit(
        self, candidates: Sequence[Candidate], *, alone: bool = False
    ) -> tuple[list[Admitted], list[Candidate]]:
        """Claims a batch; one answer a candidate, but for those that must be admitted `alone`: the second list.

        Raises DatabaseUnavailable, and then nobody may know whether the claim was committed: its lease decides.
        """
        notices = await notice.load(self._database, [c.ticket.job_id for c in candidates])
        suspects = [] if alone else [c for c in candidates if _has_lost_a_worker(c, notices)]
        candidates = [c for c in candidates if c not in suspects]
        known = [c for c in candidates if c.ticket.job_id in notices]
        claimed = await self._claim(known, notices) if known else []
        claims = iter(claimed)
        answers = [
            self._admitted(c, next(claims), notices[c.ticket.job_id])
            if c.ticket.job_id in notices
            else Admitted(c, Claim(c.ticket.job_id, Verdict.UNKNOWN), None)
            for c in candidates
        ]
        for answer in answers:
            if answer.claim.told and answer.notice is not None:
                self._told(answer.notice.client_id)
            _record(answer)
        return answers, suspects

    async def _claim(self, known: Sequence[Candidate], notices: dict[UUID, Notice]) -> list[Claim]:
        requests = []
        for candidate in known:
            ticket, notice = candidate.ticket, notices[candidate.ticket.job_id]
            address = None if notice.client_email is None else normalised(notice.client_email)
            requests.append(ClaimRequest(ticket.job_id, ticket.attempt, new_id(), *wording.in_app(notice), address))
        return await job_store.claim(
            self._database,
            requests,
            owner=self._owner,
            lease=self._lease,
            max_lateness=self._max_lateness,
            allowance=self._turns.allowance,
        )

    def _admitted(self, candidate: Candidate, claim: Claim, notice: Notice) -> Admitted:
        wait = self._turns.wait(claim) if claim.verdict is Verdict.CLAIMED else 0.0
        return Admitted(candidate, claim, notice, wait)


def _has_lost_a_worker(candidate: Candidate, notices: dict[UUID, Notice]) -> bool:
    found = notices.get(candidate.ticket.job_id)
    return found is not None and found.lost > 0


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
