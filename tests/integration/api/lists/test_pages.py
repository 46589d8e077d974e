"""Pages of every list of clients: bounded, and stable whatever is inserted and deleted between them."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import orjson
import pytest

from shared.database import Database
from tests.support.client import Client


async def a_doctor(database: Database, chance: Random) -> str:
    """Names repeat, so that the id has to decide."""
    doctor_id, name = str(uuid4()), chance.choice(["Dr. Ada", "dr. ada", "Dr. Émile", 'Dr. Zoe, "X"'])
    await database.execute("INSERT INTO doctors (id, name, timezone) VALUES ($1, $2, 'UTC')", doctor_id, name)
    return doctor_id


async def an_appointment(database: Database, chance: Random) -> str:
    """Starts repeat too, with other doctors."""
    await database.execute("INSERT INTO clients (id, email) VALUES ('client-1', 'c@x.example') ON CONFLICT DO NOTHING")
    starts, doctor_id = datetime(2100, 1, chance.randint(1, 5), tzinfo=UTC), await a_doctor(database, chance)
    row = await database.fetchrow(
        """INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
           VALUES ($1, $2, 'client-1', $3, '00:00', 'UTC', $4, $5) RETURNING id""",
        uuid4(),
        doctor_id,
        starts.date(),
        starts,
        starts + timedelta(minutes=30),
    )
    assert row is not None
    return str(row[0])


async def a_notification(database: Database, chance: Random) -> str:
    appointment_id = await an_appointment(database, chance)
    row = await database.fetchrow(
        """INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body, created_at)
           VALUES ($1, $2, 'client-1', $3, 'kind', 'title', 'body', $4) RETURNING id""",
        uuid4(),
        uuid4(),
        appointment_id,
        datetime(2026, 1, chance.randint(1, 5), tzinfo=UTC),
    )
    assert row is not None
    return str(row[0])


@dataclass(frozen=True, slots=True)
class Listed:
    path: str
    table: str
    make: Callable[[Database, Random], Awaitable[str]]


LISTS = [
    Listed("/api/doctors", "doctors", a_doctor),
    Listed("/api/client/appointments", "appointments", an_appointment),
    Listed("/api/client/notifications", "in_app_notifications", a_notification),
]
each_list = pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.table)


@each_list
async def test_what_stays_is_seen_once_whatever_comes_and_goes_between_pages(
    client: Client, database: Database, listed: Listed
) -> None:
    chance = Random(listed.path)
    await database.execute("DELETE FROM doctors")
    staying = {await listed.make(database, chance) for _ in range(25)}
    going = [await listed.make(database, chance) for _ in range(12)]
    seen: list[str] = []
    query = {"limit": str(chance.randint(1, 4))}
    while True:
        page = (await client("GET", listed.path, query=query)).body
        assert len(page["items"]) <= int(query["limit"])
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
        if going:
            gone = going.pop(chance.randrange(len(going)))
            await database.execute(f"DELETE FROM {listed.table} WHERE id::text = $1", gone)  # noqa: S608 - the test's own
            await listed.make(database, chance)

    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@each_list
async def test_pages_together_are_the_whole_list_in_its_order(
    client: Client, database: Database, listed: Listed
) -> None:
    chance = Random(5)
    for _ in range(11):
        await listed.make(database, chance)
    whole = [item["id"] for item in (await client("GET", listed.path)).body["items"]]
    paged, query = [], {"limit": "4"}
    while query.get("cursor") != "":
        page = (await client("GET", listed.path, query=query)).body
        paged += [item["id"] for item in page["items"]]
        query["cursor"] = page["nextCursor"] or ""
    assert paged == whole


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode()


LIMITS = ("0", "201", "-1", "1.5", "many", "٣", " 5", "0" * 8 + "50000", "9" * 5000)
CURSORS = (
    *("nonsense", "bnVsbA==", "e30=", "W10=", "!!!!", "a"),
    *(cursor("one"), cursor(1, 2), cursor(None, None), cursor([], "x"), cursor("a\x00", "b\x00")),
)
MOMENTS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "2027-01-01T00:00:00")


@each_list
async def test_a_malformed_page_is_named(client: Client, listed: Listed) -> None:
    moments = () if listed.table == "doctors" else [cursor(moment, str(uuid4())) for moment in MOMENTS]
    for name, values in {"limit": LIMITS, "cursor": (*CURSORS, *moments)}.items():
        for value in values:
            answer = await client("GET", listed.path, query={name: value})
            assert answer.status == 422, value
            assert [error["pointer"] for error in answer.body["errors"]] == [f"?{name}"]


async def test_an_instant_outside_the_calendar_is_named(client: Client) -> None:
    for moment in MOMENTS:
        answer = await client("GET", "/api/client/appointments", query={"from": moment})
        assert [error["pointer"] for error in answer.body["errors"]] == ["?from"]
