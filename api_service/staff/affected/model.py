"""An affected appointment as the staff sees it, and the answers to acts on many of them. Pure."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api_service.doctors.slot_rules import Misfit
from api_service.staff.model import StaffAppointmentJson, Visit


class AffectedJson(StaffAppointmentJson):
    """`why`: it is on a day off, or outside the doctor's hours."""

    why: Misfit


class CancelledAffectedJson(TypedDict):
    """`matched`: the affected appointments that have not begun. `excluded`: how many of them were left alone, by
    reason: `changed`, for those that somebody has moved or cancelled meanwhile, or that fit again. `left`: those beyond
    the bound of one request; ask again."""

    matched: Annotated[int, Field(examples=[31])]
    cancelled: Annotated[int, Field(examples=[31])]
    excluded: Annotated[dict[str, int], Field(examples=[{}])]
    left: Annotated[int, Field(examples=[0])]


@dataclass(frozen=True, slots=True)
class AffectedVisit:
    """An affected appointment with its client."""

    visit: Visit
    why: Misfit

    def to_json(self, *, shows_reason: bool) -> AffectedJson:
        return {**self.visit.to_json(shows_reason=shows_reason), "why": self.why}
