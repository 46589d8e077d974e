"""Counts both sides after a drill: what was answered and stored, against what was sent and shown."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.store import Message
from shared.database import Database
from shared.database.rows import Row
from shared.jobs.model import MAX_LOST
from tests.drills.complaints import Complaint, Kind
from tests.drills.load import Answers
from tests.drills.queries import APPOINTMENTS, JOBS, LETTERS

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
_AHEAD: Final = timedelta(seconds=1)
"""A claim may be this much before the due time (docs/state_machine.md)."""
_PAST: Final = "its time had passed when it was booked"
TOLD_BEFORE: Final = "told before the database was restored"
_WORKER_LOST: Final = "worker lost"
_ENDED: Final = ("succeeded", "failed", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Count:
    """Mails beyond the first of a job, each within its window of docs/guarantees.md: `worker_lost` (it vanished, or
    outlived its lease, before its outcome was committed) and `answer_lost` (the connection ended between the message
    and its 250). `late`: how late each reminder came, in seconds, sorted. `complaints`: whatever no window explains."""

    booked: int
    failed: int
    worker_lost: int
    answer_lost: int
    late: tuple[float, ...]
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What else than a told job is right in one drill. `may_fail`: jobs may have failed where their error contains it.
    `may_die`: what the dead-letter recorder may have kept, by a part of its reason or detail. `late`: how late, in
    seconds, a reminder may have come. `kills_workers`: a job that has lost three of them may have failed."""

    may_fail: str | None = None
    may_die: str | None = None
    late: float = float("inf")
    kills_workers: bool = False


async def count(database: Database, mailbox: Mailbox, answers: Answers, expected: Expected) -> Count:
    """The state of a world that has come to rest."""
    mails = _mails(mailbox)
    rows = await database.fetch(JOBS)
    jobs = {row["id"]: row for row in rows}
    complaints = [*_answered(answers, jobs)]
    complaints += [each for row in await database.fetch(APPOINTMENTS) for each in halves(dict(row))]
    complaints += [Complaint(Kind.STRAY, f"a mail of no job: {each}") for each in mails.keys() - jobs.keys()]
    worker_lost = answer_lost = 0
    late = []
    for job_id, row in jobs.items():
        came = mails.get(job_id, [])
        complaints += judged(dict(row), came, answers, expected)
        extra = len(came) - row["successes"]
        answer_lost += max(min(extra, row["answers_lost"]), 0)
        worker_lost += max(extra - row["answers_lost"], 0)
        if row["reminds_at"] is not None and came:
            late.append((came[0] - row["reminds_at"]).total_seconds())
    complaints += _letters(await database.fetch(LETTERS), expected)
    failed = sum(row["state"] == "failed" for row in rows)
    return Count(len(answers.booked), failed, worker_lost, answer_lost, tuple(sorted(late)), tuple(complaints))


def _mails(mailbox: Mailbox) -> Mapping[str, list[datetime]]:
    """When the mails of each job were accepted, the first one first."""
    came: dict[str, list[datetime]] = defaultdict(list)
    for message in reversed([*mailbox.messages.newest_first()]):
        came[message_id(message)].append(message.received_at)
    return dict(came)


def message_id(message: Message) -> str:
    """The job of a mail, as its Message-ID says; "?" without one."""
    found = _MESSAGE_ID.search(message.raw)
    return found[1].decode() if found else "?"


def _answered(answers: Answers, jobs: Container[str]) -> Iterator[Complaint]:
    """What clients were answered: nothing but 200 and 503, and what was answered 200 is stored."""
    for what, times in answers.wrong.items():
        yield Complaint(Kind.ANSWER, f"{times} requests were answered {what}")
    for each in answers.booked.values():
        yield from (
            Complaint(Kind.LOST, f"job {job} of an answered booking is not stored") for job in each if job not in jobs
        )


def halves(row: Mapping[str, Any]) -> Iterator[Complaint]:
    """An appointment with fewer jobs than its life calls for, or with more."""
    created, reminders, others = row["created"], row["reminders"], row["others"]
    if created != 1 or reminders < 1 or (not row["changed"] and (reminders, others) != (1, 0)):
        yield Complaint(
            Kind.LOST, f"appointment {row['id']} has {created} confirmations, {reminders} reminders, {others} others"
        )
    if row["status"] == "cancelled" and not row["cancellations"]:
        yield Complaint(Kind.LOST, f"appointment {row['id']} is cancelled, and nothing tells it")


def judged(
    row: Mapping[str, Any], came: Sequence[datetime], answers: Answers, expected: Expected
) -> Iterator[Complaint]:
    for kind, fault in (*_not_done(row, len(came), expected), *_too_much(row, came, answers, expected)):
        yield Complaint(kind, f"job {row['id']} ({row['kind']}) {fault}")


def _not_done(row: Mapping[str, Any], mails: int, expected: Expected) -> Iterator[tuple[Kind, str]]:
    state, error = row["state"], row["error"]
    if state not in _ENDED:
        yield Kind.STUCK, f"is still {state}: {error}"
    if state == "failed" and not _may_have_failed(row, expected):
        yield Kind.LOST, f"failed: {error}"
    if state == "skipped" and row["reason"] not in (_PAST, TOLD_BEFORE):
        yield Kind.LOST, f"was skipped: {row['reason']}"
    if state == "cancelled" and not row["changed"]:
        yield Kind.LOST, f"was cancelled, and its appointment stands: {row['reason']}"
    if state == "succeeded" and not mails:
        yield Kind.LOST, "succeeded without a mail"
    if state == "succeeded" and not row["told"]:
        yield Kind.LOST, "has no in-app notification"


def _may_have_failed(row: Mapping[str, Any], expected: Expected) -> bool:
    error = row["error"]
    if expected.may_fail is not None and expected.may_fail in error:
        return True
    return expected.kills_workers and error.startswith(_WORKER_LOST) and row["workers_lost"] >= MAX_LOST


def _too_much(
    row: Mapping[str, Any], came: Sequence[datetime], answers: Answers, expected: Expected
) -> Iterator[tuple[Kind, str]]:
    """A mail more than successes is right only for an attempt whose end nobody knows."""
    if row["successes"] > 1:
        yield Kind.TWICE, f"succeeded {row['successes']} times"
    uncertain = row["workers_lost"] + row["answers_lost"]
    if len(came) > row["successes"] + uncertain:
        yield Kind.TWICE, f"was sent {len(came)} times, with {uncertain} attempts whose end nobody knows"
    if row["poisonous"] and expected.may_fail is None:
        yield Kind.LOST, "reached the delivery limit"
    if row["reminds_at"] is not None and came and came[0] < row["reminds_at"] - _AHEAD:
        yield Kind.EARLY, f"came {row['reminds_at'] - came[0]} before its time"
    if row["reminds_at"] is not None and came and (came[0] - row["reminds_at"]).total_seconds() > expected.late:
        yield Kind.LATE, f"came {came[0] - row['reminds_at']} after its time"
    changed = answers.changed.get(row["appointment_id"])
    if changed and row["created_at"] < changed.began and row["last_began"] and row["last_began"] > changed.answered:
        yield Kind.STALE, f"was sent after the client had been told {changed.what}"


def _letters(rows: Sequence[Row], expected: Expected) -> Iterator[Complaint]:
    for row in rows:
        told = f"{row['reason']} {row['detail']}"
        if expected.may_die is None or expected.may_die not in told:
            yield Complaint(Kind.STRAY, f"{row['letters']} dead letters: {told}")
