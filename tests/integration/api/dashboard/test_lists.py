"""The dashboard's lists of jobs: order, pages, filters, search."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import pytest

from api_service.ops.core import job_lists
from shared.database import Database
from shared.database.sql_file import statements
from shared.jobs.model import Kind, State
from tests.support.factories import a_job, an_appointment
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

NOW = datetime.now(UTC)


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


def jobs(**filters: str) -> str:
    return f"/ops/jobs?{urlencode(filters)}"


async def several(database: Database, number: int, state: str, kind: Kind = Kind.CREATED) -> list[str]:
    """Jobs that came into a state a minute after one another; their ids in that order."""
    made = []
    for place in range(number):
        moment = NOW - timedelta(minutes=number - place)
        times: dict[str, Any] = {"due_at": moment, "publish_after": moment, "started_at": moment, "finished_at": moment}
        made.append(str((await a_job(database, kind, **times, state=state)).job_id))
    return made


async def test_each_state_has_its_list_the_next_or_the_newest_first(visitor: Visitor, database: Database) -> None:
    made = {state: await several(database, 3, state) for state in State}
    for state, ids in made.items():
        rises = state in (State.SCHEDULED, State.ENQUEUED, State.PROCESSING, State.RETRYING)
        assert (await visitor.get(jobs(state=state))).keys == (ids if rises else ids[::-1]), state


@pytest.mark.parametrize("state", ["scheduled", "failed", "", "succeeded"])
async def test_pages_show_every_job_once(
    visitor: Visitor, database: Database, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "SIZE", 5)
    made = await several(database, 12, state or "failed")
    await database.execute("UPDATE jobs SET finished_at = $1, publish_after = $1", NOW)  # all at the same moment

    seen: list[str] = []
    path: str | None = jobs(state=state)
    while path:
        page = await visitor.get(path)
        assert len(page.keys) <= 5
        seen += page.keys
        path = page.next

    assert sorted(seen) == sorted(made)


async def test_filters_narrow_a_list_and_stand_in_its_url(visitor: Visitor, database: Database) -> None:
    appointment = await an_appointment(database)
    wanted = await a_job(database, Kind.REMINDER, appointment_id=appointment, error="100% _full_", state="failed")
    await database.execute("UPDATE jobs SET finished_at = now() - interval '2 hours'")
    await several(database, 2, "failed")
    found = [str(wanted.job_id)]

    for filters in (
        {"state": "failed", "kind": "appointment_reminder"},
        {"kind": "appointment_reminder"},
        {"state": "failed", "queue": "normal"},
        {"state": "failed", "error": "100% _full"},
        {"state": "failed", "group": "…% _full_"},
        {"appointment": str(appointment)},
        {"appointment": str(appointment), "state": "failed"},
        {"state": "failed", "until": (NOW - timedelta(hours=1)).isoformat()},
    ):
        page = await visitor.get(jobs(**filters))
        assert page.keys == found, filters
        assert all(value in page.html for name, value in filters.items() if name in ("error", "appointment"))
    assert (await visitor.get(jobs(state="failed", error="100x"))).keys == []
    assert len((await visitor.get(jobs(state="failed", period="1h"))).keys) == 2
    assert len((await visitor.get(jobs(client="c"))).keys) == 3
    assert "Clear the filters" in (await visitor.get(jobs(client="nobody"))).html


async def test_waiting_jobs_are_narrowed_by_what_comes_next(visitor: Visitor, database: Database) -> None:
    soon = await a_job(database, Kind.REMINDER, due_in=timedelta(minutes=30))
    await a_job(database, Kind.REMINDER, due_in=timedelta(hours=30))

    assert (await visitor.get(jobs(state="scheduled", period="1h"))).keys == [str(soon.job_id)]


MEANINGLESS: list[dict[str, str]] = [
    {"state": "lost"},
    {"kind": "x"},
    {"queue": "low"},
    {"period": "1y"},
    {"appointment": "12"},
    {"since": "yesterday"},
    {"until": "9999-99-99"},
    {"after": "x"},
    {"after": "WyIxIl0="},
    {"error": "x" * 501},
    {"client": "a\nb"},
]


async def test_a_filter_that_means_nothing_is_named(visitor: Visitor) -> None:
    for filters in MEANINGLESS:
        seen = await visitor.get(jobs(**filters))
        assert (seen.status, "That list cannot be shown" in seen.text) == (422, True), filters


async def test_a_search_that_stops_short_says_so_and_goes_on(
    visitor: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "WINDOW", 4)
    [oldest] = await several(database, 1, "failed")
    await database.execute("UPDATE jobs SET error = 'rare', finished_at = now() - interval '1 day'")
    await several(database, 9, "failed")

    page = await visitor.get(jobs(state="failed", error="rare"))
    pages = 1
    while not page.keys:
        assert "the search has come to" in page.text
        assert page.next
        page, pages = await visitor.get(page.next), pages + 1

    assert (page.keys, pages) == ([oldest], 3)
    assert page.next is None


async def test_addresses_are_masked_wherever_they_are_echoed(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="failed", error="550 <c@patients.example>: unknown", finished_at=NOW)
    await database.execute(
        """INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, outcome, error)
           VALUES ($1, 1, now(), now(), 'failed', '550 <c@patients.example>: unknown')""",
        job.job_id,
    )
    for path in (
        jobs(),
        jobs(state="failed"),
        f"/ops/jobs/{job.job_id}",
        f"/ops/appointments/{job.appointment_id}",
        "/ops/failed",
        "/ops",
    ):
        seen = await visitor.get(path)
        assert seen.status == 200
        assert "c@patients.example" not in seen.html


async def test_what_a_row_holds_is_text_and_never_markup(visitor: Visitor, database: Database) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover='x'"
    await database.execute("INSERT INTO clients (id, email) VALUES ('c', $1)", evil + "@x")
    job = await a_job(database, state="failed", error=evil, finished_at=NOW, reason=evil, lease_owner=evil)
    for path in (jobs(state="failed"), f"/ops/jobs/{job.job_id}", "/ops/failed", jobs(state="failed", error=evil[:80])):
        html = (await visitor.get(path)).html
        assert "<script>" not in html
        assert "<img" not in html
        assert '" onmouseover' not in html


async def test_search_leads_to_what_was_meant(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="failed", finished_at=NOW)
    for text, path in (
        (str(job.job_id), f"/ops/jobs/{job.job_id}"),
        (f"  {job.appointment_id} ", f"/ops/appointments/{job.appointment_id}"),
        ("C@patients.EXAMPLE", "/ops/jobs?client=c"),
        ("c", "/ops/jobs?client=c"),
        ("no such user", "/ops/jobs?state=failed&error=no+such+user"),
        ("", "/ops/jobs"),
    ):
        assert (await visitor.submit("/ops/search", {"q": text})).path == path
    nobody = await visitor.submit("/ops/search", {"q": "nobody@patients.example"})
    assert nobody.path == "/ops/search"
    assert "No client has this address" in nobody.text
    await database.execute("INSERT INTO clients (id, email) VALUES ('d', 'c@patients.example')")
    several = await visitor.submit("/ops/search", {"q": "c@patients.example"})
    assert several.text.count("Client ") == 2


async def test_search_takes_the_short_ids_that_pages_show_and_the_beginnings_of_ids(
    visitor: Visitor, database: Database
) -> None:
    job = await a_job(database, state="failed", finished_at=NOW)
    older = await a_job(database, state="succeeded", finished_at=NOW)
    long_ago = UUID(int=older.job_id.int - (800 * 86_400_000 << 80))  # as if it had been made 800 days earlier
    await database.execute("UPDATE jobs SET id = $2 WHERE id = $1", older.job_id, long_ago)
    released = await a_job(database, state="succeeded", finished_at=NOW)
    own_digits = UUID(int=released.job_id.int ^ 0x1111_1110)  # as release 0.1.0 made them
    await database.execute("UPDATE jobs SET id = $2 WHERE id = $1", released.job_id, own_digits)
    await database.execute("INSERT INTO clients (id) VALUES ('5f0c31de-aaaa-4bbb-8ccc-0123456789ab')")
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) VALUES ('0ddc31de-aaaa-4bbb-8ccc-0123456789ab', 'Dr. Grace', 'UTC')"
    )
    for text, path in (
        (str(job.job_id)[-8:], f"/ops/jobs/{job.job_id}"),
        (str(own_digits)[-8:], f"/ops/jobs/{own_digits}"),
        (str(long_ago)[-8:].upper(), f"/ops/jobs/{long_ago}"),
        (str(long_ago)[:13], f"/ops/jobs/{long_ago}"),
        (str(long_ago)[:8], f"/ops/jobs/{long_ago}"),
        (str(job.appointment_id)[-8:], f"/ops/appointments/{job.appointment_id}"),
        ("5f0c31de", "/ops/jobs?client=5f0c31de-aaaa-4bbb-8ccc-0123456789ab"),
        ("5f0c31de-aaaa-4bbb-8ccc-0123456789ab", "/ops/jobs?client=5f0c31de-aaaa-4bbb-8ccc-0123456789ab"),
        ("0ddc31de", "/ops/agenda/0ddc31de-aaaa-4bbb-8ccc-0123456789ab"),
        ("0123abcd", "/ops/jobs?state=failed&error=0123abcd"),
    ):
        assert (await visitor.submit("/ops/search", {"q": text})).path == path, text
    several = await visitor.submit("/ops/search", {"q": str(job.job_id)[:8]})
    assert "found more than once" in several.text
    assert f"/ops/jobs/{job.job_id}" in several.html
    assert f"/ops/appointments/{job.appointment_id}" in several.html
    nothing = await visitor.submit("/ops/search", {"q": "0f0c31de-aaaa-4bbb-8ccc-0123456789ab"})
    assert "No job, appointment, client or doctor has this id" in nothing.text


_BY_LAST_DIGITS: Final = [["019a20123abcd", "019a30123abcd"], ["019a20123abcd"], 10, "0123abcd"]


@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        ("by_last_digits", _BY_LAST_DIGITS, "jobs_with_digits_of_their_own"),
        ("by_last_digits", _BY_LAST_DIGITS, "Index Scan using appointments_by_short_id"),
        ("by_last_digits", _BY_LAST_DIGITS, "jobs_of_appointment"),
        ("by_first_digits", [UUID(int=1), UUID(int=2), 10], "jobs_pkey"),
        ("by_beginning", ["pat", "pat\U0010ffff", 10], "clients_by_beginning"),
        ("by_beginning", ["pat", "pat\U0010ffff", 10], "doctors_by_beginning"),
    ],
)
async def test_each_search_by_a_part_of_an_id_goes_through_an_index(
    database: Database, name: str, values: list[Any], index: str
) -> None:
    statement = statements("api_service.ops.core.sql", "finding.sql")[name]
    async with database.transaction() as session:
        await session.execute("SET LOCAL enable_seqscan = off")
        plan = await session.fetch(f"EXPLAIN {statement}", *values)
    assert index in "\n".join(row[0] for row in plan)


async def test_search_finds_an_address_however_its_domain_is_spelt(visitor: Visitor, database: Database) -> None:
    await database.execute("INSERT INTO clients (id, email) VALUES ('jan', 'Jan@xn--bcher-kva.example')")
    for text in ("jan@bücher.example", "jan@BÜCHER.example", "JAN@xn--bcher-kva.EXAMPLE"):
        assert (await visitor.submit("/ops/search", {"q": text})).path == "/ops/jobs?client=jan"


async def test_a_job_that_was_removed_is_told_from_an_error(visitor: Visitor) -> None:
    seen = await visitor.get("/ops/jobs/00000000-0000-0000-0000-000000000000")
    assert seen.status == 404
    assert "removed after its retention" in seen.text
