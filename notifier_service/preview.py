"""Writes mails as files, with the clinic's own look and words, and without any server: to look at before clients do."""

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import Field

from notifier_service.channels.email.rendering import Renderer
from notifier_service.channels.email.wording import MailWording
from notifier_service.channels.notice import Notice
from shared.errors import ConfigurationError
from shared.jobs.model import CLIENT_KINDS, Kind
from shared.links.appointments import AppointmentTokens, links_at
from shared.process.settings import Sender, WordingSettings
from shared.wording.interval import Interval

_SITE: Final = "https://booking.example"
_FILE_NAME: Final = re.compile("[A-Za-z0-9_-]{1,60}")


class PreviewSettings(WordingSettings):
    """What the mails of a preview are made of: neither servers nor keys."""

    mail_from: Sender = Field("Clinic <appointments@clinic.example>", description="Sender, as Name <address>.")
    mail_shows_reason: bool = Field(False, description="As the notifier's.")


def write(settings: PreviewSettings, kinds: Sequence[str] | None, locales: Sequence[str] | None, out: Path) -> int:
    """Writes each mail as KIND.LOCALE.eml, .html, .txt and .ics, and prints their paths; answers the exit status. None
    stands for all kinds, and for all languages.

    Raises ConfigurationError.
    """
    languages, clinic = settings.languages, settings.clinic
    renderer = Renderer(
        clinic.sender or settings.mail_from,
        wording=MailWording(languages, clinic, shows_reason=settings.mail_shows_reason),
        reply_to=clinic.reply_to,
        unsubscribe=lambda _: f"{_SITE}/unsubscribe/example",
        calendar_alarm=settings.calendar_alarm,
        appointment_links=links_at(_SITE, AppointmentTokens("an example")),
    )
    for locale in locales or languages.tags:
        if not _FILE_NAME.fullmatch(locale):
            raise ConfigurationError(f"{locale!a} is no locale, such as de-CH")
        for kind in kinds or CLIENT_KINDS:
            mail = renderer.render(_example(Kind(kind), locale, next(iter(clinic.doctors), "1")))
            for ending, content in _files(mail):
                _write(out / f"{kind}.{locale}.{ending}", content)
    return 0


def _files(mail: bytes) -> Iterator[tuple[str, bytes]]:
    """Endings and contents: the whole mail, and its parts as they are read."""
    yield "eml", mail
    message = message_from_bytes(mail, policy=default)
    if isinstance(message, EmailMessage):
        for subtype, ending in (("html", "html"), ("plain", "txt")):
            part = message.get_body((subtype,))
            if part is not None:
                yield ending, str(part.get_content()).encode()
        for attachment in message.iter_attachments():
            yield "ics", attachment.get_content()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {(error.strerror or 'unknown').lower()}") from None
    sys.stdout.write(f"{path}\n")


def _example(kind: Kind, locale: str, doctor_id: str) -> Notice:
    """An appointment of nobody."""
    return Notice(
        job_id=UUID(int=1),
        kind=kind,
        appointment_id=UUID(int=2),
        local_date=date(2027, 1, 5),
        local_time=time(15, 0),
        timezone="Europe/Berlin",
        starts_at=datetime(2027, 1, 5, 14, 0, tzinfo=UTC),
        ends_at=datetime(2027, 1, 5, 14, 30, tzinfo=UTC),
        reason="Regular checkup",
        doctor_name="Dr. Ada Weber",
        doctor_specialty="General practice",
        doctor_location="Lindenstraße 12, 10969 Berlin",
        client_id="client-1",
        client_name="Alex Example",
        client_email="alex@patients.example",
        client_locale=locale,
        doctor_id=doctor_id,
        version=1 if kind == Kind.CREATED else 2,
        previous_starts_at=datetime(2027, 1, 4, 9, 30, tzinfo=UTC) if kind == Kind.RESCHEDULED else None,
        previous_ends_at=datetime(2027, 1, 4, 10, 0, tzinfo=UTC) if kind == Kind.RESCHEDULED else None,
        offered=tuple(map(_example_time, (7, 8, 11))) if kind == Kind.OFFER else (),
        held_until=datetime(2027, 1, 4, 17, 0, tzinfo=UTC) if kind == Kind.OFFER else None,
    )


def _example_time(day: int) -> Interval:
    starts_at = datetime(2027, 1, day, 14, 0, tzinfo=UTC)
    return Interval(starts_at, starts_at + timedelta(minutes=30), starts_at.date(), time(15, 0), "Europe/Berlin")
