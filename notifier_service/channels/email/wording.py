"""Words a notice in the client's language; what people typed is only ever a value in our texts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier_service.channels.notice import Notice
from shared.clinic import Clinic
from shared.jobs.model import Kind
from shared.wording import Language, Languages, Phrase, builtin
from shared.wording.bidi import Direction

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


class MailWording:
    def __init__(self, languages: Languages, clinic: Clinic | None = None) -> None:
        """`clinic`: its own details; without them mails say nothing of it."""
        self._languages = languages
        self._clinic = clinic or Clinic()

    def words(self, notice: Notice) -> Words:
        """The words of a mail. Raises KeyError for a kind that has no texts."""
        language = self._languages.of(notice.client_locale)
        doctor = _line(notice.doctor_name)
        name = _line(notice.client_name or "")
        text = language.text
        day, clock = language.day(notice.local_date), language.clock(notice.local_time)
        return Words(
            language=language.tag,
            direction=language.direction,
            subject=text(f"{notice.kind}.subject", doctor=doctor, day=day, time=clock),
            preheader=text(f"{notice.kind}.preheader", doctor=doctor),
            title=text(f"{notice.kind}.title"),
            lead=text(f"{notice.kind}.lead"),
            greeting=text("mail.greeting", name=name) if name else text("mail.greeting-unnamed"),
            facts={text(label): value for label, value in self._facts(language, notice, doctor) if value},
            separator=text("separator"),
            footer=f"{text('mail.why')} {text('mail.reply-hint' if self._clinic.reply_to else 'mail.no-reply')}",
            unsubscribe=text("mail.unsubscribe"),
        )

    def in_app(self, notice: Notice) -> tuple[str, str]:
        """Title and body of the in-app notification. The reason is in neither: lock screens show both."""
        language = self._languages.of(notice.client_locale)
        title = language.text(f"{notice.kind}.title")
        when = _when(language, notice)
        body = language.text(f"{notice.kind}.in-app", doctor=_line(notice.doctor_name), when=when)
        return title, _both(language, body, self._place(notice))

    def _facts(self, language: Language, notice: Notice, doctor: str) -> Iterator[tuple[str, str]]:
        """Keys of labels with their values, some of them empty, in reading order."""
        clinic, place, isolated = self._clinic, self._place(notice), language.isolated
        yield "label.who", _both(language, doctor, _line(notice.doctor_specialty))
        yield "label.when", _when(language, notice)
        yield "label.where", isolated(place)
        if clinic.address and clinic.address != place:
            yield "label.address", isolated(clinic.address)
        yield "label.telephone", isolated(clinic.telephone or "")
        if notice.kind != Kind.CANCELLED:
            yield "label.bring", isolated(clinic.bring_to(notice.doctor_id, language.tag))
        yield "label.reason", isolated(_CONTROLS_BUT_LINES.sub(" ", notice.reason or "").strip())

    def _place(self, notice: Notice) -> str:
        return self._clinic.location_of(notice.doctor_id, _line(notice.doctor_location))


def words(notice: Notice) -> Words:
    """The words of a mail in our own texts."""
    return MailWording(builtin()).words(notice)


def _when(language: Language, notice: Notice) -> Phrase:
    local = datetime.combine(notice.local_date, notice.local_time)
    zone = language.zone(notice.starts_at, notice.timezone, local)
    return language.when(notice.local_date, notice.local_time, zone)


def _both(language: Language, first: str, second: str) -> str:
    """One of them where the other is empty."""
    return language.text("both", first=first, second=second) if first and second else language.isolated(first or second)


def _line(text: str) -> str:
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()
