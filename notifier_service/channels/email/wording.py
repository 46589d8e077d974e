"""Words a notice in the client's language; what people typed is only ever a value in our texts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from notifier_service.channels.notice import Notice
from shared.clinic import Clinic
from shared.jobs.model import Kind
from shared.wording import Language, Languages, Phrase, builtin
from shared.wording.bidi import Direction
from shared.wording.text import Fill

_LABELS: Final = ("who", "when", "where", "reason")

# C0 and C1 controls and the Unicode line ends: never in a header, and never in one line of a text
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a mail says, ready for the templates."""

    language: str
    direction: Direction
    subject: str
    preheader: str
    title: str
    lead: str
    greeting: str
    facts: Mapping[str, str]  # label → value, in reading order
    separator: str  # between the two, in plain text
    footer: str
    unsubscribe: str
    actions: Mapping[str, str]  # name of a link of the appointment → its label


class MailWording:
    def __init__(self, languages: Languages, clinic: Clinic | None = None) -> None:
        """`clinic`: its own details; without them mails say nothing of it."""
        self._languages = languages
        self._clinic = clinic or Clinic()
        self._texts = cache(self._texts_of)
        self._own_facts = lru_cache(maxsize=4096)(self._facts_of_the_clinic)
        self._has_details = self._clinic != Clinic()

    def words(self, notice: Notice) -> Words:
        """The words of a mail. Raises KeyError for a kind that has no texts."""
        language = self._languages.of(notice.client_locale)
        texts = self._texts(language, notice.kind)
        doctor = _line(notice.doctor_name)
        name = _line(notice.client_name or "")
        values = {
            "doctor": doctor,
            "name": name,
            "day": language.day(notice.local_date),
            "time": language.clock(notice.local_time),
        }
        return Words(
            language=language.tag,
            direction=language.direction,
            subject=texts.subject(values),
            preheader=texts.preheader(values),
            title=texts.title,
            lead=texts.lead,
            greeting=texts.greeting(values) if name else texts.greeting_unnamed,
            facts=self._facts(language, texts.labels, notice, doctor),
            separator=texts.separator,
            footer=texts.footer,
            unsubscribe=texts.unsubscribe,
            actions=texts.actions,
        )

    def in_app(self, notice: Notice) -> tuple[str, str]:
        """Title and body of the in-app notification. The reason is in neither: lock screens show both."""
        language = self._languages.of(notice.client_locale)
        texts = self._texts(language, notice.kind)
        body = texts.in_app({"doctor": _line(notice.doctor_name), "when": _when(language, notice)})
        return texts.title, _both(language, body, self._place(notice))

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
            footer=f"{text('mail.why')} {text('mail.reply-hint' if self._clinic.reply_to else 'mail.no-reply')}",
            unsubscribe=text("mail.unsubscribe"),
            actions={name: text(label) for name, label in _actions(kind)},
        )

    def _facts(self, language: Language, labels: Mapping[str, str], notice: Notice, doctor: str) -> Mapping[str, str]:
        """Labels with their values, in reading order."""
        place, isolated = self._place(notice), language.isolated
        facts = {
            labels["who"]: _both(language, doctor, _line(notice.doctor_specialty)),
            labels["when"]: _when(language, notice),
        }
        if place:
            facts[labels["where"]] = isolated(place)
        if self._has_details:
            facts.update(self._own_facts(language, notice.kind, notice.doctor_id, place))
        reason = _CONTROLS_BUT_LINES.sub(" ", notice.reason or "").strip()
        if reason:
            facts[labels["reason"]] = isolated(reason)
        return facts

    def _facts_of_the_clinic(self, language: Language, kind: str, doctor_id: str, place: str) -> Mapping[str, str]:
        clinic, text, isolated = self._clinic, language.text, language.isolated
        bring = clinic.bring_to(doctor_id, language.tag) if kind != Kind.CANCELLED else ""
        address = clinic.address if clinic.address != place else None
        facts = {
            text("label.address"): isolated(address or ""),
            text("label.telephone"): isolated(clinic.telephone or ""),
            text("label.bring"): isolated(bring),
        }
        return {label: value for label, value in facts.items() if value}

    def _place(self, notice: Notice) -> str:
        place = _line(notice.doctor_location)
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
    separator: str
    footer: str
    unsubscribe: str
    actions: Mapping[str, str]


def _actions(kind: str) -> Iterator[tuple[str, str]]:
    """What the appointment's page offers, by the names of AppointmentLinks, with the keys of the labels."""
    if kind == Kind.CANCELLED:
        yield "manage", "action.see"
    else:
        yield "manage", "action.manage"
        yield "cancel", "action.cancel"


def words(notice: Notice) -> Words:
    """The words of a mail in our own texts."""
    return MailWording(builtin()).words(notice)


def _when(language: Language, notice: Notice) -> Phrase:
    return language.appointment(notice.local_date, notice.local_time, notice.starts_at, notice.timezone)


def _both(language: Language, first: str, second: str) -> str:
    """One of them where the other is empty."""
    return language.text("both", first=first, second=second) if first and second else language.isolated(first or second)


def _line(text: str) -> str:
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()
