"""An appointment of a file: its columns and their rules. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationError

from api_service.appointments.schemas import BookingRequest
from api_service.doctors.model import Doctor
from api_service.importing.faults import FileFaults
from api_service.importing.table import Columns, TableRow
from api_service.profile.schemas import Address, Language
from api_service.web.fields import Line, Plain, TimeZone
from api_service.web.problems import message_of
from shared.people.names import LONGEST_NAME

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORDS: Final[Mapping[str, bool]] = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def foreign_id(text: str) -> str:
    """One spelling of an id: SQL Server writes a GUID in capitals, .NET in small letters."""
    return text.lower() if _UUID.fullmatch(text) else text


def digest_of(text: str) -> bytes:
    """The digest by which an import knows an id again."""
    return hashlib.sha256(text.encode()).digest()


def _whole_number(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,4}", value.strip()):
        raise ValueError("must be a number of minutes")
    return int(value)


def _yes_or_no(value: object) -> bool:
    said = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if said is None:
        raise ValueError("must be yes or no")
    return said


class ImportedRow(BookingRequest):
    """A row of the file; the columns have these names in camelCase. Date and time are local to the doctor's clinic.

    `confirmed`: the client was told of the booking, or the other system will tell them; else a confirmation is sent.
    """

    id: Plain = Field(min_length=1, max_length=200)
    client_id: Plain = Field(min_length=1, max_length=200)
    minutes: Annotated[int, BeforeValidator(_whole_number)] | None = Field(None, ge=1, le=1440)
    client_email: Address | None = None
    client_name: Line | None = Field(None, max_length=LONGEST_NAME)
    client_phone: Line | None = Field(None, max_length=50)
    client_locale: Language | None = None
    client_timezone: TimeZone | None = None
    confirmed: Annotated[bool, BeforeValidator(_yes_or_no)] = True

    @property
    def person(self) -> tuple[str | None, ...]:
        """What the row says of the client."""
        return (self.client_email, self.client_name, self.client_phone, self.client_locale, self.client_timezone)


_ALIASES: Final = {name: str(field.alias) for name, field in ImportedRow.model_fields.items()}
COLUMNS: Final = Columns(
    [_ALIASES[name] for name, field in ImportedRow.model_fields.items() if field.is_required()],
    [_ALIASES[name] for name, field in ImportedRow.model_fields.items() if not field.is_required()],
)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row that was checked: an appointment to be imported. `line`: of its row."""

    line: int
    id: str
    row: ImportedRow
    doctor: Doctor
    starts_at: datetime
    ends_at: datetime

    @property
    def digest(self) -> bytes:
        return digest_of(self.id)

    @property
    def facts(self) -> bytes:
        """A digest of the facts about the appointment itself. Nothing personal is in it."""
        row = self.row
        facts = (row.doctor_id, row.appointment_date.isoformat(), row.appointment_time.isoformat(), str(row.minutes))
        return hashlib.sha256("\0".join(facts).encode()).digest()


def parsed(table: list[TableRow], faults: FileFaults) -> list[tuple[int, ImportedRow]]:
    """The rows whose values are usable one by one, each with its line."""
    found = []
    for each in table:
        try:
            # dates and times have no white space at their ends; text is stripped by its own rule
            values = {name: value.strip() for name, value in each.values.items()}
            found.append((each.line, ImportedRow.model_validate(values)))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                faults.add(each.line, str(fault["loc"][0]) if fault["loc"] else None, message_of(fault["msg"]))
    return found
