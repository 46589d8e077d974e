"""The bodies of requests about profiles, by clients and by operators."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from api_service.web.fields import Line, Plain, TimeZone
from api_service.web.payloads import Payload
from shared.people import addresses
from shared.people.names import LONGEST_NAME


def _address(text: str) -> str:
    addresses.parse(text)
    return text


Address = Annotated[str, Field(max_length=addresses.LONGEST), AfterValidator(_address)]
"""An e-mail address as it was typed."""
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class PreferencesRequest(Payload):
    email_reminders: bool = True


class ProfileRequest(Payload):
    """The fields that a client may write. The address is not among them."""

    name: Line | None = Field(None, max_length=LONGEST_NAME)
    timezone: TimeZone | None = None
    locale: Language = "en"
    preferences: PreferencesRequest = PreferencesRequest()


class ClientRequest(ProfileRequest):
    """The fields that an operator may write, including the address."""

    email: Address | None = None


class StaffClientRequest(Payload):
    """A client as the staff writes them with a booking. A field that is left out, or null, stays as it is."""

    id: Plain = Field(min_length=1, max_length=200, examples=["client-1"])
    email: Address | None = Field(None, examples=["client-1@patients.example"])
    name: Line | None = Field(None, max_length=LONGEST_NAME, examples=["Alex Example"])
    locale: Language | None = Field(None, examples=["en"])
    timezone: TimeZone | None = Field(None, examples=["Europe/Berlin"])
    phone: Line | None = Field(None, max_length=50, examples=["+49 30 1234567"])
