"""Tells an appointment's history: who did what, when, by which way, and what was so before and after. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from api_service.appointments.model import Act, Appointment, Status, Via
from api_service.web.value_types import Instant


class SnapshotJson(TypedDict):
    """An appointment at a moment. `endsAt`: null where an older release has not kept it. `willCome`: the client has
    said so. `attended`: the staff has."""

    startsAt: Instant
    endsAt: Instant | None
    status: Status
    willCome: bool
    attended: bool | None


class ActJson(TypedDict):
    """`by`: the subject of the token; for the link in a mail the client. `before`: null of the booking. `message`: the
    words of the staff to the client; null for callers without the role staff."""

    at: Instant
    act: Act
    by: Annotated[str, Field(examples=["desk-1"])]
    via: Via
    before: SnapshotJson | None
    after: SnapshotJson
    message: str | None
    requestId: str | None


class HistoryJson(TypedDict):
    items: Annotated[list[ActJson], Field(description="In the order of time; the first one is the booking.")]


@dataclass(frozen=True, slots=True)
class KeptAct:
    """A row of the log. `actor`: None in acts of older releases, which only clients could do."""

    act: Act
    via: Via
    actor: str | None
    at: datetime
    starts_at: datetime
    ends_at: datetime | None
    previous_starts_at: datetime | None
    previous_ends_at: datetime | None
    message: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    starts_at: datetime
    ends_at: datetime | None
    status: Status = "booked"
    will_come: bool = False
    attended: bool | None = None

    def to_json(self) -> SnapshotJson:
        return {
            "startsAt": self.starts_at,
            "endsAt": self.ends_at,
            "status": self.status,
            "willCome": self.will_come,
            "attended": self.attended,
        }


_ATTENDED: Final = {"attended": True, "missed": False}


def history(appointment: Appointment, acts: Sequence[KeptAct], *, shows_message: bool) -> list[ActJson]:
    """`acts`: in the order of time. A client's own booking is no row of the log: the appointment says when it was."""
    first = _first_snapshot(appointment, acts)
    told = [] if acts and acts[0].act == "booked" else [_booking(appointment, first)]
    state = first
    for act in acts:
        before, state = _around(state, act, appointment)
        told.append(
            {
                "at": act.at,
                "act": act.act,
                "by": act.actor or appointment.client_id,
                "via": act.via,
                "before": None if act.act == "booked" else before.to_json(),
                "after": state.to_json(),
                "message": act.message if shows_message else None,
                "requestId": act.request_id,
            }
        )
    return told


def _first_snapshot(appointment: Appointment, acts: Sequence[KeptAct]) -> Snapshot:
    """As it was booked: the earlier time of the first move, or the time that it still has."""
    for act in acts:
        if act.previous_starts_at is not None:
            return Snapshot(act.previous_starts_at, act.previous_ends_at)
    return Snapshot(appointment.starts_at, appointment.ends_at)


def _booking(appointment: Appointment, state: Snapshot) -> ActJson:
    return {
        "at": appointment.created_at,
        "act": "booked",
        "by": appointment.client_id,
        "via": "api",
        "before": None,
        "after": state.to_json(),
        "message": None,
        "requestId": None,
    }


def _around(state: Snapshot, act: KeptAct, appointment: Appointment) -> tuple[Snapshot, Snapshot]:
    """Before and after an act. Times are those that the log has; the rest follows from the acts before."""
    if act.act == "moved":
        before = replace(
            state,
            starts_at=act.previous_starts_at or state.starts_at,
            ends_at=act.previous_ends_at or state.ends_at,
        )
        return before, Snapshot(act.starts_at, act.ends_at or _known_end(act.starts_at, appointment))
    before = replace(
        state,
        starts_at=act.starts_at,
        ends_at=act.ends_at or (state.ends_at if state.starts_at == act.starts_at else None),
    )
    match act.act:
        case "cancelled":
            return before, replace(before, status="cancelled", will_come=False)
        case "will_come":
            return before, replace(before, will_come=True)
        case "attended" | "missed":
            return before, replace(before, attended=_ATTENDED[act.act])
    return before, before


def _known_end(starts_at: datetime, appointment: Appointment) -> datetime | None:
    return appointment.ends_at if starts_at == appointment.starts_at else None
