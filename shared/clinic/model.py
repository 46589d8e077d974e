"""The clinic's own details for mails, link pages and calendar files."""

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Annotated, Final
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.people import names
from shared.people.addresses import InvalidAddress, parse

_LONGEST_LINE: Final = 300
_TELEPHONE: Final = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}")
_COLOUR: Final = re.compile("#[0-9A-Fa-f]{6}")


def _line(text: str) -> str:
    found = names.line(text)
    if not 0 < len(found) <= _LONGEST_LINE:
        raise ValueError(f"must be one line of 1 to {_LONGEST_LINE} characters")
    return found


def _prose(text: str) -> str:
    found = names.prose(text)
    if not 0 < len(found) <= 2_000:
        raise ValueError("must be text of 1 to 2000 characters")
    return found


def _telephone(text: str) -> str:
    if not _TELEPHONE.fullmatch(text):
        raise ValueError("must be a telephone number, as +49 30 1234567")
    return text


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:  # unbalanced brackets
        usable = False
    if not usable or not text.isascii() or not text.isprintable() or " " in text or len(text) > 900:
        raise ValueError("must be an http or https URL in ASCII, as https://clinic.example/map")
    return text


def _secure_address(text: str) -> str:
    if urlsplit(_web_address(text)).scheme != "https":
        raise ValueError("must be an https URL: mail programs show no picture from another one")
    return text


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise ValueError("must be a colour of six hexadecimal digits, as #0b6e4f")
    return text.lower()


def _mailbox(text: str) -> str:
    """One address that needs no SMTPUTF8, since every mail carries it."""
    try:
        address = parse(parseaddr(text)[1])
    except InvalidAddress:
        raise ValueError("must be one e-mail address, as reception@clinic.example") from None
    if address.needs_smtputf8 or not text.isprintable() or not text.rstrip(" >").endswith(parseaddr(text)[1]):
        raise ValueError("must be one e-mail address, ASCII in front of the @, as reception@clinic.example")
    return text


def _language(tag: str) -> str:
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("must be a language tag, as de or pt-BR") from None
    return tag


Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, AfterValidator(_prose)]
Link = Annotated[str, AfterValidator(_web_address)]
Tag = Annotated[str, AfterValidator(_language)]
Localised = Prose | dict[Tag, Prose]
"""One text for all languages, or a table with a text for each language."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DoctorDetails(_Strict):
    """A doctor's own details, in place of the clinic's, and of the place that operators have set."""

    location: Line | None = None
    bring: Localised | None = Field(None, union_mode="left_to_right")


class Clinic(_Strict):
    """All details may be missing; then mails do not mention them. Frozen."""

    name: Line | None = None
    telephone: Annotated[str, AfterValidator(_telephone)] | None = None
    address: Line | None = None
    website: Link | None = None
    map_link: Link | None = None
    logo_url: Annotated[str, AfterValidator(_secure_address)] | None = None
    colour: Annotated[str, AfterValidator(_colour)] | None = None
    reply_to: Annotated[str, AfterValidator(_mailbox)] | None = None
    sender: Annotated[str, AfterValidator(_mailbox)] | None = None
    languages: Annotated[list[Tag], Field(min_length=1)] | None = None
    bring: Localised | None = Field(None, union_mode="left_to_right")
    doctors: dict[str, DoctorDetails] = Field(default_factory=dict)

    def location_of(self, doctor_id: str, otherwise: str) -> str:
        """The place of this doctor's appointments; `otherwise`: the place that operators have set, which may be ""."""
        return self._details(doctor_id).location or otherwise

    def bring_to(self, doctor_id: str, language: str) -> str:
        """The things that patients bring to this doctor, in the language of that tag; "" when none are named.

        If a language is missing, the clinic's first language stands in.
        """
        own = self._details(doctor_id).bring
        return self._in(own if own is not None else self.bring, language)

    @property
    def telephone_link(self) -> str:
        """As in RFC 3966, such as "tel:+49301234567"; "" without a number."""
        return "tel:" + re.sub("[^+0-9]", "", self.telephone) if self.telephone else ""

    def _details(self, doctor_id: str) -> DoctorDetails:
        return self.doctors.get(doctor_id) or _NONE

    def _in(self, text: str | Mapping[str, str] | None, language: str) -> str:
        if text is None or isinstance(text, str):
            return text or ""
        wanted = [language, language.partition("-")[0], *(self.languages or ())]
        return next((text[tag] for tag in wanted if tag in text), next(iter(text.values()), ""))


_NONE: Final = DoctorDetails()
