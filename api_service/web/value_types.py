"""The types of values in answers, each with its description for the OpenAPI document."""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import Field, WithJsonSchema

from shared.jobs.model import Channel, Kind

Id = Annotated[
    UUID, WithJsonSchema({"type": "string", "format": "uuid", "examples": ["01a20b61-8d9e-762d-a1a5-40892a7d2830"]})
]
"""An id. Clients keep it unchanged, and read nothing from it."""
Instant = Annotated[
    datetime, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-01-05T14:00:00Z"]})
]
"""RFC 3339, in UTC."""
Day = Annotated[date, Field(examples=["2027-01-05"])]
"""A day of a clinic's calendar."""
ClockTime = Annotated[str, Field(examples=["15:00"])]
"""HH:MM on a clinic's clock, with seconds only if there are any."""
ZoneName = Annotated[str, Field(examples=["Europe/Berlin"])]
"""An IANA time zone."""
ChannelName = Annotated[str, Field(description="More channels may come.", examples=[str(each) for each in Channel])]
KindName = Annotated[str, Field(description="More kinds may come.", examples=[str(kind) for kind in Kind])]
"""The event that a job or a notification tells."""


def clock_time(moment: time) -> str:
    """A ClockTime.

    >>> clock_time(time(15)), clock_time(time(15, 0, 30))
    ('15:00', '15:00:30')
    """
    return moment.isoformat("seconds" if moment.second else "minutes")
