"""Counts both sides after a drill: what was answered and stored, against what was sent and shown."""

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.local.mailbox.server import Mailbox
from shared.database import Database
from shared.jobs import Row
from tests.drills.load import Answers

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Count:
    """`lost`: what was promised and did not happen. `repeated`: mails beyond the first of a job whose attempt ended
    without an answer (the window that docs/guarantees.md names); `unexplained`: repeated outside of it."""

    booked: int
    lost: tuple[str, ...]
    repeated: int
    unexplained: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.lost and not self.unexplained


async def count(database: Database, mailbox: Mailbox, answers: Answers) -> Count:
    """The state of a world that has come to rest."""
    mails: Counter[str] = Counter()
    for message in mailbox.messages.newest_first():
        found = _MESSAGE_ID.search(message.raw)
        mails[found[1].decode() if found else "?"] += 1
    rows = await database.fetch(
        "SELECT j.id::text, j.appointment_id::text, j.state, n.id IS NOT NULL AS told,"
        " (SELECT count(*) FROM job_attempts a WHERE a.job_id = j.id AND a.outcome = 'succeeded') AS successes,"
        " EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.id AND a.reply_code IS NULL"
        "         AND a.outcome IN ('lost', 'retrying', 'parked')) AS uncertain"
        " FROM jobs j LEFT JOIN in_app_notifications n ON n.job_id = j.id"
    )
    jobs = {row["id"]: row for row in rows}
    lost = [f"job {each} of an answered booking is not stored" for each in _missing(answers, jobs)]
    lost += [f"appointment {each} has not both of its jobs" for each in _half(rows)]
    unexplained, repeated = [], 0
    for job_id, row in jobs.items():
        if row["state"] not in ("succeeded", "skipped"):
            lost.append(f"job {job_id} ended as {row['state']}")
        elif row["state"] == "succeeded" and not mails[job_id]:
            lost.append(f"job {job_id} succeeded without a mail")
        if row["state"] == "succeeded" and not row["told"]:
            lost.append(f"job {job_id} has no in-app notification")
        if row["successes"] > 1:
            unexplained.append(f"job {job_id} succeeded {row['successes']} times")
        if mails[job_id] > 1:
            if row["uncertain"]:
                repeated += mails[job_id] - 1
            else:
                unexplained.append(f"job {job_id} was sent {mails[job_id]} times")
    unexplained += [f"a mail of no job: {each}" for each in mails.keys() - jobs.keys()]
    letters = await database.fetch("SELECT reason, detail FROM dead_letters")
    unexplained += [f"dead letter: {row['reason']} {row['detail']}" for row in letters]
    return Count(len(answers.booked), tuple(lost), repeated, tuple(unexplained))


def _missing(answers: Answers, jobs: Container[str]) -> list[str]:
    return [job for each in answers.booked.values() for job in each if job not in jobs]


def _half(rows: Sequence[Row]) -> list[str]:
    per_appointment = Counter(row["appointment_id"] for row in rows)
    return [appointment for appointment, jobs in per_appointment.items() if jobs != 2]
