"""The way back: a planned reminder is told here, or stands in the file, and never both."""

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Ticket
from tests.support.factories import a_claim_request, a_job
from tests.support.imports import a_file, a_row, run
from tests.support.rows import a_client, a_doctor


@pytest.fixture(autouse=True)
async def the_doctor(database: Database) -> None:
    await a_doctor(database)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def cancelled(database: Database) -> set[str]:
    rows = await database.fetch("SELECT id FROM jobs WHERE state = 'cancelled'")
    return {str(row[0]) for row in rows}


async def test_reminders_are_cancelled_here_and_listed_with_their_foreign_ids(
    database: Database, tmp_path: Path
) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1, clientName='Alex; "A"'), a_row(2)]))
    back = tmp_path / "back.csv"
    assert await run(database, "hand-back", back, "--dry-run") == (
        0,
        ["2 reminders would be handed back", "0 are being told, and would stay", "nothing was changed"],
    )
    assert not back.exists()
    status, lines = await run(database, "hand-back", back)
    assert (status, lines) == (
        0,
        ["2 reminders cancelled here", f"2 reminders in {back}, those of earlier runs included"],
    )
    found = rows_of(back)
    assert {row["jobId"] for row in found} == await cancelled(database)
    assert [(row["id"], row["imported"], row["clientName"], row["minutes"]) for row in found] == [
        ("A-1", "yes", 'Alex; "A"', "30"),
        ("A-2", "yes", "", "30"),
    ]
    assert all(int(row["dueAtUnix"]) == datetime.fromisoformat(row["dueAt"]).timestamp() for row in found)
    assert back.stat().st_mode & 0o777 == 0o600


async def test_a_run_that_ended_between_commit_and_file_loses_nothing(database: Database, tmp_path: Path) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1), a_row(2)]))
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    await run(database, "hand-back", first)
    _, lines = await run(database, "hand-back", second)
    assert lines[0] == "0 reminders cancelled here"
    assert rows_of(first) == rows_of(second)


async def test_what_is_being_told_stays_and_what_is_not_wanted_is_not_listed(
    database: Database, tmp_path: Path
) -> None:
    hour = timedelta(hours=1)
    booked_here = await a_job(database, Kind.REMINDER, due_in=hour)
    await a_job(database, Kind.REMINDER, due_in=hour, state="retrying")
    await a_job(database)  # a confirmation
    await a_client(database, "quiet")
    await database.execute("UPDATE clients SET email_reminders = false WHERE id = 'quiet'")
    quiet = await a_job(database, Kind.REMINDER, due_in=hour)
    await database.execute(
        "UPDATE appointments SET client_id = 'quiet' WHERE id = (SELECT appointment_id FROM jobs WHERE id = $1)",
        quiet.job_id,
    )
    back = tmp_path / "back.csv"
    _, lines = await run(database, "hand-back", back)
    assert lines == [
        "2 reminders cancelled here",
        f"1 reminders in {back}, those of earlier runs included",
        "1 are not in the file: their clients want no reminders",
        "1 are being told here, and stay",
    ]
    assert [(row["jobId"], row["id"], row["imported"]) for row in rows_of(back)] == [
        (str(booked_here.job_id), str(booked_here.appointment_id), "no")
    ]


async def test_an_appointment_that_was_cancelled_since_is_not_listed(database: Database, tmp_path: Path) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1), a_row(2)]))
    back = tmp_path / "back.csv"
    await run(database, "hand-back", back)
    await database.execute("UPDATE appointments SET status = 'cancelled' WHERE client_id = 'client-1'")
    await run(database, "hand-back", back)
    assert [row["id"] for row in rows_of(back)] == ["A-2"]


@pytest.mark.parametrize(
    "change",
    [
        "local_time = '15:15', starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'",
        "revision = revision + 1",  # as an offer of other times does
    ],
)
async def test_a_reminder_of_a_time_that_was_changed_since_is_not_listed(
    database: Database, tmp_path: Path, change: str
) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1), a_row(2)]))
    back = tmp_path / "back.csv"
    await run(database, "hand-back", back)
    await database.execute(f"UPDATE appointments SET {change} WHERE client_id = 'client-1'")  # noqa: S608 - of this test
    await run(database, "hand-back", back)
    assert [row["id"] for row in rows_of(back)] == ["A-2"]


async def test_a_claim_at_the_same_moment_either_has_the_reminder_or_finds_it_cancelled(
    database: Database, tmp_path: Path
) -> None:
    tickets = [await a_job(database, Kind.REMINDER, due_in=timedelta(milliseconds=500)) for _ in range(40)]

    async def claim(ticket: Ticket) -> str:
        [answer] = await job_store.claim(database, [a_claim_request(ticket)], owner="w", lease=30)
        return answer.verdict

    back = tmp_path / "back.csv"
    verdicts, _ = await asyncio.gather(
        asyncio.gather(*map(claim, tickets)),
        run(database, "hand-back", back, "--from", (datetime.now(UTC) - timedelta(hours=1)).isoformat()),
    )
    claimed = {str(ticket.job_id) for ticket, said in zip(tickets, verdicts, strict=True) if said == "claimed"}
    assert claimed | await cancelled(database) == {str(ticket.job_id) for ticket in tickets}
    assert not claimed & await cancelled(database)
