"""Whatever both systems plan, each reminder is reported once for each teller, and nothing is left out."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from api_service.doctors.model import Doctor
from api_service.importing.comparing import Teller, compare
from api_service.importing.hangfire import HangfireJob
from api_service.importing.model import CheckedRow, ImportedRow
from api_service.importing.run import Plan
from api_service.importing.store import ImportedJob
from shared.jobs.model import Kind
from tests.support.imports import a_row

NOW: Final = datetime(2027, 1, 5, 9, tzinfo=UTC)
DOCTOR: Final = Doctor("1", "Ada", "", "Europe/Berlin", "", 30, None, (), 1)
HOUR: Final = timedelta(hours=1)


def a_wanted(number: int, starts_at: datetime) -> CheckedRow:
    row = ImportedRow.model_validate(a_row(number, starts_at=starts_at))
    return CheckedRow(number + 2, row.id, row, DOCTOR, starts_at, starts_at + HOUR / 2)


def a_job(number: int, appointment: int, due_at: datetime | None) -> HangfireJob:
    return HangfireJob(number, str(number), Kind.REMINDER, f"A-{appointment}", due_at)


HOURS = st.integers(-3, 30)
ROWS = st.lists(HOURS, max_size=6)
JOBS = st.lists(st.tuples(st.integers(0, 7), HOURS), max_size=12)
OFFSETS = st.sets(st.integers(1, 24), min_size=1, max_size=3)


@given(ROWS, JOBS, OFFSETS, st.none() | HOURS, st.sets(st.integers(0, 5)))
def test_each_reminder_is_told_by_whom_the_plans_say(
    rows: list[int], jobs: list[tuple[int, int]], offsets: set[int], begins: int | None, here: set[int]
) -> None:
    """`here`: rows that were imported before, each with every reminder that is ahead as a job."""
    plan = Plan("hangfire", [each * 3600.0 for each in offsets], None if begins is None else NOW + begins * HOUR)
    wanted = [a_wanted(number, NOW + (hours + 4) * HOUR) for number, hours in enumerate(rows)]
    fresh = [each for number, each in enumerate(wanted) if number not in here]
    known = [each for number, each in enumerate(wanted) if number in here]
    kept = [
        ImportedJob(each.digest, "booked", each.starts_at, Kind.REMINDER, each.starts_at - offset * HOUR, "scheduled")
        for each in known
        for offset in offsets
        if each.starts_at - offset * HOUR > NOW
    ]
    pending = [a_job(number, row, NOW + hours * HOUR) for number, (row, hours) in enumerate(jobs)]

    found = compare(fresh, known, kept, pending, plan, NOW)

    said = Counter((each.appointment, each.due_at, each.by) for each in found.told)
    theirs = Counter((job.appointment, job.due_at) for job in pending)
    for each in wanted:
        for offset in offsets:
            due = each.starts_at - offset * HOUR
            if due <= NOW:
                continue
            ours = each in known or plan.begins is None or due >= plan.begins
            by = Teller.BOTH if ours else Teller.HANGFIRE
            alone = Teller.PUNCTUAL if ours else Teller.NEITHER
            number = theirs[each.id, due]
            lines = {teller: said[each.id, due, teller] for teller in Teller if said[each.id, due, teller]}
            assert lines == ({by: number} if number else {alone: 1})
    about = {each.id for each in wanted}
    assert {job.job_id for job in found.unknown} == {job.job_id for job in pending if job.appointment not in about}
    named = Counter(each.hangfire_job for each in found.told if each.hangfire_job)
    assert named == Counter(job.job_id for job in pending if job.appointment in about)
