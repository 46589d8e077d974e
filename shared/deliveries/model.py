"""What a report about a delivered e-mail says. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.people.addresses import LONGEST as LONGEST_ADDRESS
from shared.people.addresses import normalised
from shared.safe_text import storable

LONGEST_DETAIL: Final = 1_000
"""Characters."""
_STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])", re.ASCII)
_NOT_THE_ADDRESS: Final = re.compile(r"5\.(1\.[78]|2\.[234]|3\.\d+|4\.(?!4$)\d+|6\.\d+|7\.\d+)", re.ASCII)
"""RFC 3463: the sender is refused, the mailbox is full, the message too large, a system or a route is at fault, a
policy refuses. The next mail may well arrive."""


class DeliveryEvent(StrEnum):
    RETURNED = "returned"  # given up: the client did not get it
    DELAYED = "delayed"  # a server still tries
    COMPLAINED = "complained"  # the client has called it unwanted


@dataclass(frozen=True, slots=True)
class Report:
    """`status`: of RFC 3463, such as 5.1.1. `is_permanent`: the address itself is at fault. `source`: who says so.
    `recipient`: the address that the mail went to, normalised; None where the report does not say. `proof`: what a
    bounce token knows of that address (shared/links/bounces.py); None without a token."""

    job_id: UUID
    event: DeliveryEvent
    is_permanent: bool
    status: str | None
    detail: str
    source: str
    recipient: str | None = None
    proof: bytes | None = None


def report_of(
    job_id: UUID,
    event: DeliveryEvent,
    *,
    source: str,
    status: str | None = None,
    detail: str = "",
    recipient: str | None = None,
    is_permanent: bool | None = None,
    proof: bytes | None = None,
) -> Report:
    """A report from what somebody outside says: text is made storable and cut, and a status is looked for in the detail
    where it is not given. `is_permanent`: None where the status decides."""
    found = status_in(status or "") or status_in(detail)
    if is_permanent is None:
        is_permanent = event is DeliveryEvent.COMPLAINED or (event is DeliveryEvent.RETURNED and blames_address(found))
    return Report(
        job_id=job_id,
        event=event,
        is_permanent=is_permanent,
        status=found,
        detail=storable(detail, longest=LONGEST_DETAIL),
        source=source,
        recipient=_address(recipient),
        proof=proof,
    )


def status_in(text: str) -> str | None:
    """The first status code of RFC 3463 in a text.

    >>> status_in("smtp; 550 5.1.1 <ada@patients.example>: no such user"), status_in("version 15.1.10.3")
    ('5.1.1', None)
    """
    found = _STATUS.search(text)
    return None if found is None else found[0]


def blames_address(status: str | None) -> bool:
    """Whether a mail returned with this status says that the next one to its address comes back as well. Without any
    status nobody knows: no.

    >>> blames_address("5.1.1"), blames_address("5.2.2"), blames_address("4.4.7"), blames_address(None)
    (True, False, False, False)
    """
    return status is not None and status.startswith("5") and not _NOT_THE_ADDRESS.fullmatch(status)


def _address(text: str | None) -> str | None:
    """None for what can be no address of a client."""
    if not text or len(text) > LONGEST_ADDRESS or not text.isprintable() or "@" not in text:
        return None
    return normalised(text)
