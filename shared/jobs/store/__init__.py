"""Moves jobs between states in PostgreSQL: one file for each transition, each one statement over arrays with its guard
(../sql)."""

from shared.jobs.store.cancelling import cancel, cancel_of_appointment, discard
from shared.jobs.store.claiming import (
    NO_RULES,
    SKIPPED,
    Claim,
    Claimed,
    ClaimRequest,
    Refused,
    Rules,
    Verdict,
    claim,
    claim_statement,
)
from shared.jobs.store.creating import HEAD_START, NewJob, create, jobs_of_event
from shared.jobs.store.finishing import Finish, Finished, Outcome, finish
from shared.jobs.store.leases import mark_sending, recover_crashed, recover_expired_leases, renew
from shared.jobs.store.parking import ParkedStanding, parked_standing, release_parked, take_parked
from shared.jobs.store.pruning import Pruned, prune
from shared.jobs.store.publishing import mark_enqueued, seconds_until_due, take_ahead, take_due
from shared.jobs.store.recovering import (
    held_by_broker,
    missing,
    note_progress,
    reconcile,
    settle_told,
    take_back_held,
    take_lost,
    unfinished,
)
from shared.jobs.store.requeueing import requeue
from shared.jobs.store.resending import hold_for_resend, resend
from shared.jobs.store.work_queues import forget_work_queue, known_work_queues, note_work_queues

__all__ = [
    "HEAD_START",
    "NO_RULES",
    "SKIPPED",
    "Claim",
    "ClaimRequest",
    "Claimed",
    "Finish",
    "Finished",
    "NewJob",
    "Outcome",
    "ParkedStanding",
    "Pruned",
    "Refused",
    "Rules",
    "Verdict",
    "cancel",
    "cancel_of_appointment",
    "claim",
    "claim_statement",
    "create",
    "discard",
    "finish",
    "forget_work_queue",
    "held_by_broker",
    "hold_for_resend",
    "jobs_of_event",
    "known_work_queues",
    "mark_enqueued",
    "mark_sending",
    "missing",
    "note_progress",
    "note_work_queues",
    "parked_standing",
    "prune",
    "reconcile",
    "recover_crashed",
    "recover_expired_leases",
    "release_parked",
    "renew",
    "requeue",
    "resend",
    "seconds_until_due",
    "settle_told",
    "take_ahead",
    "take_back_held",
    "take_due",
    "take_lost",
    "take_parked",
    "unfinished",
]
