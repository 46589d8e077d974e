"""The facts of an appointment for its calendar entry, which shared.calendar writes. Pure."""

from collections.abc import Callable
from uuid import UUID

from api_service.appointments.model import Appointment
from api_service.doctors.model import Doctor
from shared.calendar import CalendarEvent
from shared.links.appointments import AppointmentLinks
from shared.wording.interval import Interval


def event(
    appointment: Appointment, doctor: Doctor, links: Callable[[UUID], AppointmentLinks] | None = None
) -> CalendarEvent:
    """`links`: makes the link of the page that changes the appointment; None: there is no such page."""
    return CalendarEvent(
        id=appointment.id,
        version=appointment.version,
        interval=Interval(
            appointment.starts_at,
            appointment.ends_at,
            appointment.local_date,
            appointment.local_time,
            appointment.timezone,
        ),
        is_cancelled=appointment.status == "cancelled",
        doctor_id=doctor.id,
        doctor_name=doctor.name,
        doctor_location=doctor.location,
        manage_link="" if links is None else links(appointment.id).manage,
    )
