"""Every list that is read page by page: whatever the planner chooses, pages repeat nothing, lose nothing, and come in
the order that was promised. The statements are found in the tree, so that a new list cannot be forgotten here."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import pytest

import api_service
from api_service.appointments import store as appointments
from api_service.doctors import store as doctors
from api_service.inbox import store as inbox
from api_service.ops.core import actions, cancelling, dead_letters, job_lists, proposals, suppressions
from api_service.ops.core.actions import ActionFilter
from api_service.ops.core.filters import JobFilter, LastSeen, LetterFilter
from api_service.ops.core.selection import Selection
from api_service.ops.dashboard.listing import ListCursor, Wanted
from api_service.web.pagination import NamePage, Page
from api_service.zones import store as zones
from api_service.zones.law import Misfit
from shared.database import Database, Session
from shared.database.sql_file import statements
from shared.jobs.model import State
from tests.support.shortened import shortened

ROWS: Final = 150
LIMIT: Final = 17
CURSOR: Final = re.compile(r"(?:\(\w+, id\)|\bid) [<>] \(?\$\d")
NOW: Final = datetime(2026, 11, 25, tzinfo=UTC)
PLANS: Final[Mapping[str, Sequence[str]]] = {
    "as it likes": (),
    "no index": ("enable_indexscan = off", "enable_indexonlyscan = off", "enable_bitmapscan = off"),
    "parallel": (
        "parallel_setup_cost = 0",
        "parallel_tuple_cost = 0",
        "min_parallel_table_scan_size = 0",
        "min_parallel_index_scan_size = 0",
        "enable_indexscan = off",
    ),
    "hash": ("enable_nestloop = off", "enable_mergejoin = off"),
    "merge": ("enable_nestloop = off", "enable_hashjoin = off"),
    "loops": ("enable_hashjoin = off", "enable_mergejoin = off", "enable_seqscan = off"),
}
# in no order, and few moments for many rows, so that the id has to decide
_ROWS: Final = f"""
SELECT setseed(0.12);
INSERT INTO clients (id, email)
SELECT 'c' || n, 'c' || n || '@patients.example' FROM generate_series(0, 40) AS n ORDER BY random();
INSERT INTO doctors (id, name, timezone)
SELECT 'd' || n, 'Dr. ' || n % 9, 'UTC' FROM generate_series(1, {ROWS}) AS n ORDER BY random();
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
SELECT gen_random_uuid(), 'd' || n, CASE WHEN n % 2 = 0 THEN 'c0' ELSE 'c' || n % 41 END, day, '10:00', 'UTC',
       day, day + interval '1 h'
  FROM (SELECT n, date '2100-01-01' + n % 5 AS day FROM generate_series(1, {ROWS}) AS n) AS made
 ORDER BY random();
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, started_at, finished_at,
                  error)
SELECT gen_random_uuid(), 'appointment_created_email', 'high', state, appointment_id, client_id, at, at, at, at,
       CASE WHEN random() < 0.3 THEN '554 rare' ELSE '451 often' END
  FROM (
    SELECT a.id AS appointment_id, a.client_id, state,
           timestamptz '2026-01-01' + floor(random() * 9) * interval '1 s' AS at
      FROM appointments a CROSS JOIN unnest(ARRAY{[str(each) for each in State]}) AS state
  ) AS made
 ORDER BY random();
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body, created_at)
SELECT gen_random_uuid(), id, client_id, appointment_id, kind, '', '', due_at FROM jobs ORDER BY random();
INSERT INTO operator_actions (id, operator, action, target, matched, changed)
SELECT gen_random_uuid(), 'o', 'pause', '{{}}', 1, 1 FROM generate_series(1, {ROWS});
INSERT INTO suppressions (id, address, reason, created_by)
SELECT gen_random_uuid(), n || '@patients.example', 'r', 'o' FROM generate_series(1, {ROWS}) AS n ORDER BY random();
INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, source, address)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'c0', 'returned', true, 'api', n || '@new.example'
  FROM generate_series(1, {ROWS}) AS n ORDER BY random();
INSERT INTO dead_letters (id, received_at, reason, body)
SELECT gen_random_uuid(), timestamptz '2026-01-01' + floor(random() * 9) * interval '1 s', 'unreadable', ''
  FROM generate_series(1, {ROWS});
"""  # noqa: S608 - numbers and states of ours


@dataclass
class Recorder:
    """A database that notes which statements it was asked."""

    database: Database
    asked: set[str] = field(default_factory=set)

    async def fetch(self, statement: str, *values: Any) -> Any:
        self.asked.add(statement)
        return await self.database.fetch(statement, *values)

    async def fetchrow(self, statement: str, *values: Any) -> Any:
        self.asked.add(statement)
        return await self.database.fetchrow(statement, *values)

    async def execute(self, statement: str, *values: Any) -> str:
        return await self.database.execute(statement, *values)

    def transaction(self) -> "Recorder":
        return self

    async def __aenter__(self) -> "Recorder":
        return self

    async def __aexit__(self, *_: object) -> None: ...


Rows = Sequence[Any]


async def by_page(read: Callable[[Page], Awaitable[Rows]], moment: str | None) -> list[Any]:
    """Every page of a list of the API; `moment`: the field that stands before the id in its order, if any."""
    page, seen = Page(LIMIT), list[Any]()
    while True:
        found = await read(page)
        seen += [each.id for each in found[:LIMIT]]
        if len(found) <= LIMIT:
            return seen
        last = found[LIMIT - 1]
        page = Page(LIMIT, NOW if moment is None else getattr(last, moment), last.id)


async def by_name(database: Database) -> list[Any]:
    page, seen = NamePage(LIMIT), list[Any]()
    while True:
        found = await doctors.listed(database, page)
        seen += [each.id for each in found[:LIMIT]]
        if len(found) <= LIMIT:
            return seen
        page = NamePage(LIMIT, found[LIMIT - 1].name, found[LIMIT - 1].id)


async def of_jobs(database: Database, **filters: str) -> list[Any]:
    """Every page of a list of the dashboard; where it searches, until the search has come to its end."""
    seen, after = list[Any](), ""
    while True:
        page = await job_lists.page(database, Wanted(**filters, after=after).tab(NOW))
        assert len(page.rows) <= job_lists.SIZE
        seen += [row.job.id for row in page.rows]
        if page.after is None:
            return seen
        after = str(ListCursor(page.after.moment, page.after.id))


async def letters_page(database: Database, page: Page) -> Rows:
    after = None if page.moment is None or page.id is None else LastSeen(page.moment, page.id)
    return await dead_letters.listed(database, LetterFilter(), after=after, limit=LIMIT + 1, bodies=False)


async def of_cancelling(database: Database) -> list[Any]:
    """All that one cancelling by filter would take, batch after batch."""
    seen, after, made_before = list[Any](), UUID(int=0), NOW + timedelta(days=3650)
    session = cast("Session", database)
    while True:
        rows = await cancelling._chosen(session, Selection(), before=made_before, after=after, limit=LIMIT)
        seen += [row["id"] for row in rows]
        if len(rows) < LIMIT:
            return seen
        after = seen[-1]


async def of_misfits(database: Database, wrong_by: timedelta) -> list[Any]:
    """All appointments, as if another law moved them."""
    offset = timedelta(hours=10)  # of 10:00 at midnight UTC
    misfit = Misfit(
        "UTC", offset, datetime(2099, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC), offset + wrong_by
    )
    seen = list[Any]()
    while found := await zones.batch(database, misfit, seen[-1] if seen else None, limit=LIMIT):
        seen += found
    return [each.id for each in seen]


WAITS: Final = {"scheduled": "publish_after", "enqueued": "due_at", "processing": "started_at", "retrying": "due_at"}
OF_C0: Final = "client_id = 'c0' ORDER BY"


def tabs() -> Iterator[tuple[str, dict[str, str], str]]:
    """Lists of the dashboard: a name, the filter, and the rows with their order."""
    for state in State:
        order = f"{WAITS[state]}, id" if state in WAITS else "finished_at DESC, id DESC"
        yield state, {"state": state}, f"jobs WHERE state = '{state}' ORDER BY {order}"
        rare = f"jobs WHERE state = '{state}' AND error = '554 rare' ORDER BY {order}"
        yield f"rare {state}", {"state": state, "error": "rare"}, rare
    group = "jobs WHERE state = 'failed' AND error = '554 rare' ORDER BY finished_at DESC, id DESC"
    yield "group", {"group": "SMTP 554"}, group
    yield "all", {}, "jobs ORDER BY id DESC"
    yield "client", {"client": "c0"}, f"jobs WHERE {OF_C0} id DESC"


def lists(database: Database) -> Iterator[tuple[str, Awaitable[list[Any]], str]]:
    """Every list there is: a name, all its pages, and the rows with the order that they should come in."""

    def api(read: Callable[[Page], Awaitable[Rows]], moment: str | None = None) -> Awaitable[list[Any]]:
        return by_page(read, moment)

    async def newest(page: Page) -> Rows:
        return (await job_lists.newest(database, JobFilter(), after=page.id, limit=LIMIT + 1)).jobs

    async def suppressed(page: Page) -> Rows:
        found = await suppressions.listed(database, address=None, reason=None, after=page.id, limit=LIMIT + 1)
        return found.rows

    async def proposed(page: Page) -> Rows:
        return (await proposals.listed(database, after=page.id, limit=LIMIT + 1)).rows

    everything: dict[str, Any] = {"status": None, "starts_from": None, "starts_before": None}
    yield (
        "appointments",
        api(lambda page: appointments.listed(database, "c0", page, **everything), "starts_at"),
        f"appointments WHERE {OF_C0} starts_at DESC, id DESC",
    )
    yield (
        "notifications",
        api(lambda page: inbox.listed(database, "c0", page, unread=False), "created_at"),
        f"in_app_notifications WHERE {OF_C0} created_at DESC, id DESC",
    )
    yield "doctors", by_name(database), "doctors ORDER BY name, id"
    yield (
        "jobs",
        api(newest),
        "jobs ORDER BY id DESC",
    )
    letters = "dead_letters ORDER BY received_at DESC, id DESC"
    yield "letters", api(lambda page: letters_page(database, page), "received_at"), letters
    yield (
        "actions",
        api(lambda page: actions.listed(database, ActionFilter(), after=page.id, limit=LIMIT + 1)),
        ("operator_actions ORDER BY id DESC"),
    )
    yield (
        "suppressions",
        api(suppressed),
        "suppressions ORDER BY id DESC",
    )
    yield (
        "proposals",
        api(proposed),
        "delivery_reports ORDER BY id DESC",
    )
    ended = "('succeeded', 'cancelled', 'skipped')"
    yield "cancelling", of_cancelling(database), f"jobs WHERE state NOT IN {ended} ORDER BY id"
    for wrong_by in (timedelta(hours=-1), timedelta(hours=1)):
        order = "starts_at DESC, id DESC" if wrong_by < timedelta() else "starts_at, id"
        yield f"misfits {wrong_by}", of_misfits(database, wrong_by), f"appointments ORDER BY {order}"
    for name, filters, rows in tabs():
        yield f"dashboard {name}", of_jobs(database, **filters), rows


def paged() -> dict[str, str]:
    """The statements in the tree that have both a cursor and a limit of their caller, by file and name; without those
    that count what they read, and so answer one row."""
    root = Path(api_service.__file__).parent
    found = {}
    for file in root.rglob("*.sql"):
        package = ".".join(("api_service", *file.parent.relative_to(root).parts))
        for name, text in statements(package, file.name).items():
            if CURSOR.search(text) and re.search(r"LIMIT \$\d", text) and not is_count(text):
                found[f"{package}/{name}"] = text
    return found


@pytest.mark.parametrize("plan", shortened([*PLANS], to=3))
async def test_pages_repeat_nothing_lose_nothing_and_keep_their_order(
    database_url: str, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "SIZE", LIMIT)
    monkeypatch.setattr(job_lists, "WINDOW", 2 * LIMIT)
    name = database_url.rpartition("/")[2].partition("?")[0]
    setup = await Database.connect(database_url, size=1, name="tests")
    await setup.execute(_ROWS)
    for setting in PLANS[plan]:
        await setup.execute(f'ALTER DATABASE "{name}" SET {setting}')
    await setup.close()
    pool = await Database.connect(database_url, size=1, name="tests")
    recorder = Recorder(pool)
    try:
        for title, pages, rows in lists(cast("Database", recorder)):
            expected = [row["id"] for row in await pool.fetch(f"SELECT id FROM {rows}")]  # noqa: S608 - by the test
            assert await pages == expected, title
    finally:
        await pool.close()
    forgotten = [name for name, text in paged().items() if not any(text in asked for asked in recorder.asked)]
    assert not forgotten, "a list that this test does not read"


def test_every_paged_statement_puts_its_rows_in_order_itself() -> None:
    """At its outer level, by what its cursor compares, in the same direction; a tab's page by the place of each row."""
    for name, text in paged().items():
        order, direction = outer_order(text)
        cursors = re.findall(r"\(?((?:\w+, )?id)\)? ([<>]) \(?\$\d", text)
        assert cursors, name
        for columns, compared in cursors:
            assert (order, direction) == (columns, compared), name
    for name, text in job_lists._PAGES.items():
        assert text.rstrip().endswith("ORDER BY j.place"), name


def outer_level(text: str) -> str:
    """A statement without comments and without what stands in parentheses."""
    code = re.sub(r"--.*", "", text)
    while (flat := re.sub(r"\([^()]*\)", "", code)) != code:
        code = flat
    return code


def is_count(text: str) -> bool:
    outer = outer_level(text)
    return re.search(r"\bcount\b", outer) is not None and "GROUP BY" not in outer


def outer_order(text: str) -> tuple[str, str]:
    """The columns of a statement's last ORDER BY outside of all parentheses, and what a cursor compares with."""
    code = outer_level(text)
    found = re.findall(r"ORDER BY ([\w., ]+?)\s+LIMIT", code)
    assert found, f"no order at the outer level: {text}"
    named = {name: column for column, name in re.findall(r"(\w+) AS (\w+)", code)}
    columns = [each.strip() for each in found[-1].split(",")]
    falls = [each.endswith(" DESC") for each in columns]
    assert len(set(falls)) == 1, f"a row comparison knows one direction: {text}"
    plain = [each.removesuffix(" DESC") for each in columns]
    return ", ".join(named.get(each, each) for each in plain), "<" if falls[0] else ">"
