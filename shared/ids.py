"""Makes ids: UUID version 7 (RFC 9562), so that rows made together lie together in every index."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

_VERSION_AND_VARIANT: Final = 0x7 << 76 | 0b10 << 62
_LAST_DIGIT: Final = 0xF
_SHARED_DIGITS: Final = 0xFFFF_FFF0
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")


def new_id() -> UUID:
    return uuid7()


def new_job_id(appointment_id: UUID) -> UUID:
    """For a job that tells of this appointment. Seven of its last eight digits are the appointment's, and the very last
    one is not. So the index of the appointments' last digits leads to their jobs, and jobs need none of their own
    (docs/decisions/0038).

    >>> appointment = UUID("01a2e325-4400-7000-8000-0000123abcde")
    >>> job = str(new_job_id(appointment))
    >>> job[-8:-1], job[-1] == "e"
    ('123abcd', False)
    """
    job = uuid7().int & ~_SHARED_DIGITS | appointment_id.int & _SHARED_DIGITS
    return UUID(int=job ^ 1 if (job ^ appointment_id.int) & _LAST_DIGIT == 0 else job)


def first_id_at(moment: datetime) -> UUID:
    """The least id that may be made in that millisecond: a moment to compare ids with.

    >>> from datetime import UTC
    >>> str(first_id_at(datetime(2027, 1, 5, tzinfo=UTC)))
    '01a2e325-4400-7000-8000-000000000000'
    """
    return UUID(int=int(moment.timestamp() * 1000) << 80 | _VERSION_AND_VARIANT)


def traceparent_of(request_id: str | None) -> str | None:
    """The W3C traceparent, unsampled, of a request whose caller named no trace: its own id is the trace. None when the
    id is none of ours.

    >>> traceparent_of("01a2e325440070008000000000000001")
    '00-01a2e325440070008000000000000001-8000000000000001-00'
    """
    if request_id is None or not _TRACE_ID.fullmatch(request_id) or request_id.endswith("0" * 16):
        return None
    return f"00-{request_id}-{request_id[16:]}-00"


def stored_traceparent(traceparent: str | None, request_id: str | None) -> str | None:
    """The traceparent that a row must keep beside its request id; None when `traceparent_of` knows it."""
    return None if traceparent == traceparent_of(request_id) else traceparent
