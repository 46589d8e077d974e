"""An import makes each appointment once, with its reminders and without a second confirmation."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import ANY

import pytest

from api_service.importing import model, store, table
from api_service.importing.checking import check
from api_service.importing.faults import FileFaults
from api_service.importing.run import BATCH, Import, Plan
from api_service.ops.core import erasing
from api_service.ops.core.actions import By
from shared.database import Database
from tests.support.imports import HOUR, a_file, a_row, run
from tests.support.rows import a_client, a_doctor


@pytest.fixture(autouse=True)
async def the_doctor(database: Database) -> None:
    await a_doctor(database)


async def jobs(database: Database) -> list[tuple[str, str, str, float]]:
    rows = await database.fetch(
        "SELECT i.foreign_id, j.kind, j.state, extract(epoch FROM a.starts_at - j.due_at)::float8 AS before FROM jobs j"
        " JOIN appointments a ON a.id = j.appointment_id JOIN imported_appointments i ON i.appointment_id = a.id"
        " ORDER BY i.foreign_id, j.due_at"
    )
    return [tuple(row) for row in rows]


async def test_reminders_are_planned_and_nobody_is_told_again_of_the_booking(
    database: Database, tmp_path: Path
) -> None:
    file = a_file(tmp_path, [a_row(1), a_row(2, confirmed="no")])
    status, lines = await run(database, "import", file, offsets=(24 * HOUR, HOUR))
    assert (status, lines) == (
        0,
        [
            "2 rows: 2 new, 0 imported before, 0 begun, 0 faults, 0 notices",
            "2 appointments imported, 0 were here already",
            "1 jobs planned: appointment_created_email",
            "4 jobs planned: appointment_reminder",
        ],
    )
    found = await jobs(database)
    assert [each for each in found if each[1] == "appointment_reminder"] == [
        ("A-1", "appointment_reminder", "scheduled", 24 * HOUR),
        ("A-1", "appointment_reminder", "scheduled", HOUR),
        ("A-2", "appointment_reminder", "scheduled", 24 * HOUR),
        ("A-2", "appointment_reminder", "scheduled", HOUR),
    ]
    assert [each[0] for each in found if each[1] != "appointment_reminder"] == ["A-2"]


async def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_row(number) for number in range(5)])
    await run(database, "import", file)
    before = await jobs(database)
    status, lines = await run(database, "import", file)
    assert (status, lines[-1]) == (0, "0 appointments imported, 5 were here already")
    assert await jobs(database) == before


async def test_reminders_before_the_instant_are_the_other_systems(database: Database, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    file = a_file(
        tmp_path, [a_row(1, starts_at=now + timedelta(hours=3)), a_row(2, starts_at=now + timedelta(hours=9))]
    )
    await run(database, "import", file, "--from", (now + timedelta(hours=4)).isoformat())
    assert [each[0] for each in await jobs(database)] == ["A-2"]
    rows = await database.fetch("SELECT foreign_id FROM imported_appointments ORDER BY 1")
    assert [row[0] for row in rows] == ["A-1", "A-2"]


async def test_a_reminder_whose_time_has_passed_is_not_told(database: Database, tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_row(1, starts_at=datetime.now(UTC) + timedelta(minutes=30))])
    await run(database, "import", file)
    assert [each[2] for each in await jobs(database)] == ["skipped"]


async def test_a_known_client_keeps_their_data_and_gets_what_is_missing(database: Database, tmp_path: Path) -> None:
    await a_client(database, "client-1", "by-token@patients.example")
    await run(
        database, "import", a_file(tmp_path, [a_row(1, clientName="Alex", clientPhone="+49 30 1", clientLocale="de")])
    )
    [row] = await database.fetch("SELECT email, name, phone, locale FROM clients")
    assert tuple(row) == ("by-token@patients.example", "Alex", "+49 30 1", "en")


async def test_a_row_with_other_facts_than_before_is_noticed_and_left_alone(database: Database, tmp_path: Path) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1)]))
    status, lines = await run(database, "import", a_file(tmp_path, [a_row(1, appointmentTime="18:00:00")]))
    assert status == 0
    assert "  line 2: id was imported with another doctor or time, and is left as it was then" in lines
    [row] = await database.fetch("SELECT local_time FROM appointments")
    assert row["local_time"].isoformat() != "18:00:00"


async def test_two_imports_at_once_make_each_appointment_once(database: Database, tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_row(number) for number in range(2 * BATCH + 7)])
    ended = await asyncio.gather(*(run(database, "import", file) for _ in range(3)))
    assert [status for status, _ in ended] == [0, 0, 0]
    assert len(await jobs(database)) == 2 * BATCH + 7


@pytest.mark.parametrize("question", ["occupied", "known", "addressed"])
async def test_another_import_between_two_questions_of_the_check_is_no_fault(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    file = a_file(tmp_path, [a_row(number) for number in range(5)])
    ask = getattr(store, question)

    async def asked_before_another_import(*about: object, **more: object) -> object:
        monkeypatch.setattr(store, question, ask)
        answer = await ask(*about, **more)
        assert (await run(database, "import", file))[0] == 0
        return answer

    monkeypatch.setattr(store, question, asked_before_another_import)
    assert await run(database, "import", file) == (0, ANY)
    assert len(await jobs(database)) == 5


async def test_a_time_that_is_booked_after_the_check_is_named_and_its_neighbours_are_imported(
    database: Database, tmp_path: Path
) -> None:
    data = a_file(tmp_path, [a_row(1), a_row(2), a_row(3)]).read_bytes()
    faults = FileFaults()
    rows = model.parsed(table.read(data, model.COLUMNS, faults), faults)
    checked = await check(database, rows, faults, source="hangfire")
    await run(database, "import", a_file(tmp_path, [a_row(2, id="B-2")]))

    result = await Import(database, Plan("hangfire", (HOUR,))).run(checked.wanted)

    assert (result.appointments, list(result.refused.lines())) == (2, ["line 3: its time was booked since the check"])
    again = await Import(database, Plan("hangfire", (HOUR,))).run(checked.wanted)
    assert (again.appointments, again.already) == (0, 2)


async def test_a_row_that_the_database_refuses_fails_alone(database: Database, tmp_path: Path) -> None:
    await database.execute("ALTER TABLE appointments ADD CONSTRAINT house_rule CHECK (client_id <> 'client-2')")
    status, lines = await run(database, "import", a_file(tmp_path, [a_row(number) for number in range(1, 6)]))
    assert status == os.EX_DATAERR
    assert len(await jobs(database)) == 4
    assert lines[-1].startswith("  line 3: the database refuses it: CheckViolationError")


async def test_a_doctor_whose_zone_changes_after_the_check_gets_no_appointment_at_the_old_instant(
    database: Database, tmp_path: Path
) -> None:
    data = a_file(tmp_path, [a_row(1)]).read_bytes()
    faults = FileFaults()
    checked = await check(database, model.parsed(table.read(data, model.COLUMNS, faults), faults), faults, source="h")
    await database.execute("UPDATE doctors SET timezone = 'Asia/Tokyo', version = version + 1")
    result = await Import(database, Plan("h", (HOUR,))).run(checked.wanted)
    assert list(result.refused.lines()) == ["line 2: its doctor was changed since the check"]
    await database.execute("UPDATE doctors SET timezone = 'Europe/Berlin', version = version + 1")
    assert (await Import(database, Plan("h", (HOUR,))).run(checked.wanted)).appointments == 1


async def test_the_history_of_an_appointment_begins_with_the_import(database: Database, tmp_path: Path) -> None:
    await run(database, "import", a_file(tmp_path, [a_row(1)]))
    [act] = await database.fetch("SELECT act, via, actor FROM appointment_acts")
    assert tuple(act) == ("booked", "staff", "import:hangfire")


async def test_a_file_brings_no_erased_person_back(database: Database, tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_row(1), a_row(2)])
    await run(database, "import", file)
    assert await erasing.erase(database, "client-1", By("o")) is not None

    returning = a_row(3, clientId="client-1", clientEmail="client-1@patients.example")
    again = a_file(tmp_path, [a_row(1), a_row(2), returning, a_row(4)])
    status, lines = await run(database, "import", again)

    assert (status, "1 appointments imported, 2 were here already" in lines) == (65, True), lines
    assert any("its client was erased" in line for line in lines)
    assert not await database.fetch("SELECT FROM clients WHERE id = 'client-1'")
