"""Why the client of an affected appointment is offered nothing: one rule, for the act and for its dry run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api_service.doctors.affected import Affected
from api_service.offers import store as offers
from api_service.offers.store import Standing
from shared.database import Executor

ALREADY: Final = "alreadyOffered"
NO_TIMES: Final = "noFreeTimes"
_NO_ADDRESS: Final = "noAddress"
_SUPPRESSED: Final = "suppressed"
_TOO_SOON: Final = "tooSoon"
_SHORTEST: Final = timedelta(minutes=5)
"""A client needs so long to read a mail and to choose."""


@dataclass(frozen=True, slots=True)
class OfferRule:
    """`hold`: how long times are held, at most until the appointment begins. `again`: also to clients whose earlier
    offer has ended without an answer, or has no time left."""

    hold: timedelta
    again: bool

    def held_until(self, starts_at: datetime, now: datetime) -> datetime:
        """In whole minutes, since people read it."""
        return min(now + self.hold, starts_at).replace(second=0, microsecond=0)

    def refusal(self, starts_at: datetime, now: datetime, standing: Standing | None) -> str | None:
        """`standing`: of the client; None if the appointment is gone."""
        if self.held_until(starts_at, now) < now + _SHORTEST:
            return _TOO_SOON
        if standing is None:
            return None
        if standing.offer_id is not None and (standing.is_open or not self.again):
            return ALREADY
        if standing.address is None:
            return _NO_ADDRESS
        return _SUPPRESSED if standing.is_suppressed else None


async def refusals(executor: Executor, found: Sequence[Affected], rule: OfferRule, now: datetime) -> dict[UUID, str]:
    """By appointment, those whose clients are offered nothing, for all at once; without locks."""
    standings = await offers.standings(executor, [each.id for each in found])
    judged = ((each.id, rule.refusal(each.starts_at, now, standings.get(each.id))) for each in found)
    return {appointment_id: refusal for appointment_id, refusal in judged if refusal is not None}
