"""A file is checked as a whole before anything is imported: each fault is named, and a fault stops all."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_service.importing.faults import UnreadableFile
from shared.database import Database
from tests.support.imports import a_file, a_row, run
from tests.support.plans import noted, read_by
from tests.support.rows import a_doctor


@pytest.fixture(autouse=True)
async def the_doctor(database: Database) -> None:
    await a_doctor(database)


async def imported(database: Database) -> int:
    [row] = await database.fetch("SELECT count(*) FROM appointments")
    return int(row["count"])


FAULTS: list[tuple[list[dict[str, str]], str]] = [
    ([a_row(doctorId="nobody")], "line 2: doctorId names no doctor"),
    ([a_row(id="")], "line 2: id Field required"),
    ([a_row(id="x" * 201)], "line 2: id String should have at most 200 characters"),
    ([a_row(id="a\0b")], "line 2: id must be printable text in one line"),
    ([a_row(reason="a\0b")], "line 2: reason must not contain characters that control how text is shown"),
    ([a_row(reason="x" * 1_000_000)], "line 2: reason Value should have at most 500 items after validation"),
    ([a_row(appointmentDate="05.01.2099")], "line 2: appointmentDate must be a date such as 2027-01-05"),
    ([a_row(appointmentDate="2099-02-30")], "line 2: appointmentDate 2099-02-30 is not in the calendar"),
    ([a_row(appointmentDate="2201-01-05")], "line 2: appointmentDate is after 2200"),
    ([a_row(appointmentTime="3 pm")], "line 2: appointmentTime must be a time such as 15:00 or 15:00:30"),
    (
        [a_row(appointmentDate="2030-03-31", appointmentTime="02:30")],
        "line 2: appointmentTime does not exist on that day: the clocks go forward over it",
    ),
    ([a_row(minutes="0")], "line 2: minutes Input should be greater than or equal to 1"),
    ([a_row(minutes="half")], "line 2: minutes must be a number of minutes"),
    ([a_row(confirmed="maybe")], "line 2: confirmed must be yes or no"),
    ([a_row(clientEmail="nobody")], "line 2: clientEmail is not an e-mail address: "),
    ([a_row(clientEmail="")], "line 2: clientEmail is missing, and no address of this client is known"),
    ([a_row(clientName="a\nb\0")], "line 2: clientName must be one line"),
    ([a_row(clientTimezone="Mars/Olympus")], "line 2: clientTimezone must be an IANA time zone"),
    ([a_row(clientLocale="!")], "line 2: clientLocale String should match pattern"),
    ([a_row(1), a_row(2, id="A-1")], "line 3: id is that of line 2, too"),
    (
        [a_row(1, id="0F8FAD5B-D9CB-469F-A165-70867728950E"), a_row(2, id="0f8fad5b-d9cb-469f-a165-70867728950e")],
        "line 3: id is that of line 2, too",
    ),
    (
        [a_row(1), a_row(1, id="A-2", clientId="client-2", clientEmail="client-2@patients.example")],
        "line 3: overlaps the appointment of line 2",
    ),
    ([a_row(1, minutes="31"), a_row(2)], "line 3: overlaps the appointment of line 2"),
    ([a_row(1), a_row(2, clientId="client-1")], "line 3: clientId is described in another way in line 2"),
]


@pytest.mark.parametrize(("rows", "fault"), FAULTS, ids=lambda value: value[:60] if isinstance(value, str) else "")
async def test_a_fault_is_named_with_its_line_and_nothing_is_imported(
    database: Database, tmp_path: Path, rows: list[dict[str, str]], fault: str
) -> None:
    good = [a_row(number) for number in range(10, 13)]
    status, lines = await run(database, "import", a_file(tmp_path, [*rows, *good]))
    assert status == os.EX_DATAERR
    assert any(line.strip().startswith(fault) for line in lines), lines
    assert lines[-1].startswith("nothing was imported")
    assert await imported(database) == 0

    status, lines = await run(database, "import", a_file(tmp_path, [*rows, *good]), "--skip-faulty")
    assert status == os.EX_DATAERR
    assert await imported(database) == len(good) + len(rows) - 1


async def test_a_time_that_somebody_has_is_a_fault(database: Database, tmp_path: Path) -> None:
    assert (await run(database, "import", a_file(tmp_path, [a_row(1)])))[0] == 0
    status, lines = await run(database, "import", a_file(tmp_path, [a_row(1, id="B-1"), a_row(2)]))
    assert status == os.EX_DATAERR
    assert "  line 2: appointmentTime is taken by another appointment" in lines
    assert await imported(database) == 1


async def test_a_file_that_was_imported_is_checked_by_one_look_into_the_index_for_each_row(
    database: Database, tmp_path: Path
) -> None:
    """A join of all rows with all appointments of a doctor took 38 s for 10,000 rows."""
    file = a_file(tmp_path, [a_row(number) for number in range(800)])
    await run(database, "import", file)
    with noted() as asked:
        await run(database, "import", file)
    [question] = [each for each in asked if "AS taken" in each.statement]
    assert (await read_by(database, question)).rows < 3 * 800


async def test_the_past_is_left_out_and_counted(database: Database, tmp_path: Path) -> None:
    past = a_row(1, starts_at=datetime.now(UTC) - timedelta(minutes=1))
    status, lines = await run(database, "import", a_file(tmp_path, [past, a_row(2)]))
    assert (status, lines[0]) == (0, "2 rows: 1 new, 0 imported before, 1 begun, 0 faults, 0 notices")


async def test_facts_that_a_booking_would_be_refused_for_are_imported_and_noticed(
    database: Database, tmp_path: Path
) -> None:
    await database.execute('UPDATE doctors SET hours = \'{"mon": [["09:00", "17:00"]]}\', days_off = \'{2099-01-08}\'')
    rows = [
        a_row(1, appointmentDate="2099-01-05", appointmentTime="20:00:00"),
        a_row(2, appointmentDate="2099-01-08", appointmentTime="10:00:00"),
        a_row(3, appointmentDate="2099-10-25", appointmentTime="02:30:00"),
    ]
    status, lines = await run(database, "import", a_file(tmp_path, rows))
    assert status == 0
    assert lines[2:6] == [
        "  line 2: appointmentTime is outside the doctor's hours",
        "  line 3: appointmentDate is a day off",
        "  line 4: appointmentTime occurs twice on that day: the earlier one counts",
        "  line 4: appointmentTime is outside the doctor's hours",
    ]
    assert await imported(database) == 3


async def test_a_file_that_is_not_there_is_one_line(database: Database, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, Path("a\0b")):
        with pytest.raises(UnreadableFile):
            await run(database, "import", path)


_HOSTILE: Final = st.text(max_size=30) | st.sampled_from(
    [
        "1",
        "NULL",
        "2099-01-05",
        "2099-03-29",
        "02:30",
        "24:00",
        "9" * 30,
        "0000-00-00",
        "9999-12-31",
        "\ufeff",
        "a@b.example",
    ]
)
_COLUMNS: Final = list(a_row(reason="", minutes="", confirmed="", clientName=""))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(_COLUMNS), _HOSTILE), min_size=1, max_size=5))
async def test_a_file_of_any_values_is_imported_or_has_faults_and_never_in_part(
    database: Database, tmp_path: Path, changes: list[dict[str, Any]]
) -> None:
    await database.execute("TRUNCATE appointments, clients CASCADE")
    rows = [
        a_row(number) | {name: text.encode("utf-8", "replace").decode() for name, text in each.items()}
        for number, each in enumerate(changes)
    ]
    status, lines = await run(database, "import", a_file(tmp_path, rows))
    new, faults = (int(re.findall(rf"(\d+) {word}", lines[0])[0]) for word in ("new", "faults"))
    assert await imported(database) == (new if status == 0 else 0)
    assert (status == 0) == (faults == 0)
