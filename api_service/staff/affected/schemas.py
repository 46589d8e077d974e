"""The queries and bodies about affected appointments."""

from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from api_service.doctors.slot_rules import LATEST_YEAR
from api_service.staff.schemas import MAX_MESSAGE
from api_service.web.fields import LocalDate, Plain, Prose, QueryFlag
from api_service.web.pagination import PageQuery
from api_service.web.payloads import Payload

_PACE: Final = 20.0


def _in_reach(day: date) -> date:
    if day.year > LATEST_YEAR:
        raise ValueError(f"is after {LATEST_YEAR}")
    return day


_Day = Annotated[LocalDate, AfterValidator(_in_reach)]


class AffectedQuery(PageQuery):
    """The doctor, and the day of the clinic's calendar; without a day all from today on."""

    doctor_id: Plain = Field(min_length=1, max_length=100, examples=["1"])
    date: _Day | None = None
    answered: QueryFlag = Field(False, description="true: the answers of clients who were offered other times.")


class AffectedActRequest(Payload):
    """The appointments to act on: all affected ones of a doctor that have not begun, or those of one day. `expected`:
    as many as the caller has counted with `dryRun`; if there are more, nothing is done."""

    doctor_id: Plain = Field(min_length=1, max_length=100, examples=["1"])
    date: _Day | None = Field(None, examples=["2027-01-05"])
    message: Prose | None = Field(None, max_length=MAX_MESSAGE, description="Words to the clients, for the mails.")
    expected: int | None = Field(None, ge=0, le=1_000_000, examples=[31])
    dry_run: bool = Field(False, description="Count, and change nothing.")
    per_second: float = Field(_PACE, ge=0.1, le=200, description="Appointments a second.")


class AffectedCancelRequest(AffectedActRequest):
    """The same: these are cancelled."""


class AffectedOfferRequest(AffectedActRequest):
    """The same: their clients are offered other times, which are held for them."""

    hold_hours: float = Field(
        24.0, ge=0.25, le=240, description="How long times are held; at most until the appointment begins."
    )
    again: bool = Field(False, description="Also to clients whose earlier offer has ended without an answer.")
