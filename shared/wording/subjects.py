"""Writes the subject of a mail, and the values that a mail's first lines share. Pure."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Final

from shared.wording.language import Language

# C0 and C1 controls and the Unicode line ends: never in a header, and never in one line of a text
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """Text that people typed, as one line."""
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()


def mail_values(
    language: Language, *, doctor: str, name: str | None, local_date: date, local_time: time
) -> Mapping[str, str]:
    """The values of subject, preheader and greeting: names as one line, date and time as the language writes them."""
    return {
        "doctor": one_line(doctor),
        "name": one_line(name or ""),
        "day": language.day(local_date),
        "time": language.clock(local_time),
    }


def subject(language: Language, kind: str, values: Mapping[str, str], part: str = "subject") -> str:
    """The subject of a mail of this kind (shared.jobs.model.Kind). `part`: of its texts, where it has several. Raises
    KeyError for a kind that has no texts."""
    return language.text(f"{kind}.{part}", **values)


def news(*, is_cancelled: bool, is_moved: bool) -> str:
    """The part of a doctor's notice that says what happened to the appointment.

    >>> news(is_cancelled=False, is_moved=True)
    'moved'
    """
    return "cancelled" if is_cancelled else "moved" if is_moved else "booked"
