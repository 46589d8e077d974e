"""The JSON of figures, the verdict and running processes: its types, and how each is made."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api_service.ops.core.health import Health
from api_service.ops.core.stats import OldestDueJob, Rates, Stats
from api_service.ops.core.verdict import Level
from api_service.web.value_types import Id, Instant, KindName
from shared.jobs.model import State
from shared.jobs.process_heartbeats import Process, ProcessState, Role
from shared.people import zones

RatesJson = TypedDict("RatesJson", {"1m": float, "5m": float, "60m": float})
"""Jobs a minute, over the last 1, 5 and 60 minutes."""


class OldestDueJson(TypedDict):
    """The job that has waited longest since it was due."""

    id: Id
    kind: KindName
    state: State
    dueAt: Instant
    ageSeconds: float


class VerdictJson(TypedDict):
    """Whether mail is going out: the worst finding, and all `more` that holds."""

    level: Level
    sentence: Annotated[str, Field(examples=["Mail is going out: 1,204 sent in the last hour. Nothing is due."])]
    more: list[str]


ShownProcessState = Literal["serving", "stopping", "standing still", "silent"]
"""As its last heartbeat has said, but for a process without one for ten seconds."""


class ProcessJson(TypedDict):
    """A notifier or relay by its last heartbeat. `consumes`: the queues that it takes messages from; `loops`: those of
    its background loops that stand still; `broker`, `mailServer`: why it does not reach them, null while it does;
    `silentSeconds`: since the heartbeat, of which there is one every two seconds. A process that has ended in order is
    not listed; one that fell silent is for an hour."""

    role: Role
    process: Annotated[str, Field(examples=["clinic-1:4711"])]
    host: str
    version: str
    state: ShownProcessState
    slots: int
    inFlight: int
    consumes: list[str]
    loops: list[str]
    broker: str | None
    mailServer: str | None
    clockAheadSeconds: float
    startedAt: Instant
    seenAt: Instant
    silentSeconds: float


class StatsJson(TypedDict):
    """`jobs` by state and kind; `estimated`: states of which not all jobs were counted; `queues`: messages that wait in
    the broker, null where it does not say; `delayBackend` is null where another process knows it; `tzdata`: the release
    of this process's time zone data."""

    jobs: Annotated[dict[str, dict[str, int]], Field(examples=[{"scheduled": {"appointment_reminder": 12}}])]
    estimated: list[str]
    ratesPerMinute: Annotated[dict[str, RatesJson], Field(examples=[{"created": {"1m": 3.0, "5m": 2.4, "60m": 2.1}}])]
    oldestDueJob: OldestDueJson | None
    oldestDueJobAgeSeconds: float
    delayBackend: Annotated[str | None, Field(examples=["relay"])]
    queues: Annotated[dict[str, int | None] | None, Field(examples=[{"notifications.high": 0}])]
    tzdata: Annotated[str, Field(examples=["2026a"])]
    verdict: VerdictJson
    processes: list[ProcessJson]


def stats_json(stats: Stats, health: Health, delay_backend: str | None, depths: Mapping[str, int | None]) -> StatsJson:
    """`depths` of the broker's queues, empty where it does not say."""
    oldest = stats.oldest_due
    return {
        "jobs": stats.jobs,
        "estimated": list(stats.estimated),
        "ratesPerMinute": {name: _rates_json(rates) for name, rates in stats.rates.items()},
        "oldestDueJob": None if oldest is None else _oldest_json(oldest),
        "oldestDueJobAgeSeconds": 0.0 if oldest is None else oldest.age,
        "delayBackend": delay_backend,
        "queues": dict(depths) or None,
        "tzdata": zones.VERSION,
        "verdict": {
            "level": health.verdict.level,
            "sentence": health.verdict.sentence,
            "more": list(health.verdict.more),
        },
        "processes": [_process_json(each) for each in health.processes],
    }


_STATES: Final[Mapping[ProcessState, ShownProcessState]] = {
    ProcessState.SERVING: "serving",
    ProcessState.STOPPING: "stopping",
    ProcessState.STANDING_STILL: "standing still",
}


def _process_json(process: Process) -> ProcessJson:
    return {
        "role": process.role,
        "process": process.process,
        "host": process.host,
        "version": process.version,
        "state": "silent" if process.is_silent else _STATES[process.state],
        "slots": process.slots,
        "inFlight": process.in_flight,
        "consumes": list(process.consumes),
        "loops": list(process.loops),
        "broker": process.broker,
        "mailServer": process.mail_server,
        "clockAheadSeconds": round(process.clock_ahead, 3),
        "startedAt": process.started_at,
        "seenAt": process.seen_at,
        "silentSeconds": round(process.silent_for, 3),
    }


def _rates_json(rates: Rates) -> RatesJson:
    return {
        "1m": rates.last_minute,
        "5m": round(rates.last_5_minutes, 3),
        "60m": round(rates.last_60_minutes, 3),
    }


def _oldest_json(oldest: OldestDueJob) -> OldestDueJson:
    return {
        "id": oldest.id,
        "kind": oldest.kind,
        "state": oldest.state,
        "dueAt": oldest.due_at,
        "ageSeconds": oldest.age,
    }
