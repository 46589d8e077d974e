"""The problems that refuse a request about appointments, and the error behind each."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from uuid import UUID

from api_service.appointments.errors import (
    AlreadyAnswered,
    AlreadyBegun,
    AlreadyCancelled,
    ChangedMeanwhile,
    KeyReused,
    NoAddress,
    NotBegun,
    SlotTaken,
    TooManyAhead,
    UnknownDoctor,
)
from api_service.doctors.slot_rules import NotBookable
from api_service.profile.erased import ErasedClient, erased_client
from api_service.web.idempotency import HEADER
from api_service.web.problems import FieldFault, Problem, conflict, invalid, not_found
from shared.errors import PunctualError

REFUSALS: Final = (
    AlreadyAnswered,
    AlreadyBegun,
    AlreadyCancelled,
    ChangedMeanwhile,
    ErasedClient,
    KeyReused,
    NoAddress,
    NotBegun,
    NotBookable,
    SlotTaken,
    TooManyAhead,
    UnknownDoctor,
)
"""Every error of booking, moving, cancelling and attendance that becomes an answer to the caller."""


def unknown_doctor() -> Problem:
    return not_found("doctor", FieldFault("/doctorId", "is not known"))


def taken(own: UUID | None) -> Problem:
    if own is None:
        return conflict("That time is taken.", "slot-taken")
    return conflict("You have booked that time yourself.", "slot-taken", ownAppointmentId=own)


def too_many_ahead() -> Problem:
    return conflict("You have as many appointments ahead as one may have.", "too-many-bookings")


def begun() -> Problem:
    return conflict("The appointment has already begun.", "already-begun")


def not_begun() -> Problem:
    return conflict("The appointment has not begun.", "not-begun")


def cancelled() -> Problem:
    return conflict("The appointment is cancelled.", "cancelled")


def changed_meanwhile() -> Problem:
    return Problem(412, "It was changed meanwhile", "Read it again, and decide anew.", "urn:punctual:problem:changed")


def key_reused() -> Problem:
    return invalid(FieldFault(HEADER, "was used for another booking; another booking needs another key"))


def once_more() -> Problem:
    """The key existed when its booking was refused, and was forgotten a moment later."""
    again = conflict("A booking with this key has just been forgotten; try again.", "idempotency-key-busy")
    return replace(again, headers={"Retry-After": "1"})


def problem_of(error: PunctualError) -> Problem:
    """The problem for one of REFUSALS. Raises the error itself if it is none of them."""
    match error:
        case NotBookable():
            return invalid(FieldFault(f"/{error.field}", error.message))
        case SlotTaken():
            return taken(error.own)
        case NoAddress():
            return invalid(FieldFault("", "cannot be booked: no e-mail address is known for you"))
    for kind, problem in _PLAIN.items():
        if isinstance(error, kind):
            return problem()
    raise error


@contextmanager
def refusals(problem: Callable[[PunctualError], Problem] = problem_of) -> Iterator[None]:
    """Turns each of REFUSALS that its block raises into its problem. Raises that Problem."""
    try:
        yield
    except REFUSALS as error:
        raise problem(error) from None


_PLAIN: Final[Mapping[type[PunctualError], Callable[[], Problem]]] = {
    AlreadyAnswered: once_more,
    AlreadyBegun: begun,
    AlreadyCancelled: cancelled,
    ChangedMeanwhile: changed_meanwhile,
    ErasedClient: erased_client,
    KeyReused: key_reused,
    NotBegun: not_begun,
    TooManyAhead: too_many_ahead,
    UnknownDoctor: unknown_doctor,
}
