"""Decides which deliveries become work: loads their facts, and claims their jobs with the in-app notification."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from uuid import UUID

import structlog

from notifier_service.channels import notice
from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.email.wording import MailWording
from notifier_service.channels.notice import Notice
from notifier_service.consuming import metrics
from shared.batching.halving import in_halves
from shared.broker import Delivery
from shared.database import Database
from shared.errors import ItemRefused
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.metrics import FINISHED
from shared.jobs.model import DOCTOR_KINDS, Channel, State, Ticket
from shared.jobs.store import SKIPPED, Claim, Claimed, ClaimRequest, Refused, Verdict
from shared.process.internal_errors import internal_error, item_refused
from shared.wording import builtin

log = structlog.get_logger("notifier_service.consuming.admission")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery with a valid envelope."""

    delivery: Delivery
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Admitted:
    """A candidate whose job is ours to do. `wait`: seconds that it waits by its channel's rules. `fault`: the reason
    why it fails although it was claimed."""

    candidate: Candidate
    claim: Claimed
    notice: Notice
    wait: float = 0.0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate whose job is not ours. Its message is settled, and nothing else is done."""

    candidate: Candidate
    claim: Refused


Answer = Admitted | Rejected


class Admission:
    def __init__(
        self,
        database: Database,
        channels: Mapping[Channel, ChannelAdapter],
        *,
        owner: str,
        lease: float,
        max_lateness: float | None,
        told: Callable[[str], None],
        wording: MailWording | None = None,
    ) -> None:
        """`lease` and `max_lateness` (of reminders) in seconds. `told` is called with the client of each committed
        notification, and must neither wait nor raise. `wording`: our own texts by default."""
        self._database = database
        self._channels = channels
        self._owner = owner
        self._lease = lease
        self._max_lateness = max_lateness
        self._told = told
        self._wording = wording or MailWording(builtin())

    async def admit(
        self, candidates: Sequence[Candidate], *, alone: bool = False
    ) -> tuple[list[Answer], list[Candidate]]:
        """Claims a batch. Returns one answer for each candidate; candidates that must be admitted `alone` are in the
        second list instead.

        Raises DatabaseUnavailable. Then nobody may know whether the claim was committed; the lease decides.
        """
        notices = await notice.load(self._database, [c.ticket.job_id for c in candidates])
        suspects = [] if alone else [c for c in candidates if _has_lost_a_worker(c, notices)]
        candidates = [c for c in candidates if c not in suspects]
        known = [_of_its_channel(c, notices[c.ticket.job_id]) for c in candidates if c.ticket.job_id in notices]
        answers = await self._claim(known, notices)
        answers += [_unknown(c) for c in candidates if c.ticket.job_id not in notices]
        for answer in answers:
            if answer.claim.told:
                self._told(notices[answer.claim.job_id].client_id)
            if isinstance(answer, Rejected):
                _record(answer)
        return answers, suspects

    async def _claim(self, known: Sequence[Candidate], notices: Mapping[UUID, Notice]) -> list[Answer]:
        """One answer for each candidate, by the rules of its channel."""
        answers: list[Answer] = []
        by_channel = sorted(known, key=_channel) if len(self._channels) > 1 else known
        for channel, candidates in groupby(by_channel, _channel):
            adapter = self._channels[channel]
            asked = [(c, _request(c, notices[c.ticket.job_id], adapter, self._wording)) for c in candidates]
            answers += await self._claim_through(adapter, asked, notices)
        return answers

    async def _claim_through(
        self, adapter: ChannelAdapter, asked: Sequence[tuple[Candidate, ClaimRequest]], notices: Mapping[UUID, Notice]
    ) -> list[Answer]:
        """One answer for each candidate. A request that the database refuses fails alone, not its whole batch."""
        answers: list[Answer] = []
        async with aclosing(in_halves(asked, partial(self._claimed, adapter))) as parts:
            async for part, claims in parts:
                if isinstance(claims, Exception):
                    candidate, request = part[0]
                    answers.append(
                        await self._without_words(adapter, candidate, request, notices[request.job_id], claims)
                    )
                else:
                    answers += (
                        _answer(adapter, candidate, claim, notices[request.job_id])
                        for (candidate, request), claim in zip(part, claims, strict=True)
                    )
        return answers

    async def _without_words(
        self, adapter: ChannelAdapter, candidate: Candidate, request: ClaimRequest, notice: Notice, error: Exception
    ) -> Answer:
        """Claims a refused request once more without the texts from outside, so that its row can say why it fails. A
        row that cannot be claimed at all is left to the sweep, and its message is recorded.

        Raises our bugs.
        """
        if not isinstance(error, ItemRefused):
            raise error
        item_refused("admission", error, job_id=str(request.job_id))
        bare = replace(request, title=None, body=None, recipient=None)
        try:
            [claim] = await self._claimed(adapter, [(candidate, bare)])
        except ItemRefused:
            return _unknown(candidate)
        answer = _answer(adapter, candidate, claim, notice)
        fault = f"its notification was refused: {error}"
        return replace(answer, fault=fault) if isinstance(answer, Admitted) else answer

    async def _claimed(self, adapter: ChannelAdapter, asked: Sequence[tuple[Candidate, ClaimRequest]]) -> list[Claim]:
        return await job_store.claim(
            self._database,
            [request for _, request in asked],
            owner=self._owner,
            lease=self._lease,
            max_lateness=self._max_lateness,
            rules=adapter.rules,
        )


def _channel(candidate: Candidate) -> Channel:
    return candidate.ticket.channel


def _of_its_channel(candidate: Candidate, notice: Notice) -> Candidate:
    """Takes the channel from the row: a message that was published by hand may lack it."""
    if candidate.ticket.channel is notice.channel:
        return candidate
    return replace(candidate, ticket=replace(candidate.ticket, channel=notice.channel))


def _answer(adapter: ChannelAdapter, candidate: Candidate, claim: Claim, notice: Notice) -> Answer:
    if isinstance(claim, Refused):
        return Rejected(candidate, claim)
    return Admitted(candidate, claim, notice, adapter.wait(claim))


def _unknown(candidate: Candidate) -> Rejected:
    return Rejected(candidate, Refused(candidate.ticket.job_id, Verdict.UNKNOWN))


def _request(candidate: Candidate, notice: Notice, adapter: ChannelAdapter, wording: MailWording) -> ClaimRequest:
    """Words the in-app notification. A job that cannot be worded is claimed all the same; it then fails alone, with the
    error, when its mail is worded."""
    ticket = candidate.ticket
    recipient = adapter.recipient(notice)
    if notice.kind in DOCTOR_KINDS:  # no client is told of it
        return ClaimRequest(ticket.job_id, ticket.attempt, new_id(), None, None, recipient)
    try:
        title, body = wording.in_app(notice)
    except Exception as error:  # noqa: BLE001 - counted and logged
        internal_error("admission", error, job_id=str(ticket.job_id), kind=ticket.kind)
        return ClaimRequest(ticket.job_id, ticket.attempt, new_id(), None, None, recipient)
    return ClaimRequest(ticket.job_id, ticket.attempt, new_id(), title, body, recipient)


def _has_lost_a_worker(candidate: Candidate, notices: dict[UUID, Notice]) -> bool:
    found = notices.get(candidate.ticket.job_id)
    return found is not None and found.lost > 0


def _record(answer: Rejected) -> None:
    verdict, ticket = answer.claim.verdict, answer.candidate.ticket
    metrics.DUPLICATES.labels(verdict).inc()
    if verdict in SKIPPED:
        FINISHED.labels(ticket.kind, State.SKIPPED, ticket.channel).inc()
    elif verdict is Verdict.SUPERSEDED:
        FINISHED.labels(ticket.kind, State.CANCELLED, ticket.channel).inc()
    log.info(
        "message changed nothing",
        verdict=verdict,
        job_id=str(ticket.job_id),
        appointment_id=str(ticket.appointment_id),
        attempt=ticket.attempt,
        redelivered=answer.candidate.delivery.redelivered,
    )
