"""The problems that refuse a request of the staff, where the client's own words would not fit."""

from uuid import UUID

from api_service.appointments import problems
from api_service.appointments.errors import NoAddress, NotBegun, SlotTaken
from api_service.web.problems import FieldFault, Problem, conflict, invalid, not_found
from shared.errors import PunctualError

REFUSALS = (*problems.REFUSALS, NotBegun)


def unknown_client() -> Problem:
    return not_found("client", FieldFault("/clientId", "is not known"))


def no_address() -> Problem:
    return invalid(FieldFault("/client/email", "is needed: no e-mail address of this client is known"))


def taken(own: UUID | None) -> Problem:
    if own is None:
        return problems.taken(None)
    return conflict("The client has that time already.", "slot-taken", ownAppointmentId=own)


def not_begun() -> Problem:
    return conflict("The appointment has not begun.", "not-begun")


def problem_of(error: PunctualError) -> Problem:
    """The problem for one of REFUSALS. Raises the error itself if it is none of them."""
    match error:
        case SlotTaken():
            return taken(error.own)
        case NoAddress():
            return no_address()
        case NotBegun():
            return not_begun()
    return problems.problem_of(error)
