"""Decides which deliveries become work: reads what they are about and claims them, with the in-app text."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from notifier_service import metrics
from notifier_service.channels.email.rate import RateLimit
from notifier_service.channels.email.recipient_limit import MailTurns
from notifier_service.channels.email.wording import MailWording
from notifier_service.consuming import notice
from notifier_service.consuming.notice import Notice
from shared.batching.halving import in_halves
from shared.broker import Delivery
from shared.database import Database
from shared.errors import ItemRefused
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.metrics import FINISHED
from shared.jobs.model import Ticket
from shared.jobs.store import Claim, ClaimRequest, Verdict
from shared.people.addresses import normalised
from shared.process.internal_errors import internal_error, item_refused
from shared.wording import builtin

log = structlog.get_logger("notifier_service.consuming.admission")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery whose envelope could be read."""

    delivery: Delivery
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to a candidate; `notice` is there when the verdict is CLAIMED. `wait`: seconds until the turn of its
    mail, where its address has had many. `fault`: why the job fails although it was claimed, in a word."""

    candidate: Candidate
    claim: Claim
    notice: Notice | None
    wait: float = 0.0
    fault: str | None = None


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
        wording: MailWording | None = None,
    ) -> None:
        """`lease` and `max_lateness` (of reminders) in seconds; `told` is called with the client of each notification
        that was committed, and must neither wait nor raise. `wording`: of our own texts unless given."""
        self._database = database
        self._owner = owner
        self._lease = lease
        self._max_lateness = max_lateness
        self.rate = rate
        self._told = told
        self._turns = turns
        self._wording = wording or MailWording(builtin())

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
        answers = await self._claim(known, notices)
        answers += [Admitted(c, Claim(c.ticket.job_id, Verdict.UNKNOWN), None) for c in candidates if c not in known]
        for answer in answers:
            if answer.claim.told and answer.notice is not None:
                self._told(answer.notice.client_id)
            _record(answer)
        return answers, suspects

    async def _claim(self, known: Sequence[Candidate], notices: Mapping[UUID, Notice]) -> list[Admitted]:
        """One answer each. What is refused of a batch fails alone."""
        asked = [(c, _request(c, notices[c.ticket.job_id], self._wording)) for c in known]
        answers: list[Admitted] = []
        async with aclosing(in_halves(asked, self._claimed)) as parts:
            async for part, claims in parts:
                if isinstance(claims, Exception):
                    candidate, request = part[0]
                    answers.append(await self._without_words(candidate, request, notices[request.job_id], claims))
                else:
                    answers += (
                        self._admitted(candidate, claim, notices[request.job_id])
                        for (candidate, request), claim in zip(part, claims, strict=True)
                    )
        return answers

    async def _without_words(
        self, candidate: Candidate, request: ClaimRequest, notice: Notice, error: Exception
    ) -> Admitted:
        """Claims what was refused without what others have typed, so that its row can say why it fails. A row that
        cannot be claimed at all is left to the sweep, and its message is recorded.

        Raises what is our bug."""
        if not isinstance(error, ItemRefused):
            raise error
        item_refused("admission", error, job_id=str(request.job_id))
        try:
            [claim] = await self._claimed([(candidate, replace(request, title=None, body=None, address=None))])
        except ItemRefused:
            return Admitted(candidate, Claim(request.job_id, Verdict.UNKNOWN), None)
        return replace(self._admitted(candidate, claim, notice), fault=f"its notification was refused: {error}")

    async def _claimed(self, asked: Sequence[tuple[Candidate, ClaimRequest]]) -> list[Claim]:
        return await job_store.claim(
            self._database,
            [request for _, request in asked],
            owner=self._owner,
            lease=self._lease,
            max_lateness=self._max_lateness,
            allowance=self._turns.allowance,
        )

    def _admitted(self, candidate: Candidate, claim: Claim, notice: Notice) -> Admitted:
        wait = self._turns.wait(claim) if claim.verdict is Verdict.CLAIMED else 0.0
        return Admitted(candidate, claim, notice, wait)


def _request(candidate: Candidate, notice: Notice, wording: MailWording) -> ClaimRequest:
    """What cannot be worded is claimed all the same, and then fails where its mail is worded: alone, with the error."""
    ticket = candidate.ticket
    address = None if notice.client_email is None else normalised(notice.client_email)
    try:
        title, body = wording.in_app(notice)
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("admission", error, job_id=str(ticket.job_id), kind=ticket.kind)
        return ClaimRequest(ticket.job_id, ticket.attempt, new_id(), None, None, address)
    return ClaimRequest(ticket.job_id, ticket.attempt, new_id(), title, body, address)


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
    elif verdict is Verdict.SUPERSEDED:
        FINISHED.labels(answer.candidate.ticket.kind, "cancelled").inc()
    log.info(
        "message changed nothing",
        verdict=verdict,
        job_id=str(answer.candidate.ticket.job_id),
        appointment_id=str(answer.candidate.ticket.appointment_id),
        attempt=answer.candidate.ticket.attempt,
        redelivered=answer.candidate.delivery.redelivered,
    )
