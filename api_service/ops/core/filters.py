"""Says what lists are narrowed by, and where in a list a page begins. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from shared.jobs.model import State

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
FIRST_ID: Final = UUID(int=0)
LAST_ID: Final = UUID(int=2**128 - 1)


WAITING: Final = frozenset({State.SCHEDULED, State.ENQUEUED, State.PROCESSING, State.RETRYING})
"""Tabs that begin with the job whose time comes first; the others begin with the one that ended last."""


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last row that was seen of a list in the order of a moment and an id: the next page begins after it."""

    moment: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What jobs are narrowed by, exactly; None: not at all. `error` is contained in the error of a failed or retrying
    job, `ids` are the first and the last id that count."""

    state: str | None = None
    kind: str | None = None
    appointment_id: UUID | None = None
    client_id: str | None = None
    error: str | None = None
    ids: tuple[UUID, UUID] | None = None


@dataclass(frozen=True, slots=True)
class TabFilter:
    """What a tab is narrowed by; None: not at all. `state` names the tab; `group` is a cause of failure; `since` and
    `until` bound the time that the tab is ordered by; the page begins after `after`."""

    state: State | None = None
    kind: str | None = None
    queue: str | None = None
    group: str | None = None
    error: str | None = None
    appointment_id: UUID | None = None
    client_id: str | None = None
    since: datetime = ALWAYS
    until: datetime = NEVER
    after: LastSeen | None = None

    @property
    def narrows(self) -> bool:
        """Whether candidates are looked through for what no index knows."""
        return bool(self.kind or self.queue or self.error)


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """What dead letters are narrowed by; None: not at all. `discarded`: whether they were dealt with."""

    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    discarded: bool | None = None
