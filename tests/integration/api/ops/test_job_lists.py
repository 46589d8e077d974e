"""What operators narrow jobs and dead letters by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api_service.ops.core import job_lists
from shared.database import Database
from shared.jobs.model import Kind, State
from tests.support.client import Answer, Client
from tests.support.factories import a_job, an_appointment
from tests.support.rows import a_dead_letter

JOBS = "/api/ops/jobs"
LETTERS = "/api/ops/dead-letters"


async def found(reader: Client, path: str = JOBS, /, **query: str) -> list[str]:
    answer = await reader("GET", path, query=query)
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["items"]]


async def pages(reader: Client, path: str, /, **query: str) -> list[str]:
    """The ids of every page, two a page."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer: Answer = await reader("GET", path, query={"limit": "2", **query, **cursor})
        ids += [each["id"] for each in answer.body["items"]]
        if answer.body["nextCursor"] is None:
            return ids
        cursor = {"cursor": answer.body["nextCursor"]}


@pytest.mark.parametrize("state", list(State))
async def test_jobs_are_listed_by_state_newest_first(reader: Client, database: Database, state: State) -> None:
    jobs = {each: [str((await a_job(database, state=each)).job_id) for _ in range(3)] for each in State}

    assert await pages(reader, JOBS, state=state) == jobs[state][::-1]


async def test_jobs_are_narrowed_by_kind_appointment_client_and_all_of_them(reader: Client, database: Database) -> None:
    appointment_id = await an_appointment(database)
    mine = [str((await a_job(database, kind, appointment_id=appointment_id)).job_id) for kind in Kind]
    other = str((await a_job(database, Kind.CANCELLED)).job_id)

    assert await found(reader, kind="appointment_cancelled_email") == [other, mine[2]]
    assert await found(reader, appointmentId=str(appointment_id)) == mine[::-1]
    assert await found(reader, clientId="c") == [other, *mine[::-1]]
    assert await found(reader, clientId="nobody") == []
    assert await found(reader, clientId="c", kind="appointment_cancelled_email", state="scheduled") == [other, mine[2]]
    assert await pages(reader, JOBS) == [other, *mine[::-1]]


async def test_errors_are_searched_where_jobs_are_in_trouble(reader: Client, database: Database) -> None:
    failed = str((await a_job(database, state="failed", error="550 No such user: 100%")).job_id)
    retrying = str((await a_job(database, state="retrying", error="451 no such luck")).job_id)
    await a_job(database, state="succeeded", error="451 no such luck")

    assert await found(reader, error="NO SUCH") == [retrying, failed]
    assert await found(reader, error="no such", state="failed") == [failed]
    assert await found(reader, error="100%") == [failed]
    assert await found(reader, error="1%0") == []
    assert await found(reader, error="n_ such") == []


async def test_a_search_goes_on_where_it_has_stopped_short(
    reader: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "WINDOW", 3)
    failed, moved = list[str](), list[str]()
    for number in range(14):
        error = "550 wanted" if number % 7 == 0 else "451 later"
        failed.append(str((await a_job(database, state="failed", error=error)).job_id))
        moved.append(
            str((await a_job(database, Kind.RESCHEDULED, state="succeeded" if number == 2 else "failed")).job_id)
        )

    assert await pages(reader, JOBS, error="wanted") == [failed[7], failed[0]]
    assert await pages(reader, JOBS, error="wanted", state="failed") == [failed[7], failed[0]]
    assert await pages(reader, JOBS, error="never") == []
    assert await pages(reader, JOBS, state="succeeded") == [moved[2]]
    assert await pages(reader, JOBS, state="succeeded", kind=Kind.RESCHEDULED) == [moved[2]]
    assert await pages(reader, JOBS, kind=Kind.RESCHEDULED) == moved[::-1]
    assert await pages(reader, JOBS, kind=Kind.CREATED, state="failed") == failed[::-1]
    assert len(await pages(reader, JOBS, clientId="c")) == 28


@pytest.mark.parametrize("state", [State.ENQUEUED, State.RETRYING])
async def test_an_outages_many_waiting_jobs_are_all_listed(
    reader: Client, database: Database, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    monkeypatch.setattr(job_lists, "WINDOW", 3)
    waiting = [str((await a_job(database, state=state)).job_id) for _ in range(8)]

    assert await pages(reader, JOBS, state=state) == waiting[::-1]


async def test_a_job_is_found_by_the_beginning_of_its_id(reader: Client, database: Database) -> None:
    one, two = [str((await a_job(database)).job_id) for _ in range(2)]

    assert await found(reader, id=one) == [one]
    assert await found(reader, id=one.replace("-", "").upper()[:30]) == [one]
    assert await found(reader, id=one[:4]) == [two, one]
    assert await found(reader, id="ffff") == []


WRONG: list[tuple[str, dict[str, str], str]] = [
    (JOBS, {"state": "lost"}, "?state"),
    (JOBS, {"kind": "letter"}, "?kind"),
    (JOBS, {"appointmentId": "1"}, "?appointmentId"),
    (JOBS, {"clientId": "a\x00b"}, "?clientId"),
    (JOBS, {"error": "x" * 501}, "?error"),
    (JOBS, {"error": "x", "state": "succeeded"}, "?error"),
    (JOBS, {"id": "xyz"}, "?id"),
    (JOBS, {"id": "0" * 33}, "?id"),
    (JOBS, {"id": "0x12"}, "?id"),
    (JOBS, {"id": "-"}, "?id"),
    (JOBS, {"id": "١٢٣"}, "?id"),
    (JOBS, {"limit": "201"}, "?limit"),
    (JOBS, {"cursor": "nonsense"}, "?cursor"),
    (LETTERS, {"from": "yesterday"}, "?from"),
    (LETTERS, {"to": "2027-01-05"}, "?to"),
    (LETTERS, {"reason": "a\nb"}, "?reason"),
    ("/api/ops/actions", {"action": "destroy"}, "?action"),
    ("/api/ops/actions", {"from": "yesterday"}, "?from"),
    ("/api/ops/suppressions", {"address": "a\nb"}, "?address"),
    ("/api/ops/suppressions", {"limit": "0"}, "?limit"),
]


async def test_a_malformed_filter_is_named(reader: Client) -> None:
    for path, query, name in WRONG:
        answer = await reader("GET", path, query=query)

        assert answer.status == 422, (path, query)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert [each["pointer"] for each in answer.body["errors"]] == [name]


async def test_dead_letters_are_narrowed_by_reason_and_when_they_came(reader: Client, database: Database) -> None:
    day = datetime(2026, 11, 24, 12, tzinfo=UTC)
    letters: list[tuple[str, Any]] = [
        ("unreadable", day),
        ("unknown job", day + timedelta(hours=1)),
        ("unreadable", day + timedelta(hours=2)),
    ]
    ids = []
    for reason, received in letters:
        ids.append(str(await a_dead_letter(database, reason=reason, received_at=received)))

    assert await pages(reader, LETTERS) == ids[::-1]
    assert await found(reader, LETTERS, reason="unreadable") == [ids[2], ids[0]]
    assert await pages(reader, LETTERS, **{"from": letters[1][1].isoformat()}) == [ids[2], ids[1]]
    assert await found(reader, LETTERS, to=letters[1][1].isoformat()) == [ids[0]]
    assert await found(reader, LETTERS, reason="unreadable", to=letters[1][1].isoformat()) == [ids[0]]
