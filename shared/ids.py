"""Makes ids: UUID version 7 (RFC 9562), so that rows made together lie together in every index."""

from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

_VERSION_AND_VARIANT: Final = 0x7 << 76 | 0b10 << 62


def new_id() -> UUID:
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """The least id that may be made in that millisecond: a moment to compare ids with.

    >>> from datetime import UTC
    >>> str(first_id_at(datetime(2027, 1, 5, tzinfo=UTC)))
    '01a2e325-4400-7000-8000-000000000000'
    """
    return UUID(int=int(moment.timestamp() * 1000) << 80 | _VERSION_AND_VARIANT)
