"""The problems that refuse a request of the staff, where the client's own words would not fit."""

from contextlib import AbstractContextManager
from uuid import UUID

from api_service.appointments import problems
from api_service.appointments.errors import NoAddress, SlotTaken
from api_service.web.problems import FieldFault, Problem, conflict, invalid, not_found
from shared.errors import PunctualError


def unknown_client() -> Problem:
    return not_found("client", FieldFault("/clientId", "is not known"))


def no_address() -> Problem:
    return invalid(FieldFault("/client/email", "is needed: no e-mail address of this client is known"))


def taken(own: UUID | None) -> Problem:
    if own is None:
        return problems.taken(None)
    return conflict("The client has that time already.", "slot-taken", ownAppointmentId=own)


def refusals() -> AbstractContextManager[None]:
    """The same as for clients, in words to the staff. Raises Problem."""
    return problems.refusals(_problem_of)


def _problem_of(error: PunctualError) -> Problem:
    match error:
        case SlotTaken():
            return taken(error.own)
        case NoAddress():
            return no_address()
    return problems.problem_of(error)
