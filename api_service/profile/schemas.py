"""What clients and operators send about a client."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from api_service.fields import Line, TimeZone
from api_service.payloads import Payload

# One mailbox of RFC 5321, without quoted local parts and address literals; Unicode as in RFC 6531
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\"]+")


def _address(text: str) -> str:
    if not text.isprintable() or not _ADDRESS.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


Address = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class PreferencesRequest(Payload):
    email_reminders: bool = True


class ProfileRequest(Payload):
    """What a client may say. The address is not among it."""

    name: Line | None = Field(None, max_length=200)
    timezone: TimeZone | None = None
    locale: Language = "en"
    preferences: PreferencesRequest = PreferencesRequest()


class ClientRequest(ProfileRequest):
    """What an operator may say: the address too."""

    email: Address | None = None
