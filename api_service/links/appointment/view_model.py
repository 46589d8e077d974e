"""The appointment behind a link, as it is now, with all values of its pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from aiohttp import web

from api_service.appointments import store
from api_service.appointments.model import Appointment
from api_service.doctors import store as doctors
from api_service.doctors.model import Doctor
from api_service.doctors.slot_rules import Slot, misfit
from api_service.offers import store as offers
from api_service.offers.model import Offer
from api_service.profile import store as profiles
from api_service.web.keys import DATABASE, LANGUAGES
from shared.clinic import Clinic
from shared.wording import Language, Phrase
from shared.wording.interval import Interval, local_time, written

CLINIC: Final = web.AppKey("clinic", Clinic)


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, which may be a link."""

    label: str
    value: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """`begun` and `ended` by the database's clock; `zone`: the client's own, if known; `offer`: of other times, which
    the client has not answered; `was_withdrawn`: an earlier one ended since the booked time fits again."""

    appointment: Appointment
    begun: bool
    ended: bool
    doctor: Doctor
    language: Language
    zone: str | None = None
    offer: Offer | None = None
    was_withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it can still be moved, cancelled or answered."""
        return self.appointment.status == "booked" and not self.begun

    @property
    def offered(self) -> Sequence[Slot]:
        """The times that are held for the client, of which they may take one."""
        if not self.is_open or self.offer is None or not self.offer.is_held:
            return ()
        return [each for each in self.offer.times if misfit(self.doctor, each.starts_at, each.ends_at) is None]

    @property
    def needs_another_time(self) -> bool:
        """Whether the client was told that it cannot take place as booked, and that is still so. Raises UnknownZone."""
        return self.is_open and self.offer is not None and not self._fits

    @property
    def takes_place(self) -> bool:
        """Whether the client was perhaps told that it cannot take place, and it does. Raises UnknownZone."""
        return self.is_open and (self.offer is not None or self.was_withdrawn) and self._fits

    @property
    def _fits(self) -> bool:
        return misfit(self.doctor, self.appointment.starts_at, self.appointment.ends_at) is None

    @property
    def is_cancelled(self) -> bool:
        return self.appointment.status == "cancelled"

    def is_at(self, day: date | None, clock: time | None) -> bool:
        return (self.appointment.local_date, self.appointment.local_time) == (day, clock)

    def facts(self, clinic: Clinic) -> Iterator[Fact]:
        """Doctor, time and place. Neither reason nor specialty: any bearer of the mail can open the page."""
        language, doctor = self.language, self.doctor
        say, isolated = language.text, language.isolated
        yield Fact(say("label.who"), isolated(doctor.name))
        yield Fact(say("label.previously" if self.needs_another_time else "label.when"), self.when)
        if self.offer is not None and self.offered:
            yield Fact(say("label.held-until"), self._held_until(self.offer.held_until))
        own = None if self.zone is None else self.interval.seen_from(self.zone)
        if own is not None:
            yield Fact(say("label.your-time"), written(own, language))
        place = clinic.location_of(doctor.id, doctor.location)
        if place:
            yield Fact(say("label.where"), isolated(place), clinic.map_link or "")
        if clinic.address and clinic.address != place:
            yield Fact(say("label.address"), isolated(clinic.address), clinic.map_link or "")
        if clinic.telephone:
            yield Fact(say("label.telephone"), isolated(clinic.telephone), clinic.telephone_link)
        bring = clinic.bring_to(doctor.id, language.tag)
        if bring and self.is_open:
            yield Fact(say("label.bring"), isolated(bring))

    @property
    def interval(self) -> Interval:
        each = self.appointment
        return Interval(each.starts_at, each.ends_at, each.local_date, each.local_time, each.timezone)

    @property
    def when(self) -> Phrase:
        return written(self.interval, self.language)

    def _held_until(self, moment: datetime) -> Phrase:
        """On the clinic's clock."""
        local = local_time(moment, self.doctor.timezone)
        return self.language.appointment(local.date(), local.time(), moment, self.doctor.timezone)

    def moved(self, slot: Slot) -> Iterator[Fact]:
        """The time that it has, and the one that it would have."""
        say = self.language.text
        new = Interval(slot.starts_at, slot.ends_at, slot.local_date, slot.local_time, self.doctor.timezone)
        yield Fact(say("label.previously"), self.when)
        yield Fact(say("label.new"), written(new, self.language))


async def load(app: web.Application, appointment_id: UUID) -> Shown | None:
    """The appointment; None if it does not exist any more. Raises DatabaseUnavailable."""
    database = app[DATABASE]
    found = await store.behind_link(database, appointment_id)
    if found is None:
        return None
    appointment, begun, ended = found
    doctor = await doctors.get(database, appointment.doctor_id)
    if doctor is None:
        return None
    client = await profiles.get(database, appointment.client_id)
    offer = await offers.of_appointment(database, appointment.id)
    was_withdrawn = await offers.was_withdrawn(database, appointment.id)
    language = app[LANGUAGES].of(client.locale if client else "")
    return Shown(appointment, begun, ended, doctor, language, client.timezone if client else None, offer, was_withdrawn)
