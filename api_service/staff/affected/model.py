"""An affected appointment as the staff sees it, and the answers to acts on many of them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from api_service.doctors.slot_rules import Misfit
from api_service.offers.model import Answer, Offer, OfferMail
from api_service.staff.model import StaffAppointmentJson, Visit
from api_service.web.value_types import ClockTime, Day, Instant, clock_time
from shared.jobs.model import State


class OfferedTimeJson(TypedDict):
    """A time that is held, on the clinic's clock."""

    appointmentDate: Day
    appointmentTime: ClockTime
    startsAt: Instant


class OfferJson(TypedDict):
    """Other times that the client was offered. `told`: a mail server took the mail, at `toldAt`; `mail`: the state of
    its job, null where that was removed. `offeredUntil`: until then the times are held; `isHeld`: they are now.
    `times`: those that nobody else has taken; none after an answer. `answered`: the client has taken a time, or the
    appointment was moved to another one, or cancelled; or it fits again (`withdrawn`); null: no answer."""

    told: bool
    toldAt: Instant | None
    mail: State | None
    offeredUntil: Instant
    isHeld: bool
    times: list[OfferedTimeJson]
    answered: Answer | None
    answeredAt: Instant | None


class AffectedJson(StaffAppointmentJson):
    """`why`: it is on a day off, or outside the doctor's hours; null in the list of answers. `offer`: null where no
    other times were offered."""

    why: Misfit | None
    offer: OfferJson | None


class CancelledAffectedJson(TypedDict):
    """`matched`: the affected appointments that have not begun. `excluded`: how many of them were left alone, by
    reason: `changed`, for those that somebody has moved or cancelled meanwhile, or that fit again. `left`: those beyond
    the bound of one request; ask again."""

    matched: Annotated[int, Field(examples=[31])]
    cancelled: Annotated[int, Field(examples=[31])]
    excluded: Annotated[dict[str, int], Field(examples=[{}])]
    left: Annotated[int, Field(examples=[0])]


class OfferedAffectedJson(TypedDict):
    """`matched`, `left`: as of a cancellation. `offered`: how many clients are offered other times by this request.
    `excluded`: how many were left alone, by reason: `alreadyOffered`; `noAddress` and `suppressed`, whom no mail
    reaches; `noFreeTimes`; `tooSoon`, whose appointment begins in a few minutes; `changed`."""

    matched: Annotated[int, Field(examples=[31])]
    offered: Annotated[int, Field(examples=[30])]
    excluded: Annotated[dict[str, int], Field(examples=[{"noAddress": 1}])]
    left: Annotated[int, Field(examples=[0])]


@dataclass(frozen=True, slots=True)
class AffectedVisit:
    """An appointment with its client; why it is affected, if it still is; its offer, and how the mail about that
    stands."""

    visit: Visit
    why: Misfit | None
    offer: Offer | None = None
    told: OfferMail | None = None

    @property
    def position(self) -> tuple[datetime, UUID]:
        """In its list: by the start that it has, or had before an answer."""
        if self.why is None and self.offer is not None:
            return self.offer.starts_at, self.offer.id
        return self.visit.appointment.starts_at, self.visit.appointment.id

    def to_json(self, *, shows_reason: bool) -> AffectedJson:
        shown = self.visit.to_json(shows_reason=shows_reason)
        return {**shown, "why": self.why, "offer": None if self.offer is None else _offer(self.offer, self.told)}


def _offer(offer: Offer, told: OfferMail | None) -> OfferJson:
    return {
        "told": told is not None and told.at is not None,
        "toldAt": None if told is None else told.at,
        "mail": None if told is None else told.state,
        "offeredUntil": offer.held_until,
        "isHeld": offer.is_held,
        "times": [
            {
                "appointmentDate": each.local_date,
                "appointmentTime": clock_time(each.local_time),
                "startsAt": each.starts_at,
            }
            for each in offer.times
        ],
        "answered": offer.answer,
        "answeredAt": offer.answered_at,
    }
