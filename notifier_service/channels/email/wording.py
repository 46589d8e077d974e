"""Chooses our words for a notice, in the client's language; what people typed is only ever an argument."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from notifier_service.consuming.notice import Notice
from shared.people import localtime

LANGUAGES: Final = ("en", "de")
# C0 and C1 controls and the Unicode line ends: never in a header, and never in one line of a text
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a mail says, ready to be set."""

    language: str
    subject: str
    title: str
    lead: str
    greeting: str
    facts: Mapping[str, str]  # label → value, in reading order
    footer: str
    unsubscribe: str


def words(notice: Notice) -> Words:
    """The mail's words. Raises KeyError for a kind that no wording knows."""
    language = _language(notice.client_locale)
    phrases, labels = _phrases(language)[notice.kind], _phrases(language)["labels"]
    values = _values(notice)
    name = _line(notice.client_name or "")
    facts = {
        labels["doctor"]: ", ".join(filter(None, [values["doctor"], _line(notice.doctor_specialty)])),
        labels["when"]: f"{values['day']}, {values['time']} ({values['zone']})",
        labels["where"]: _line(notice.doctor_location),
        labels["reason"]: _CONTROLS_BUT_LINES.sub(" ", notice.reason or "").strip(),
    }
    return Words(
        language=language,
        subject=phrases["subject"].format(**values),
        title=phrases["title"],
        lead=phrases["lead"],
        greeting=labels["greeting"].format(name=name) if name else labels["greeting_unnamed"],
        facts={label: value for label, value in facts.items() if value},
        footer=labels["footer"],
        unsubscribe=labels["unsubscribe"],
    )


def in_app(notice: Notice) -> tuple[str, str]:
    """Title and body of the in-app notification. The reason is in neither: lock screens show both."""
    phrases = _phrases(_language(notice.client_locale))[notice.kind]
    return phrases["title"], phrases["in_app"].format(**_values(notice))


def _values(notice: Notice) -> dict[str, str]:
    place = _line(notice.doctor_location)
    return {
        "doctor": _line(notice.doctor_name),
        "day": localtime.day(notice.local_date, notice.client_locale),
        "time": localtime.clock(notice.local_time, notice.client_locale),
        "zone": _zone(notice),
        "place": f", {place}" if place else "",
    }


def _zone(notice: Notice) -> str:
    local = datetime.combine(notice.local_date, notice.local_time)
    return localtime.zone(notice.starts_at, notice.timezone, notice.client_locale, local)


def _language(tag: str) -> str:
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


@cache
def _phrases(language: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("notifier_service.channels.email.wordings") / f"{language}.toml").read_text("utf-8"))


def _line(text: str) -> str:
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()
