"""The figures that operators look at."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.database import Database
from shared.ids import first_id_at, new_id
from shared.jobs.model import Kind, State
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role, Vitals
from shared.people import zones
from tests.support.client import Client
from tests.support.factories import a_job
from tests.support.rows import nobody_falls_silent
from tests.support.waiting import eventually

STATS = "/api/ops/stats"
NOTHING = {"1m": 0, "5m": 0, "60m": 0}


async def test_without_any_job_all_is_zero_and_what_no_broker_tells_is_null(reader: Client) -> None:
    found = (await reader("GET", STATS)).body
    assert found.pop("verdict") == {
        "level": "bad",
        "sentence": "No mail goes out: no notifier is running. Nothing is due.",
        "more": [],
    }
    assert found == {
        "jobs": {},
        "estimated": [],
        "ratesPerMinute": {"created": NOTHING, "succeeded": NOTHING, "failed": NOTHING},
        "oldestDueJob": None,
        "oldestDueJobAgeSeconds": 0,
        "delayBackend": None,
        "queues": None,
        "tzdata": zones.VERSION,
        "processes": [],
    }


async def test_jobs_are_counted_by_state_and_kind_also_those_that_have_ended(
    reader: Client, database: Database
) -> None:
    for state in [*State, State.FAILED]:
        await a_job(database, state=state)
    await a_job(database, Kind.REMINDER, state="scheduled")

    jobs = (await reader("GET", STATS)).body["jobs"]

    one = {"appointment_created_email": 1}
    assert jobs == {
        **{str(state): one for state in State},
        "scheduled": {"appointment_created_email": 1, "appointment_reminder": 1},
        "failed": {"appointment_created_email": 2},
    }


async def test_rates_are_a_minute_over_1_5_and_60_minutes(reader: Client, database: Database) -> None:
    now = datetime.now(UTC)
    for seconds in (10, 100, 200, 1_000, 5_000):
        ended = now - timedelta(seconds=seconds)
        await a_job(database, state="succeeded", finished_at=ended)
        if seconds > 150:
            await a_job(database, state="failed", finished_at=ended)

    rates = (await reader("GET", STATS)).body["ratesPerMinute"]

    assert rates["succeeded"] == {"1m": 1, "5m": pytest.approx(3 / 5), "60m": pytest.approx(4 / 60, abs=0.001)}
    assert rates["failed"] == {"1m": 0, "5m": pytest.approx(1 / 5), "60m": pytest.approx(2 / 60, abs=0.001)}
    assert rates["created"] == {"1m": 8, "5m": pytest.approx(8 / 5), "60m": pytest.approx(8 / 60, abs=0.001)}


@pytest.mark.parametrize("state", ["scheduled", "enqueued", "processing", "retrying"])
async def test_the_oldest_due_job_is_named_whatever_it_waits_for(
    reader: Client, database: Database, state: str
) -> None:
    due = datetime.now(UTC) - timedelta(minutes=2)
    for other in ("scheduled", "enqueued", "processing", "retrying"):
        await a_job(database, state=other)
    oldest = await a_job(database, Kind.REMINDER, state=state, due_at=due)
    await a_job(database, state="failed", due_at=due - timedelta(days=1))
    await a_job(database, Kind.REMINDER, due_in=timedelta(days=1))

    shown = (await reader("GET", STATS)).body

    assert shown["oldestDueJob"]["id"] == str(oldest.job_id)
    assert (shown["oldestDueJob"]["kind"], shown["oldestDueJob"]["state"]) == ("appointment_reminder", state)
    assert 120 <= shown["oldestDueJob"]["ageSeconds"] < 600
    assert shown["oldestDueJobAgeSeconds"] == shown["oldestDueJob"]["ageSeconds"]


def test_ids_can_be_compared_with_moments() -> None:
    before, made, after = datetime.now(UTC), new_id(), datetime.now(UTC) + timedelta(milliseconds=1)
    assert first_id_at(before) <= made < first_id_at(after)


async def states_are(reader: Client, states: list[str]) -> bool:
    """The figures may be some seconds old."""
    return [each["state"] for each in (await reader("GET", STATS)).body["processes"]] == states


async def test_running_processes_are_listed_with_what_they_said_last(reader: Client, database: Database) -> None:
    vitals = Vitals(slots=8, in_flight=3, consumes=["notifications.high"], broker="odd\x00words")
    notifier = ProcessHeartbeat(database, Role.NOTIFIER, lambda: vitals, process="vm:1")
    await notifier.beat()
    await nobody_falls_silent(database)

    [shown] = (await reader("GET", STATS)).body["processes"]

    assert (shown["role"], shown["process"], shown["state"]) == ("notifier", "vm:1", "serving")
    assert (shown["slots"], shown["inFlight"], shown["consumes"]) == (8, 3, ["notifications.high"])
    assert (shown["broker"], shown["mailServer"], shown["loops"]) == ("odd\\x00words", None, [])
    assert abs(shown["clockAheadSeconds"]) < 2
    queues = (await reader("GET", "/api/ops/queues")).body["items"]
    assert {each["priority"]: each["consumers"] for each in queues} == {"high": 1, "normal": 0}
    await notifier.stopping()
    await notifier.beat()
    await nobody_falls_silent(database)
    await eventually(lambda: states_are(reader, ["stopping"]))
    await notifier.leave()
    await eventually(lambda: states_are(reader, []))


async def test_a_process_that_fell_silent_is_not_said_to_serve(reader: Client, database: Database) -> None:
    for name in ("vm:1", "vm:2"):
        await ProcessHeartbeat(database, Role.RELAY, Vitals, process=name).beat()
    await nobody_falls_silent(database)
    await database.execute(
        "UPDATE process_heartbeats SET seen_at = now() - interval '11 seconds' WHERE process = 'vm:1'"
    )
    assert await states_are(reader, ["serving", "silent"])


async def test_what_fell_silent_long_ago_is_forgotten_by_the_next_heartbeat(reader: Client, database: Database) -> None:
    for name in ("vm:1", "vm:2"):
        await ProcessHeartbeat(database, Role.RELAY, Vitals, process=name).beat()
    await database.execute("UPDATE process_heartbeats SET seen_at = now() - interval '61 minutes'")
    await ProcessHeartbeat(database, Role.RELAY, Vitals, process="vm:3").beat()

    assert [each["process"] for each in (await reader("GET", STATS)).body["processes"]] == ["vm:3"]
