"""Ends offers, and gives held times back, that a change of their doctor has made untrue."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import misfit
from api_service.offers import store
from api_service.offers.store import OpenOffer
from shared.database import Session
from shared.jobs import store as job_store
from shared.jobs.model import Kind, State
from shared.jobs.store import jobs_of_event

TAKES_PLACE: Final = "the appointment takes place as booked"
_NO_TIME_LEFT: Final = "none of the offered times is possible any more"


class OfferSettling:
    """Follows changes of doctors (api_service/doctors/change_listener.py)."""

    def __init__(self, *, reminder_offsets: Sequence[float]) -> None:
        """`reminder_offsets`: seconds before the appointment, one for each reminder, of doctors without their own."""
        self._offsets = reminder_offsets

    async def before_change(self, session: Session, doctor_id: str) -> None:
        """Locks the appointments of a doctor's open offers."""
        await store.lock_open(session, doctor_id)

    async def after_change(self, session: Session, doctor: Doctor) -> None:
        """Raises UnknownZone."""
        for each in await store.open_of_doctor(session, doctor.id):
            if misfit(doctor, each.starts_at, each.ends_at) is None:
                await self._withdraw(session, doctor, each)
            else:
                await _give_back(session, doctor, each)

    async def _withdraw(self, session: Session, doctor: Doctor, offer: OpenOffer) -> None:
        """The appointment takes place as booked: no mail says otherwise any more, and what the offer took back is
        planned again. Reminders whose time has passed stay unsent."""
        is_unconfirmed = await store.took_back_confirmation(session, offer.appointment_id)
        await store.withdraw(session, offer.id, offer.appointment_id)
        await job_store.cancel_of_appointment(session, offer.appointment_id, [Kind.OFFER], reason=TAKES_PLACE)
        begin = offer.starts_at
        jobs = [
            job
            for offset in doctor.offsets_or(self._offsets)
            for job in jobs_of_event(Kind.REMINDER, offer.appointment_id, begin - timedelta(seconds=offset), begin)
        ]
        if is_unconfirmed:
            jobs += jobs_of_event(Kind.CREATED, offer.appointment_id)
        await job_store.create(
            session, jobs, appointment_id=offer.appointment_id, client_id=offer.client_id, head_start=0.0
        )


async def _give_back(session: Session, doctor: Doctor, offer: OpenOffer) -> None:
    """Gives the times back at which the doctor is away. An offer that nobody has been told of ends with the last one:
    its mail would offer nothing. One that was told stays, and can be made again."""
    gone = [begins for begins, ends in offer.times if misfit(doctor, begins, ends) is not None]
    if not gone:
        return
    await store.give_back(session, offer.id, gone)
    if len(gone) < len(offer.times):
        return
    ended = await job_store.cancel_of_appointment(session, offer.appointment_id, [Kind.OFFER], reason=_NO_TIME_LEFT)
    if any(state is State.CANCELLED for _, state in ended):
        await store.let_lapse(session, offer.id)
