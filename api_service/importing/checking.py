"""Checks a whole file before anything is imported: its values, its appointments among each other, and against the
database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from api_service.doctors import slot_rules
from api_service.doctors import store as doctors
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import LATEST_YEAR, NotBookable
from api_service.importing import model, store
from api_service.importing.faults import FileFaults
from api_service.importing.model import CheckedRow, ImportedRow
from shared.database import Executor
from shared.people.zones import UnknownZone


@dataclass(slots=True)
class Checked:
    """The appointments that can be imported, those that are here already, and the counts of the others.

    `notices`: rows that are imported, and that a person may want to look at. `begun`: rows of the past, left out.
    """

    wanted: list[CheckedRow] = field(default_factory=list)
    known: list[CheckedRow] = field(default_factory=list)
    faults: FileFaults = field(default_factory=FileFaults)
    notices: FileFaults = field(default_factory=FileFaults)
    begun: int = 0


async def check(
    executor: Executor,
    rows: Sequence[tuple[int, ImportedRow]],
    faults: FileFaults,
    *,
    source: str,
    now: datetime | None = None,
) -> Checked:
    """Adds every fault that can be seen before a commit. What somebody books meanwhile is seen by the commit."""
    checked, now = Checked(faults=faults), now or datetime.now(UTC)
    known = await doctors.named(executor, {row.doctor_id for _, row in rows})
    placed = [
        wanted for line, row in _once(rows, faults) if (wanted := _placed(line, row, known, now, checked)) is not None
    ]
    placed = _apart(_told_alike(placed, faults), faults)
    # read before the imported ones: another import that commits in between makes its own rows known, and not taken
    occupied = await store.occupied(executor, placed)
    await _against_imported(executor, placed, source, checked)
    await _against_database(executor, checked, occupied)
    return checked


def _once(rows: Sequence[tuple[int, ImportedRow]], faults: FileFaults) -> list[tuple[int, ImportedRow]]:
    """The rows whose id no earlier row has."""
    first: dict[str, int] = {}
    for line, row in rows:
        before = first.setdefault(model.foreign_id(row.id), line)
        if before != line:
            faults.add(line, "id", f"is that of line {before}, too")
    return [(line, row) for line, row in rows if first[model.foreign_id(row.id)] == line]


def _placed(
    line: int, row: ImportedRow, known: Mapping[str, Doctor], now: datetime, checked: Checked
) -> CheckedRow | None:
    """The row with its instants; None when it is at fault, or in the past."""
    doctor = known.get(row.doctor_id)
    if doctor is None:
        checked.faults.add(line, "doctorId", "names no doctor")
        return None
    if row.appointment_date.year > LATEST_YEAR:
        checked.faults.add(line, "appointmentDate", f"is after {LATEST_YEAR}")
        return None
    try:
        starts_at = slot_rules.instant(row.appointment_date, row.appointment_time, doctor.zone)
    except NotBookable as error:
        checked.faults.add(line, error.field, error.message)
        return None
    except UnknownZone as error:
        checked.faults.add(line, "doctorId", str(error))
        return None
    if starts_at <= now:
        checked.begun += 1
        return None
    _notice(line, row, doctor, now, checked.notices)
    minutes = doctor.slot_minutes if row.minutes is None else row.minutes
    return CheckedRow(line, model.foreign_id(row.id), row, doctor, starts_at, starts_at + timedelta(minutes=minutes))


def _notice(line: int, row: ImportedRow, doctor: Doctor, now: datetime, notices: FileFaults) -> None:
    """Says what a booking would be refused for, and an appointment that exists is not: it is a fact."""
    local = datetime.combine(row.appointment_date, row.appointment_time, doctor.zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        notices.add(line, "appointmentTime", "occurs twice on that day: the earlier one counts")
    try:
        slot_rules.slot(doctor, row.appointment_date, row.appointment_time, now)
    except NotBookable as error:
        notices.add(line, error.field, error.message)


def _told_alike(rows: list[CheckedRow], faults: FileFaults) -> list[CheckedRow]:
    """Two rows of one client must say the same of them. Whatever is left out says nothing."""
    said: dict[str, list[tuple[str, int] | None]] = {}
    good = []
    for each in rows:
        heard = said.setdefault(each.row.client_id, [None] * len(each.row.person))
        others = {
            before[1]
            for value, before in zip(each.row.person, heard, strict=True)
            if value is not None and before is not None and before[0] != value
        }
        if others:
            faults.add(each.line, "clientId", f"is described in another way in line {min(others)}")
            continue
        for place, value in enumerate(each.row.person):
            if value is not None and heard[place] is None:
                heard[place] = (value, each.line)
        good.append(each)
    return good


def _apart(rows: list[CheckedRow], faults: FileFaults) -> list[CheckedRow]:
    """Two appointments of a doctor must not overlap."""
    at_fault = set[int]()
    last: CheckedRow | None = None
    for each in sorted(rows, key=lambda row: (row.doctor.id, row.starts_at, row.line)):
        if last is not None and last.doctor.id == each.doctor.id and each.starts_at < last.ends_at:
            faults.add(each.line, None, f"overlaps the appointment of line {last.line}")
            at_fault.add(each.line)
            if each.ends_at <= last.ends_at:
                continue
        last = each
    return [each for each in rows if each.line not in at_fault]


async def _against_imported(executor: Executor, rows: Sequence[CheckedRow], source: str, checked: Checked) -> None:
    """Tells the rows that an earlier import has made from new ones."""
    before = await store.known(executor, source, [each.digest for each in rows])
    for each in rows:
        facts = before.get(each.digest)
        (checked.wanted if facts is None else checked.known).append(each)
        if facts is not None and facts != each.facts:
            checked.notices.add(each.line, "id", "was imported with another doctor or time, and is left as it was then")


async def _against_database(executor: Executor, checked: Checked, occupied: Collection[int]) -> None:
    """`occupied`: the lines whose time somebody has."""
    mailed = {each.row.client_id for each in checked.wanted if each.row.client_email is not None}
    silent = {each.row.client_id for each in checked.wanted} - mailed
    unreachable = silent - await store.addressed(executor, silent)
    for each in checked.wanted:
        if each.row.client_id in unreachable:
            checked.faults.add(each.line, "clientEmail", "is missing, and no address of this client is known")
        if each.line in occupied:
            checked.faults.add(each.line, "appointmentTime", "is taken by another appointment")
    checked.wanted = [
        each for each in checked.wanted if each.row.client_id not in unreachable and each.line not in occupied
    ]
