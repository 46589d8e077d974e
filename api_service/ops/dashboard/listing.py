"""The filters of the list of jobs: reads them from a URL's query, and writes them into one. Pure."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

import orjson

from api_service.ops.core.filters import ALWAYS, NEVER, WAITING, LastSeen, TabFilter
from shared.jobs.model import Kind, Priority, State
from shared.safe_text import is_line

PERIODS: Final = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
_LONGEST: Final = 500


class BadFilter(ValueError):
    """A filter in the URL that means nothing; the message says which."""


class ListCursor(LastSeen):
    """The last row that was seen, as it stands in a URL."""

    __slots__ = ()

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.moment.isoformat(), str(self.id)])).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            moment, row_id = orjson.loads(base64.urlsafe_b64decode(text.encode()))
            return cls(datetime.fromisoformat(moment).astimezone(UTC), UUID(row_id))
        except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
            raise BadFilter("The page's place is not one that was given out here.") from None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Each filter as its text in the URL; empty: not filtered."""

    state: str = ""
    kind: str = ""
    queue: str = ""
    group: str = ""
    error: str = ""
    appointment: str = ""
    client: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    after: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Raises BadFilter."""
        wanted = cls(**{field.name: query.get(field.name, "").strip() for field in fields(cls)})
        for name in ("error", "client", "group"):
            text = getattr(wanted, name)
            if len(text) > _LONGEST or not is_line(text):
                raise BadFilter(f"The filter “{name}” must be one line of at most {_LONGEST} characters.")
        _one_of("state", wanted.state, State)
        _one_of("kind", wanted.kind, Kind)
        _one_of("queue", wanted.queue, Priority)
        _one_of("period", wanted.period, PERIODS)
        _ = wanted.appointment_id, wanted.cursor, wanted.between(ALWAYS)
        return wanted

    @property
    def appointment_id(self) -> UUID | None:
        if not self.appointment:
            return None
        try:
            return UUID(self.appointment)
        except ValueError:
            raise BadFilter("The appointment is not an id: 32 hexadecimal digits.") from None

    @property
    def cursor(self) -> ListCursor | None:
        return ListCursor.parse(self.after) if self.after else None

    def tab(self, now: datetime) -> TabFilter:
        """The same for the lists of jobs."""
        since, until = self.between(now)
        return TabFilter(
            state=State(self.state) if self.state else None,
            kind=self.kind or None,
            queue=self.queue or None,
            group=self.group or None,
            error=self.error or None,
            appointment_id=self.appointment_id,
            client_id=self.client or None,
            since=since,
            until=until,
            after=self.cursor,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.query(state="", after=""))

    @property
    def is_a_set(self) -> bool:
        """Whether the list can be changed as a whole: something narrows it, and no filter that only lists know (a
        queue, a period)."""
        narrowed = bool(self.kind or self.group or self.error or self.appointment or self.client)
        return narrowed and not (self.queue or self.period or self.since or self.until)

    @property
    def can_requeue_all(self) -> bool:
        return self.is_a_set and (self.state == State.FAILED or bool(self.group and not self.state))

    @property
    def can_cancel_all(self) -> bool:
        return self.is_a_set and (not self.state or self.state in WAITING or self.state == State.FAILED)

    def between(self, now: datetime) -> tuple[datetime, datetime]:
        """From when (inclusive) until when, of the time that the tab is ordered by: behind us for what has ended,
        ahead of us for what waits."""
        since, until = _moment(self.since, ALWAYS), _moment(self.until, NEVER)
        if self.period:
            length = PERIODS[self.period]
            if self.state in WAITING:
                until = min(until, now + length)
            else:
                since = max(since, now - length)
        return since, until

    def query(self, **changes: Any) -> str:
        """The query string with some filters changed; another filter begins at the first page."""
        changed = replace(self, **({"after": ""} | changes))
        return urlencode({field.name: value for field in fields(self) if (value := str(getattr(changed, field.name)))})

    def url(self, **changes: Any) -> str:
        query = self.query(**changes)
        return f"/ops/jobs?{query}" if query else "/ops/jobs"


def _one_of(name: str, value: str, allowed: Any) -> None:
    if value and value not in list(allowed):
        raise BadFilter(f"The filter “{name}” must be one of {', '.join(allowed)}.")


def _moment(text: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilter("A time is written like 2027-01-05T14:00Z.") from None
