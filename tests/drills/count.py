"""Counts both sides after a drill: what was answered and stored, against what was sent and shown."""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.local.mailbox.server import Mailbox
from shared.database import Database
from shared.jobs import Row
from tests.drills.load import Answers

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
_JOBS: Final = """
SELECT j.id::text, j.appointment_id::text, j.state, coalesce(j.error, '') AS error, n.id IS NOT NULL AS told,
       coalesce(a.successes, 0) AS successes, coalesce(a.workers_lost, 0) AS workers_lost,
       coalesce(a.answers_lost, 0) AS answers_lost, coalesce(a.poisonous, 0) AS poisonous
  FROM jobs j
  LEFT JOIN in_app_notifications n ON n.job_id = j.id
  LEFT JOIN (
      SELECT job_id,
             count(*) FILTER (WHERE outcome = 'succeeded') AS successes,
             count(*) FILTER (WHERE outcome = 'lost') AS workers_lost,
             count(*) FILTER (WHERE reply_code IS NULL AND error LIKE '% at end of data') AS answers_lost,
             count(*) FILTER (WHERE error LIKE '%delivered too often%') AS poisonous
        FROM job_attempts
       GROUP BY job_id
  ) a ON a.job_id = j.id
"""


@dataclass(frozen=True, slots=True)
class Count:
    """`lost`: what was promised and did not happen. Mails beyond the first of a job, each within its window of
    docs/guarantees.md: `worker_lost` (it vanished, or outlived its lease, before its outcome was committed) and
    `answer_lost` (the connection ended between the message and its 250). `unexplained`: repeated outside of them."""

    booked: int
    failed: int
    lost: tuple[str, ...]
    worker_lost: int
    answer_lost: int
    unexplained: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.lost and not self.unexplained


async def count(database: Database, mailbox: Mailbox, answers: Answers, *, may_fail: str | None = None) -> Count:
    """The state of a world that has come to rest. Jobs may have failed where their error contains `may_fail`."""
    mails: Counter[str] = Counter()
    for message in mailbox.messages.newest_first():
        found = _MESSAGE_ID.search(message.raw)
        mails[found[1].decode() if found else "?"] += 1
    rows = await database.fetch(_JOBS)
    jobs = {row["id"]: row for row in rows}
    lost = [f"job {each} of an answered booking is not stored" for each in _missing(answers, jobs)]
    lost += [f"appointment {each} has not both of its jobs" for each in _half(rows)]
    unexplained = [f"a mail of no job: {each}" for each in mails.keys() - jobs.keys()]
    worker_lost = answer_lost = 0
    for job_id, row in jobs.items():
        lost += (f"job {job_id} {fault}" for fault in _not_done(row, mails[job_id], may_fail))
        unexplained += (f"job {job_id} {fault}" for fault in _done_twice(row, mails[job_id], may_fail))
        extra = mails[job_id] - row["successes"]
        if extra > 0:
            answer_lost += min(extra, row["answers_lost"])
            worker_lost += max(extra - row["answers_lost"], 0)
    letters = await database.fetch("SELECT reason, detail FROM dead_letters")
    unexplained += [f"dead letter: {row['reason']} {row['detail']}" for row in letters]
    failed = sum(row["state"] == "failed" for row in rows)
    return Count(len(answers.booked), failed, tuple(lost), worker_lost, answer_lost, tuple(unexplained))


def _not_done(row: Row, mails: int, may_fail: str | None) -> Iterator[str]:
    if row["state"] == "failed" and may_fail is not None and may_fail in row["error"]:
        return
    if row["state"] not in ("succeeded", "skipped"):
        yield f"ended as {row['state']}: {row['error']}"
    if row["state"] == "succeeded" and not mails:
        yield "succeeded without a mail"
    if row["state"] == "succeeded" and not row["told"]:
        yield "has no in-app notification"


def _done_twice(row: Row, mails: int, may_fail: str | None) -> Iterator[str]:
    """A mail more than successes is right only for an attempt whose end nobody knows."""
    if row["successes"] > 1:
        yield f"succeeded {row['successes']} times"
    uncertain = row["workers_lost"] + row["answers_lost"]
    if mails > row["successes"] + uncertain:
        yield f"was sent {mails} times, with {uncertain} attempts whose end nobody knows"
    if row["poisonous"] and may_fail is None:
        yield "reached the delivery limit"


def _missing(answers: Answers, jobs: Container[str]) -> list[str]:
    return [job for each in answers.booked.values() for job in each if job not in jobs]


def _half(rows: Sequence[Row]) -> list[str]:
    per_appointment = Counter(row["appointment_id"] for row in rows)
    return [appointment for appointment, jobs in per_appointment.items() if jobs != 2]
