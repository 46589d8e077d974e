"""The facts of an appointment for its calendar entry, which shared.calendar writes. Pure."""

from api_service.appointments.model import Appointment
from api_service.doctors.model import Doctor
from shared.calendar import Event
from shared.wording.interval import Interval


def event(appointment: Appointment, doctor: Doctor, *, manage_link: str = "") -> Event:
    """`manage_link`: the page that changes the appointment, where there is one."""
    return Event(
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
        manage_link=manage_link,
    )
