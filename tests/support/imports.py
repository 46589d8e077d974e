"""Writes files for `api-service import`, and runs the commands on a test's database."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from api_service import cli
from api_service.importing import command
from shared.database import Database
from shared.people import zones

ZONE: Final = "Europe/Berlin"
HOUR: Final = 3600.0


def a_row(number: int = 1, *, starts_at: datetime | None = None, **values: str) -> dict[str, str]:
    """Appointment `number` of a client of its own with doctor "1", a slot of half an hour each; `values` replace."""
    moment = starts_at or datetime(2099, 1, 5, 8, tzinfo=UTC) + number * timedelta(minutes=30)
    local = moment.astimezone(zones.zone(ZONE))
    row = {
        "id": f"A-{number}",
        "doctorId": "1",
        "appointmentDate": local.date().isoformat(),
        "appointmentTime": local.time().isoformat("seconds"),
        "clientId": f"client-{number}",
        "clientEmail": f"client-{number}@patients.example",
    }
    return row | values


def a_file(folder: Path, rows: Sequence[Mapping[str, str]], name: str = "appointments.csv") -> Path:
    """A CSV file with the columns that any of the rows has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


async def run(database: Database, *arguments: object, offsets: Sequence[float] = (HOUR,)) -> tuple[int, list[str]]:
    """Runs a command in this process: its exit status, and the lines of its report."""
    options = cli.parser().parse_args([str(each) for each in arguments])
    if options.command == "import":
        return await command.bring(database, options, offsets)
    return await command.give_back(database, options)
