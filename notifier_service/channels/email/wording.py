"""Words a notice in the client's language; what people typed is only ever a value in our texts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Final, NamedTuple

from notifier_service.channels.notice import Notice
from shared.clinic import Clinic
from shared.jobs.model import DOCTOR_KINDS, Kind
from shared.wording import Language, Languages, Phrase, builtin
from shared.wording.bidi import Direction
from shared.wording.interval import Interval, local_time, written
from shared.wording.subjects import mail_values, one_line
from shared.wording.text import Fill

_LABELS: Final = (
    *("what", "when", "offered", "held-until", "your-time", "previously"),
    *("message", "where", "specialty", "reason"),
)

_CONTROLS_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")


class Words(NamedTuple):
    """Everything that a mail says, ready for the templates."""

    language: str
    direction: Direction
    subject: str
    preheader: str
    title: str
    lead: str
    greeting: str
    what: str
    facts: Mapping[str, str]  # label → value, in reading order
    separator: str  # between the two, in plain text
    actions: Mapping[str, str]  # name of a link of the appointment → its label, the most important first
    links: Mapping[str, str]  # label → target, of links that are the clinic's
    signature: Sequence[tuple[str, str]]  # lines of the clinic with the target of a link, or ""
    footer: str
    unsubscribe: str


class MailWording:
    def __init__(self, languages: Languages, clinic: Clinic | None = None, *, shows_reason: bool = False) -> None:
        """`clinic`: its own details; without them mails say nothing of it. `shows_reason`: mails name the reason and
        the doctor's specialty, which tell an illness to whoever reads the mailbox."""
        self._languages = languages
        self.clinic = self._clinic = clinic or Clinic()
        self._shows_reason = shows_reason
        self._texts = cache(self._texts_of)
        self._own_facts = lru_cache(maxsize=4096)(self._facts_of_the_clinic)
        self._has_details = self._clinic != Clinic()

    def words(self, notice: Notice) -> Words:
        """The words of a mail. Raises KeyError for a kind that has no texts."""
        language = self._languages.of(notice.client_locale)
        texts = self._texts(language, notice.kind)
        values = mail_values(
            language,
            doctor=notice.doctor_name,
            name=notice.client_name,
            local_date=notice.local_date,
            local_time=notice.local_time,
        )
        what = texts.what(values)
        return Words(
            language=language.tag,
            direction=language.direction,
            subject=texts.subject(values),
            preheader=texts.preheader(values),
            title=texts.title,
            lead=texts.lead,
            greeting=texts.greeting(values) if values["name"] else texts.greeting_unnamed,
            what=what,
            facts=self._facts(language, texts.labels, notice, what),
            separator=texts.separator,
            actions=texts.actions,
            links=texts.links,
            signature=texts.signature,
            footer=texts.footer,
            unsubscribe=texts.unsubscribe,
        )

    def language_of(self, notice: Notice) -> Language:
        """The reader's: the client's, or, of a mail to the doctor, the doctor's."""
        locale = notice.doctor_locale or "" if notice.kind in DOCTOR_KINDS else notice.client_locale
        return self._languages.of(locale)

    def in_app(self, notice: Notice) -> tuple[str, str]:
        """Title and body of the in-app notification. The reason is in neither: lock screens show both."""
        language = self._languages.of(notice.client_locale)
        texts = self._texts(language, notice.kind)
        new = texts.in_app({"doctor": one_line(notice.doctor_name), "when": _when(language, notice)})
        body = _both(language, new, self._place(notice))
        if notice.kind == Kind.RESCHEDULED and notice.previous_starts_at is not None:
            before = previously(language, notice.previous_starts_at, None, notice.timezone)
            body = language.text("now-and-before", now=Phrase(body), before=before)
        return texts.title, body

    def _texts_of(self, language: Language, kind: str) -> "_Texts":
        text, prepared = language.text, language.prepared
        return _Texts(
            subject=prepared(f"{kind}.subject"),
            preheader=prepared(f"{kind}.preheader"),
            in_app=prepared(f"{kind}.in-app"),
            greeting=prepared("mail.greeting"),
            greeting_unnamed=text("mail.greeting-unnamed"),
            title=text(f"{kind}.title"),
            lead=text(f"{kind}.lead"),
            labels={name: text(f"label.{name}") for name in _LABELS},
            separator=text("separator"),
            what=prepared("mail.what"),
            actions={name: text(label) for name, label in _actions(kind)},
            links=dict(self._links(language, kind)),
            signature=tuple(self._signature(language)),
            footer=f"{text('mail.why')} {text('mail.reply-hint' if self._clinic.reply_to else 'mail.no-reply')}",
            unsubscribe=text("mail.unsubscribe"),
        )

    def _facts(self, language: Language, labels: Mapping[str, str], notice: Notice, what: str) -> Mapping[str, str]:
        """Labels with their values, in reading order."""
        place, isolated = self._place(notice), language.isolated
        interval = interval_of(notice)
        facts = {labels["what"]: what, **dict(_times(language, labels, notice, interval))}
        if notice.client_timezone and notice.client_timezone != notice.timezone:
            own = interval.seen_from(notice.client_timezone)
            if own is not None:
                facts[labels["your-time"]] = written(own, language)
        if notice.kind == Kind.RESCHEDULED and notice.previous_starts_at is not None:
            facts[labels["previously"]] = previously(
                language, notice.previous_starts_at, notice.previous_ends_at, notice.timezone
            )
        message = _CONTROLS_BUT_LINES.sub(" ", notice.message or "").strip()
        if message:
            facts[labels["message"]] = isolated(message)
        if place:
            facts[labels["where"]] = isolated(place)
        if self._has_details:
            facts.update(self._own_facts(language, notice.kind, notice.doctor_id, place))
        if self._shows_reason:
            reason = _CONTROLS_BUT_LINES.sub(" ", notice.reason or "").strip()
            shown = {labels["specialty"]: one_line(notice.doctor_specialty), labels["reason"]: reason}
            facts.update({label: isolated(value) for label, value in shown.items() if value})
        return facts

    def _facts_of_the_clinic(self, language: Language, kind: str, doctor_id: str, place: str) -> Mapping[str, str]:
        clinic, text, isolated = self._clinic, language.text, language.isolated
        bring = clinic.bring_to(doctor_id, language.tag) if kind != Kind.CANCELLED else ""
        address = clinic.address if clinic.address != place else None
        facts = {
            text("label.address"): isolated(address or ""),
            text("label.bring"): isolated(bring),
        }
        return {label: value for label, value in facts.items() if value}

    def _links(self, language: Language, kind: str) -> Iterator[tuple[str, str]]:
        if self._clinic.map_link and kind != Kind.CANCELLED:
            yield language.text("action.map"), self._clinic.map_link

    def _signature(self, language: Language) -> Iterator[tuple[str, str]]:
        clinic, isolated = self._clinic, language.isolated
        if clinic.name:
            yield isolated(clinic.name), ""
        if clinic.telephone:
            telephone = f"{language.text('label.telephone')}{language.text('separator')}{isolated(clinic.telephone)}"
            yield telephone, clinic.telephone_link
        if clinic.website:
            yield clinic.website, clinic.website  # not isolated: mail programs would take the isolate into the link

    def _place(self, notice: Notice) -> str:
        place = one_line(notice.doctor_location)
        return self._clinic.location_of(notice.doctor_id, place) if self._has_details else place


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of a kind of mail in one language: those with values are to be filled."""

    subject: Fill
    preheader: Fill
    in_app: Fill
    greeting: Fill
    greeting_unnamed: str
    title: str
    lead: str
    labels: Mapping[str, str]
    what: Fill
    separator: str
    actions: Mapping[str, str]
    links: Mapping[str, str]
    signature: Sequence[tuple[str, str]]
    footer: str
    unsubscribe: str


def interval_of(notice: Notice) -> Interval:
    return Interval(notice.starts_at, notice.ends_at, notice.local_date, notice.local_time, notice.timezone)


def _times(
    language: Language, labels: Mapping[str, str], notice: Notice, booked: Interval
) -> Iterator[tuple[str, str]]:
    """When it is; of an offer the times that are held, one a line, and the one that it cannot keep."""
    if notice.kind != Kind.OFFER:
        yield labels["when"], written(booked, language)
        return
    if notice.offered:
        lines = (f"{place}. {written(each, language)}" for place, each in enumerate(notice.offered, 1))
        yield labels["offered"], "\n".join(lines)
    if notice.held_until is not None:
        zone = notice.offered[0].timezone if notice.offered else notice.timezone
        yield labels["held-until"], previously(language, notice.held_until, None, zone)
    yield labels["previously"], written(booked, language)


def previously(language: Language, starts_at: datetime, ends_at: datetime | None, timezone: str) -> Phrase:
    """A time that is no longer the appointment's."""
    local = local_time(starts_at, timezone)
    if ends_at is not None:
        return written(Interval(starts_at, ends_at, local.date(), local.time(), timezone), language)
    return language.appointment(local.date(), local.time(), starts_at, timezone)


def _actions(kind: str) -> Iterator[tuple[str, str]]:
    """What the appointment's page offers, by the names of AppointmentLinks, with the keys of the labels."""
    if kind == Kind.CANCELLED:
        yield "manage", "action.see"
    elif kind == Kind.OFFER:
        yield "manage", "action.choose"
        yield "cancel", "action.cancel"
    else:
        yield "manage", "action.manage"
        yield "cancel", "action.cancel"
        yield "calendar", "action.calendar"


def words(notice: Notice) -> Words:
    """The words of a mail in our own texts."""
    return MailWording(builtin()).words(notice)


def _when(language: Language, notice: Notice) -> Phrase:
    return language.appointment(notice.local_date, notice.local_time, notice.starts_at, notice.timezone)


def _both(language: Language, first: str, second: str) -> str:
    """One of them where the other is empty."""
    return language.text("both", first=first, second=second) if first and second else language.isolated(first or second)
