"""A dry run says who would be told when, and by whom; nobody by both, nobody by neither."""

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from shared.database import Database
from tests.support.imports import HOUR, a_file, a_row, run
from tests.support.rows import a_doctor

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
CUT = SOON + timedelta(hours=1)
METHOD = ("--reminder-method", "Mails.Remind", "--confirmation-method", "Mails.Confirm")


@pytest.fixture(autouse=True)
async def the_doctor(database: Database) -> None:
    await a_doctor(database)


def appointments(tmp_path: Path) -> Path:
    """Four appointments; the first one's reminder is due before the cut."""
    return a_file(tmp_path, [a_row(n, starts_at=SOON + timedelta(hours=1 + 2 * n)) for n in range(4)])


def a_job(number: int, due_at: datetime | None, method: str = "Remind", **values: str) -> dict[str, str]:
    row = {
        "jobId": str(100 + number),
        "state": "Scheduled" if due_at else "Enqueued",
        "invocationData": orjson.dumps({"t": "Clinic.Mails, Clinic", "m": method, "p": ["System.String"]}).decode(),
        "arguments": orjson.dumps([f'"A-{number}"']).decode(),
        "score": str(int(due_at.timestamp())) if due_at else "NULL",
    }
    return row | values


def reminder(number: int) -> dict[str, str]:
    return a_job(number, SOON + timedelta(hours=2 * number))


def told(path: Path) -> list[tuple[str, str, str, str]]:
    with path.open(newline="") as file:
        return [
            (row["id"], row["kind"].removeprefix("appointment_"), row["by"], row["hangfireJobId"])
            for row in csv.DictReader(file)
        ]


async def compared(
    database: Database, tmp_path: Path, jobs: list[dict[str, str]], *more: str
) -> tuple[int, str, list[tuple[str, str, str, str]]]:
    report = tmp_path / "report.csv"
    listed = a_file(tmp_path, jobs, "jobs.csv")
    status, lines = await run(
        database,
        *("import", appointments(tmp_path), "--dry-run", "--hangfire", listed, *METHOD, "--report", report),
        *("--from", CUT.isoformat(), *more),
    )
    [counts] = [line for line in lines if line.startswith("to be told")]
    assert lines[-1] == "nothing was changed"
    return status, counts, told(report)


async def test_before_the_jobs_are_deleted_there_they_are_told_by_both(database: Database, tmp_path: Path) -> None:
    status, counts, report = await compared(database, tmp_path, [reminder(n) for n in range(4)])
    assert (status, counts) == (
        os.EX_DATAERR,
        "to be told: 0 by Punctual, 1 by Hangfire, 3 by both, 0 by neither",
    )
    assert report == [
        ("A-0", "reminder", "hangfire", "100"),
        ("A-1", "reminder", "both", "101"),
        ("A-2", "reminder", "both", "102"),
        ("A-3", "reminder", "both", "103"),
    ]


async def test_after_the_import_and_the_deletion_everybody_is_told_by_one(database: Database, tmp_path: Path) -> None:
    await run(database, "import", appointments(tmp_path), "--from", CUT.isoformat())
    status, counts, report = await compared(database, tmp_path, [reminder(0)])
    assert (status, counts) == (0, "to be told: 3 by Punctual, 1 by Hangfire, 0 by both, 0 by neither")
    assert [by for _, _, by, _ in report] == ["hangfire", "punctual", "punctual", "punctual"]


async def test_a_reminder_that_neither_has_is_found(database: Database, tmp_path: Path) -> None:
    status, counts, _ = await compared(database, tmp_path, [a_job(9, SOON)])
    assert (status, counts) == (os.EX_DATAERR, "to be told: 3 by Punctual, 0 by Hangfire, 0 by both, 1 by neither")
    await run(database, "import", appointments(tmp_path), "--from", CUT.isoformat())
    status, counts, report = await compared(database, tmp_path, [a_job(9, SOON)])
    assert (status, report[0]) == (os.EX_DATAERR, ("A-0", "reminder", "neither", ""))


async def test_a_job_of_an_appointment_that_was_cancelled_here_is_unexpected(
    database: Database, tmp_path: Path
) -> None:
    await run(database, "import", appointments(tmp_path))
    await database.execute("UPDATE appointments SET status = 'cancelled'")
    await database.execute("UPDATE jobs SET state = 'cancelled', finished_at = now()")
    listed = a_file(tmp_path, [reminder(1)], "jobs.csv")
    status, lines = await run(database, "import", appointments(tmp_path), "--dry-run", "--hangfire", listed, *METHOD)
    assert status == 0
    assert "1 of those by Hangfire are due when nobody expects them: moved or cancelled since?" in lines


async def test_a_confirmation_that_hangfire_still_has_is_not_told_here_unless_the_file_says_so(
    database: Database, tmp_path: Path
) -> None:
    rows = [a_row(1, confirmed="no"), a_row(2)]
    listed = a_file(
        tmp_path,
        [a_job(1, None, "Confirm"), a_job(2, None, "Confirm"), a_job(2, None, "Confirm", state="Failed")],
        "jobs.csv",
    )
    status, lines = await run(database, "import", a_file(tmp_path, rows), "--dry-run", "--hangfire", listed, *METHOD)
    assert status == os.EX_DATAERR
    assert "to be told: 2 by Punctual, 1 by Hangfire, 1 by both, 0 by neither" in lines
    assert "1 jobs of Hangfire have ended or failed, and will not run" in lines


async def test_a_job_that_cannot_be_read_is_named_and_jobs_of_others_are_counted(
    database: Database, tmp_path: Path
) -> None:
    jobs = [a_job(1, SOON, arguments="[]"), a_job(77, SOON), a_job(1, SOON, "Bill")]
    listed = a_file(tmp_path, jobs, "jobs.csv")
    status, lines = await run(
        database, "import", a_file(tmp_path, [a_row(1)]), "--dry-run", "--hangfire", listed, *METHOD
    )
    assert status == os.EX_DATAERR
    assert "  line 2: arguments has 0 arguments; the id should be number 0, from 0" in lines
    assert "1 jobs of Hangfire are about appointments that are not in the file" in lines
    assert "1 jobs of Hangfire are about something else: Clinic.Mails.Bill" in lines


async def test_the_comparison_agrees_with_what_is_then_planned(database: Database, tmp_path: Path) -> None:
    """Whoever "by Punctual" is said of has a job after the import, and nobody else."""
    file = appointments(tmp_path)
    _, _, report = await compared(database, tmp_path, [reminder(0)])
    await run(database, "import", file, "--from", CUT.isoformat(), offsets=(HOUR,))
    rows = await database.fetch(
        "SELECT i.foreign_id FROM jobs j JOIN imported_appointments i USING (appointment_id) ORDER BY 1"
    )
    assert [row[0] for row in rows] == [each[0] for each in report if each[2] == "punctual"]
