"""Reads a list of the jobs that Hangfire still has, as docs/migrating-from-hangfire.md queries it. Pure.

Formats: HangFire.Job.InvocationData in both spellings (before and since compatibility level 170),
HangFire.Job.Arguments (a JSON array of JSON texts), HangFire.Set.Score of the set "schedule" (Unix time in seconds).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from api_service.importing.faults import FileFaults
from api_service.importing.model import foreign_id
from api_service.importing.table import Columns, TableRow
from shared.jobs.model import Kind
from shared.safe_text import storable

COLUMNS: Final = Columns(["jobId", "state", "invocationData", "arguments"], ["score"])
RUNNING: Final = frozenset({"enqueued", "processing", "awaiting"})
"""States of jobs that Hangfire runs without waiting for a time."""
ENDED: Final = frozenset({"succeeded", "failed", "deleted"})
"""States of jobs that Hangfire does not run any more, unless a person says so."""
_SCORE: Final = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")
_SELECTOR: Final = re.compile(r"(?P<method>[^\s:]+?)(:(?P<place>[0-9]{1,2})(?P<fields>(\.[^\s.:]+)*))?")
_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Selector:
    """Which jobs are about appointments, and where their id is: the argument at `place`, or a field of it."""

    method: str
    place: int = 0
    fields: tuple[str, ...] = ()

    def names(self, type_name: str, method: str) -> bool:
        """`method`: a method, or as many parts of its type as tell it from others."""
        whole = f"{type_name.partition(',')[0].strip()}.{method}"
        return whole == self.method or whole.endswith(f".{self.method}")


@dataclass(frozen=True, slots=True)
class HangfireJob:
    """A job about an appointment. `due_at` None: it runs at once."""

    line: int
    job_id: str
    kind: Kind
    appointment: str
    due_at: datetime | None


@dataclass(slots=True)
class HangfireJobs:
    """`others`: jobs about something else, by method. `ended`: jobs that will not run."""

    pending: list[HangfireJob] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    ended: int = 0


def selector(text: str) -> Selector:
    """`Method`, `Method:1` or `Method:0.Appointment.Id`. Raises ValueError.

    >>> selector("Mails.Remind:0.Id")
    Selector(method='Mails.Remind', place=0, fields=('Id',))
    """
    found = _SELECTOR.fullmatch(text)
    if found is None:
        raise ValueError("must be a method, with the place of its argument, such as Mails.Remind:0.AppointmentId")
    fields = found["fields"] or ""
    return Selector(found["method"], int(found["place"] or 0), tuple(fields.split(".")[1:]))


def parsed(rows: Sequence[TableRow], selectors: Mapping[Kind, Sequence[Selector]], faults: FileFaults) -> HangfireJobs:
    """The jobs of a list. A job that cannot be understood is a fault: it may be about an appointment."""
    jobs = HangfireJobs()
    for row in rows:
        try:
            _add(row, selectors, jobs)
        except _Fault as fault:
            faults.add(row.line, fault.column, str(fault))
    return jobs


def _add(row: TableRow, selectors: Mapping[Kind, Sequence[Selector]], jobs: HangfireJobs) -> None:
    state = row.values.get("state", "").strip().lower()
    if state in ENDED:
        jobs.ended += 1
        return
    if state != "scheduled" and state not in RUNNING:
        raise _Fault("state", "is none of Hangfire's")
    type_name, method, arguments = _invocation(row)
    found = [(kind, each) for kind, known in selectors.items() for each in known if each.names(type_name, method)]
    if not found:
        jobs.others[storable(f"{type_name.partition(',')[0]}.{method}", longest=120)] += 1
        return
    kind, wanted = found[0]
    due_at = _due(row) if state == "scheduled" else None
    job_id = storable(row.values.get("jobId", "").strip(), longest=100)
    jobs.pending.append(HangfireJob(row.line, job_id, kind, _appointment(arguments, wanted), due_at))


def _invocation(row: TableRow) -> tuple[str, str, list[Any]]:
    """Type, method and arguments. The arguments are in their own column, or in the invocation (other storages)."""
    data = _json(row.values.get("invocationData", ""), "invocationData")
    if not isinstance(data, dict):
        raise _Fault("invocationData", "is no JSON object")
    type_name, method = data.get("t", data.get("Type")), data.get("m", data.get("Method"))
    if not isinstance(type_name, str) or not isinstance(method, str):
        raise _Fault("invocationData", "names no type and method")
    inside = data.get("a", data.get("Arguments"))
    arguments: Any = row.values.get("arguments") or inside or []
    if isinstance(arguments, str):
        arguments = _json(arguments, "arguments")
    if not isinstance(arguments, list):
        raise _Fault("arguments", "is no JSON array")
    return type_name, method, arguments


def _appointment(arguments: Sequence[Any], wanted: Selector) -> str:
    if wanted.place >= len(arguments):
        raise _Fault("arguments", f"has {len(arguments)} arguments; the id should be number {wanted.place}, from 0")
    value = arguments[wanted.place]
    value = _json(value, "arguments") if isinstance(value, str) else value
    for name in wanted.fields:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str) or not 0 < len(str(value)) <= _LONGEST_ID:
        raise _Fault("arguments", f"has no id at {wanted.place}{''.join(f'.{each}' for each in wanted.fields)}")
    return foreign_id(str(value).strip())


def _due(row: TableRow) -> datetime:
    score = row.values.get("score", "").strip()
    if not _SCORE.fullmatch(score):
        raise _Fault("score", "is no Unix time in seconds with all its digits, such as 1798729200")
    return datetime.fromtimestamp(float(score), UTC)


def _json(text: str, column: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _Fault(column, "is no JSON") from None


class _Fault(Exception):
    """A value of a row that cannot be understood."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
