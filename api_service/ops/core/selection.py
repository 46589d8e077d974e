"""Chooses failed jobs, and says which of them may be requeued and why not (sql/selection.sql)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self, cast
from uuid import UUID

from api_service.ops.core.searching import pattern
from shared.database import Executor, Session
from shared.database.sql_file import statements
from shared.jobs.model import Kind, Priority, State
from shared.people.addresses import normalised

_SQL: Final = statements("api_service.ops.core.sql", "selection.sql")
_CHOSEN: Final = _SQL["chosen"].replace("/* excluded */", _SQL["excluded"])
_HELD: Final = _CHOSEN.replace("/* held */", _SQL["held"])
_JUDGED: Final = _SQL["judged"].replace("/* excluded */", _SQL["excluded"])


class Exclusion(StrEnum):
    """Why a job is not sent by an operator's hand."""

    CANCELLED = "cancelled"  # its appointment was cancelled, or the job itself while it was tried
    MOVED = "moved"  # the client was told of another time since
    BEGUN = "begun"  # its appointment has begun
    SUPPRESSED = "suppressed"  # mail does not reach its address
    OPTED_OUT = "optedOut"  # the client wants no reminders by mail
    TOLD_ONCE = "toldOnce"  # a mail to a doctor, which no operator sends a second time
    POSSIBLY_SENT = "possiblySent"  # its mail may have gone out; left out only where that was asked for


@dataclass(frozen=True, slots=True)
class Selection:
    """Which jobs; None: not narrowed by it. A requeue takes failed jobs only, whatever `state` is; a cancelling takes
    those of `state`. `group`: the cause of failure; `error`: a part of the error."""

    ids: tuple[UUID, ...] | None = None
    state: str | None = None
    kind: str | None = None
    appointment_id: UUID | None = None
    client_id: str | None = None
    error: str | None = None
    group: str | None = None

    def target(self) -> dict[str, Any]:
        """As the record of actions has it: the jobs, or the filter that chose them."""
        if self.ids is not None:
            return {"jobIds": [str(each) for each in self.ids]}
        given = {
            "state": self.state,
            "kind": self.kind,
            "appointmentId": None if self.appointment_id is None else str(self.appointment_id),
            "clientId": self.client_id,
            "error": self.error,
            "errorGroup": self.group,
        }
        return {"filter": {name: value for name, value in given.items() if value is not None}}

    @classmethod
    def from_target(cls, target: Mapping[str, Any]) -> Self:
        """The selection that `target` was made of."""
        if "jobIds" in target:
            return cls(ids=tuple(map(UUID, target["jobIds"])))
        given = target["filter"]
        appointment = given.get("appointmentId")
        return cls(
            state=given.get("state"),
            kind=given.get("kind"),
            appointment_id=None if appointment is None else UUID(appointment),
            client_id=given.get("clientId"),
            error=given.get("error"),
            group=given.get("errorGroup"),
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A failed job of a selection; `excluded`: why it may not be requeued; `unsure`: its mail may have gone out."""

    id: UUID
    priority: Priority
    excluded: Exclusion | None
    unsure: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A job as an act on it would find it; `excluded`: why it would not be sent; `resent_by`: a job that sends it again
    just now."""

    state: State
    kind: Kind
    excluded: Exclusion | None
    resent_by: UUID | None


async def judge(executor: Executor, job_id: UUID) -> Judged | None:
    """None where there is no such job."""
    row = await executor.fetchrow(_JUDGED, job_id)
    if row is None:
        return None
    found = await suppressed(executor, {row["email"]} - {None})
    return Judged(State(row["state"]), Kind(row["kind"]), _excluded(row, found), row["resent_by"])


async def now(executor: Executor) -> datetime:
    """The database's clock, by which jobs fail."""
    [row] = await executor.fetch(_SQL["clock"])
    return cast("datetime", row["now"])


async def choose(session: Session, which: Selection, *, before: datetime, limit: int, hold: bool) -> list[Chosen]:
    """The jobs of a selection that had failed before that moment, oldest first, at most `limit`; `hold`: locked until
    the caller's transaction ends, which should plan its statements anew (searching.planned_anew)."""
    rows = await session.fetch(
        _HELD if hold else _CHOSEN,
        which.ids,
        which.group,
        which.kind,
        which.appointment_id,
        which.client_id,
        pattern(which.error),
        before,
        limit,
    )
    found = await suppressed(session, {row["email"] for row in rows} - {None})
    return [_chosen(row, found) for row in rows]


def left_out(chosen: Sequence[Chosen], *, possibly_sent: bool) -> Mapping[Exclusion, int]:
    """How many are not requeued, by why; without those of `possibly_sent` where they are included."""
    found = Counter(why for each in chosen if (why := why_not(each, possibly_sent=possibly_sent)) is not None)
    return {why: found[why] for why in Exclusion if found[why]}


def why_not(chosen: Chosen, *, possibly_sent: bool) -> Exclusion | None:
    """Why a job is not requeued; `possibly_sent`: those whose mail may have gone out are."""
    if chosen.excluded is None and chosen.unsure and not possibly_sent:
        return Exclusion.POSSIBLY_SENT
    return chosen.excluded


async def suppressed(executor: Executor, addresses: set[str]) -> set[str]:
    """Those of the addresses that mail does not reach: compared as the claim does, in the same spelling."""
    spelled = {address: normalised(address) for address in addresses}
    rows = await executor.fetch(_SQL["suppressed"], sorted(set(spelled.values())))
    refused = {row["address"] for row in rows}
    return {address for address, spelling in spelled.items() if spelling in refused}


def _chosen(row: Any, refused: set[str]) -> Chosen:
    return Chosen(row["id"], Priority(row["priority"]), _excluded(row, refused), bool(row["unsure"]))


def _excluded(row: Any, refused: set[str]) -> Exclusion | None:
    if row["excluded"] is not None:
        return Exclusion(row["excluded"])
    return Exclusion.SUPPRESSED if row["email"] in refused else None
