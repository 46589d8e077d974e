"""The bodies and queries of the staff's requests."""

import datetime as dt

from pydantic import Field

from api_service.appointments.schemas import AppointmentsQuery
from api_service.web.fields import LocalDate, Plain, QueryFlag
from shared.people.zones import instants_of_day


class AgendaQuery(AppointmentsQuery):
    """Filters appointments by doctor, client, state and start: a day of the clinic's calendar, or [from, to)."""

    doctor_id: Plain | None = Field(None, max_length=100)
    client_id: Plain | None = Field(None, max_length=200)
    date: LocalDate | None = None
    attended: QueryFlag | None = Field(None, description="false: appointments whose client did not come.")

    @property
    def interval(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """The starts in [from, to), narrowed to those that may be on the day."""
        if self.date is None:
            return self.starts_from, self.starts_before
        begins, ends = instants_of_day(self.date)
        return max(begins, self.starts_from or begins), min(ends, self.starts_before or ends)
