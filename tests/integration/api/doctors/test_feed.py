"""A doctor's calendar feed: the key opens the appointments, without reasons. Nobody else learns anything."""

from typing import Any

import icalendar
import pytest
import vobject
from structlog.testing import capture_logs

from shared.database import Database
from tests.support.client import Answer, Client

KEY = "/api/ops/doctors/1/calendar-key"


@pytest.fixture
async def path(operator: Client) -> str:
    answer = await operator("POST", KEY, {})
    assert answer.status == 200, answer.body
    assert answer.body["key"] in answer.body["path"]
    return str(answer.body["path"])


async def events(nobody: Client, path: str) -> list[Any]:
    answer = await nobody("GET", path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    for lines in answer.body.encode().split(b"\r\n"):
        assert len(lines) <= 75
    assert [each.name for each in vobject.readComponents(answer.body)] == ["VCALENDAR"]
    return list(icalendar.Calendar.from_ical(answer.body).walk("VEVENT"))


async def test_it_follows_the_appointments_without_reasons(client: Client, nobody: Client, path: str) -> None:
    assert await events(nobody, path) == []
    first, second = await client.book(reason="Something private"), await client.book()

    [one, two] = await events(nobody, path)

    assert [str(one["UID"]), str(two["UID"])] == [first["id"], second["id"]]
    assert (str(one["SUMMARY"]), one["DTSTART"].dt.isoformat()) == ("Alex", first["startsAt"].replace("Z", "+00:00"))
    assert "private" not in (await nobody("GET", path)).body

    await client("PATCH", f"/api/client/appointments/{first['id']}", {"appointmentTime": "10:00"})
    await client("DELETE", f"/api/client/appointments/{second['id']}")
    [moved] = await events(nobody, path)
    assert (str(moved["UID"]), moved["SEQUENCE"]) == (first["id"], 1)


async def test_names_are_written_so_that_calendars_read_them(
    client: Client, nobody: Client, path: str, database: Database
) -> None:
    await client.book()
    for name in ("Weiß, Jörg; \\ né\u2028e", "ä" * 90, "日本" * 40, "a\r\nBEGIN:VEVENT"):
        await database.execute("UPDATE clients SET name = $1, updated_at = now()", name)
        [event] = await events(nobody, path)
        assert str(event["SUMMARY"]).replace("\n", " ") == name.replace("\u2028", " ").replace("\r\n", "  ")


async def test_an_unknown_name_says_nothing(client: Client, nobody: Client, path: str, database: Database) -> None:
    await client.book()
    await database.execute("UPDATE clients SET name = NULL")
    [event] = await events(nobody, path)
    assert str(event["SUMMARY"]) == "Appointment"


async def test_its_tag_changes_with_the_appointments(client: Client, nobody: Client, path: str) -> None:
    async def with_tag(tag: str) -> Answer:
        return await nobody("GET", path, headers={"If-None-Match": tag})

    tag = (await nobody("GET", path)).headers["ETag"]
    assert (await with_tag(tag)).status == 304
    await client.book()
    changed = await with_tag(tag)
    assert changed.status == 200
    assert (await with_tag(changed.headers["ETag"])).status == 304
    assert (await with_tag("no tag")).status == 422


async def test_without_the_key_there_is_no_feed(
    client: Client, operator: Client, nobody: Client, path: str, database: Database
) -> None:
    await client.book()
    feed = path.partition("?")[0]
    right = path.partition("=")[2]
    refused = [
        await one("GET", there)
        for one in (nobody, client, operator)
        for there in (
            feed,
            f"{feed}?key=",
            f"{feed}?key={right}x",
            f"{feed}?key={right[:-1]}",
            "/api/doctors/9/calendar.ics",
        )
    ]
    assert {(each.status, each.body["detail"]) for each in refused} == {(404, refused[0].body["detail"])}
    [row] = await database.fetch("SELECT t::text AS line FROM doctor_feeds AS t")
    assert right not in row["line"]


async def test_a_new_key_and_a_revocation_end_the_older_one(operator: Client, nobody: Client, path: str) -> None:
    newer = (await operator("POST", KEY, {})).body["path"]
    assert (await nobody("GET", path)).status == 404
    assert (await nobody("GET", newer)).status == 200
    assert (await operator("DELETE", KEY)).status == 204
    assert (await nobody("GET", newer)).status == 404
    assert (await operator("DELETE", KEY)).status == 404
    acts = (await operator("GET", "/api/ops/actions")).body["items"]
    assert [each["action"] for each in acts] == ["revoke_feed_key", "make_feed_key", "make_feed_key"]


async def test_a_key_for_nobody_is_not_made(operator: Client) -> None:
    assert (await operator("POST", "/api/ops/doctors/nobody/calendar-key", {})).status == 404


async def test_the_key_is_in_no_log_and_no_metric(nobody: Client, path: str) -> None:
    key = path.partition("=")[2]
    with capture_logs() as logs:
        await nobody("GET", path)
        await nobody("GET", path + "x")
    assert any(each["event"] == "request" for each in logs)
    assert key not in str(logs)
    assert key not in (await nobody("GET", "/metrics")).body
