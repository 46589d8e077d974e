"""Conditional requests on an appointment."""

import asyncio

import pytest

from shared.database import Database
from tests.support.client import Client, a_wish

PATH = "/api/client/appointments"


async def booked(client: Client) -> tuple[str, str]:
    """Path and tag of a new appointment."""
    answer = await client("POST", PATH, a_wish())
    return answer.headers["Location"], answer.headers["ETag"]


async def test_every_answer_with_the_appointment_has_its_tag(client: Client) -> None:
    path, tag = await booked(client)
    assert (await client("GET", path)).headers["ETag"] == tag
    changed = (await client("PATCH", path, {"reason": "Other"})).headers["ETag"]
    assert (await client("GET", path)).headers["ETag"] == changed != tag
    cancelled = (await client("DELETE", path)).headers["ETag"]
    assert (await client("GET", path)).headers["ETag"] == cancelled != changed


async def test_what_is_known_is_not_sent_again(client: Client) -> None:
    path, tag = await booked(client)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await client("GET", path, headers={"If-None-Match": known})
        assert (answer.status, answer.body) == (304, "")
        assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (tag, "no-store")
        assert "Content-Length" not in answer.headers or answer.headers["Content-Length"] == "0"
    assert (await client("GET", path, headers={"If-None-Match": '"other"'})).status == 200


async def test_a_304_never_hides_that_a_job_has_moved_on(client: Client, database: Database) -> None:
    path, tag = await booked(client)
    await database.execute("UPDATE jobs SET state = 'failed' WHERE kind = 'appointment_created_email'")
    answer = await client("GET", path, headers={"If-None-Match": tag})
    assert answer.status == 200
    assert answer.body["jobs"][0]["state"] == "failed"


async def test_a_job_that_has_moved_on_does_not_stop_a_change(client: Client, database: Database) -> None:
    path, tag = await booked(client)
    await database.execute("UPDATE jobs SET state = 'succeeded' WHERE kind = 'appointment_created_email'")
    assert (await client("PATCH", path, {"reason": "Other"}, headers={"If-Match": tag})).status == 200


async def test_a_device_with_an_old_view_cannot_cancel(client: Client, database: Database) -> None:
    path, tag = await booked(client)
    moved = await client("PATCH", path, {"appointmentDate": "2101-05-05"})

    refused = await client("DELETE", path, headers={"If-Match": tag})

    assert (refused.status, refused.body["type"]) == (412, "urn:punctual:problem:changed")
    assert (await client("GET", path)).body["status"] == "booked"
    again = {"If-Match": moved.headers["ETag"]}
    assert (await client("DELETE", path, headers=again)).status == 200
    # the answer may have been lost; the repeat carries the same condition
    assert (await client("DELETE", path, headers=again)).status == 200
    assert len(await database.fetch("SELECT FROM jobs WHERE kind = 'appointment_cancelled_email'")) == 1


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_any_version_may_be_asked_for_also_by_a_tag_that_a_proxy_has_made_weak(
    client: Client, method: str
) -> None:
    body = {"reason": "Other"} if method == "PATCH" else None
    path, tag = await booked(client)
    assert (await client(method, path, body, headers={"If-Match": 'W/"7-2f0c6f1e5a9b7d43"'})).status == 412
    assert (await client(method, path, body, headers={"If-Match": '"1", "other-1"'})).status == 412
    assert (await client(method, path, body, headers={"If-Match": f'"other", {tag}'})).status == 200
    for known in ("*", "W/{tag}"):
        path, tag = await booked(client)
        assert (await client(method, path, body, headers={"If-Match": known.format(tag=tag)})).status == 200


@pytest.mark.parametrize(
    ("method", "header"), [("PATCH", "If-Match"), ("DELETE", "If-Match"), ("GET", "If-None-Match")]
)
async def test_a_malformed_condition_is_named_and_nothing_changes(client: Client, method: str, header: str) -> None:
    path, tag = await booked(client)
    body = {"reason": "Other"} if method == "PATCH" else None
    answer = await client(method, path, body, headers={header: tag.strip('"')})
    assert answer.status == 422
    assert [error["pointer"] for error in answer.body["errors"]] == [header]
    assert (await client("GET", path)).headers["ETag"] == tag


async def test_what_does_not_exist_or_is_over_says_so_whatever_the_condition(client: Client, stranger: Client) -> None:
    path, tag = await booked(client)
    assert (await stranger("DELETE", path, headers={"If-Match": "*"})).status == 404
    await client("DELETE", path)
    answer = await client("PATCH", path, {"reason": "Other"}, headers={"If-Match": tag})
    assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:cancelled")


async def test_of_many_devices_with_one_view_one_changes_it(client: Client) -> None:
    path, tag = await booked(client)
    calls = (client("PATCH", path, {"reason": f"device {n}"}, headers={"If-Match": tag}) for n in range(12))
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status for answer in answers) == [200] + [412] * 11
    [winner] = [answer for answer in answers if answer.status == 200]
    assert (await client("GET", path)).body["reason"] == winner.body["reason"]
