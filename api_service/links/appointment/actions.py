"""Does what a form asks for, as the client of the appointment would do it by the API: same rules, same transaction."""

from enum import Enum, auto

from aiohttp import web

from api_service.appointments import attendance, cancelling
from api_service.appointments.errors import AlreadyBegun, AlreadyCancelled, ChangedMeanwhile, SlotTaken
from api_service.appointments.model import Origin
from api_service.appointments.moving import MOVES
from api_service.appointments.schemas import ChangeRequest
from api_service.doctors.slot_rules import NotBookable
from api_service.links.appointment.form import FormRequest
from api_service.links.appointment.view_model import Shown
from api_service.relay.dispatch import DISPATCH
from api_service.web.conditional import EntityTags
from api_service.web.keys import DATABASE
from api_service.web.middlewares import REQUEST_ID, TRACEPARENT


class ActOutcome(Enum):
    DONE = auto()
    CHANGED = auto()  # the appointment is not what the reader was shown, or nothing that can be done was asked for
    TAKEN = auto()  # somebody has that time
    CLOSED = auto()  # the doctor cannot be booked for that time


async def act(request: web.Request, shown: Shown, wish: FormRequest) -> ActOutcome:
    """Raises DatabaseUnavailable, Contention, ItemRefused, UnknownZone."""
    if is_met(shown, wish):
        return ActOutcome.DONE
    if wish.act is None or wish.version != shown.appointment.version or not shown.is_open:
        return ActOutcome.CHANGED
    try:
        return await _done(request, shown, wish)
    except SlotTaken:
        return ActOutcome.TAKEN
    except NotBookable:
        return ActOutcome.CLOSED
    except (AlreadyBegun, AlreadyCancelled, ChangedMeanwhile):
        return ActOutcome.CHANGED


def is_met(shown: Shown, wish: FormRequest) -> bool:
    """Whether the appointment already is as the form asks: a button was pressed twice, or an answer was lost."""
    if shown.begun:
        return False
    if wish.act == "cancel":
        return shown.is_cancelled
    if wish.act == "move":
        return shown.is_open and shown.is_at(wish.day, wish.clock)
    return wish.act == "come" and shown.appointment.attendance is not None


async def _done(request: web.Request, shown: Shown, wish: FormRequest) -> ActOutcome:
    database, appointment = request.app[DATABASE], shown.appointment
    seen, request_id, traceparent = EntityTags.of_version(wish.version), request[REQUEST_ID], request[TRACEPARENT]
    origin = Origin(appointment.client_id, "link")
    if wish.act == "come":
        done = await attendance.will_come(
            database, appointment.id, appointment.client_id, if_match=seen, origin=origin, request_id=request_id
        )
    elif wish.act == "cancel":
        done = await cancelling.cancel(
            database,
            request.app[DISPATCH],
            appointment.id,
            appointment.client_id,
            if_match=seen,
            origin=origin,
            request_id=request_id,
            traceparent=traceparent,
        )
    elif wish.day is None or wish.clock is None:
        return ActOutcome.CLOSED
    else:
        done = await request.app[MOVES].change(
            appointment.id,
            appointment.client_id,
            ChangeRequest.to_time(wish.day, wish.clock),
            if_match=seen,
            origin=origin,
            request_id=request_id,
            traceparent=traceparent,
        )
    return ActOutcome.CHANGED if done is None else ActOutcome.DONE
