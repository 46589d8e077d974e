"""Input at the edge of what is text, a number or a day; each was taken, or answered 500, once."""

from typing import Any

import pytest

from shared.database import Database
from tests.support.client import Client, a_wish

PATH = "/api/client/appointments"


def faults(answer: Any) -> list[str]:
    assert answer.status == 422, answer.body
    return [fault["pointer"] for fault in answer.body["errors"]]


@pytest.mark.parametrize("day", ["0001-01-01", "0001-12-31"])
async def test_the_first_year_of_the_calendar_is_past(client: Client, day: str) -> None:
    early = {"appointmentDate": day, "appointmentTime": "00:00"}
    assert faults(await client("POST", PATH, a_wish() | early)) == ["/appointmentDate"]
    appointment = await client.book()
    assert faults(await client("PATCH", f"{PATH}/{appointment['id']}", early)) == ["/appointmentDate"]
    assert (await client("GET", "/api/doctors/1/slots", query={"date": day})).body["items"] == []


@pytest.mark.parametrize("day", ["9999-12-31", "2201-01-01"])
async def test_the_last_years_of_the_calendar_are_named(client: Client, day: str) -> None:
    assert faults(await client("GET", "/api/doctors/1/slots", query={"date": day})) == ["?date"]


@pytest.mark.parametrize(
    ("name", "value"), [("from", "0001-01-01T00:00:00+14:00"), ("to", "9999-12-31T23:59:59-14:00"), ("cursor", "_____")]
)
async def test_an_instant_beyond_the_calendar_is_named(client: Client, name: str, value: str) -> None:
    assert faults(await client("GET", PATH, query={name: value})) == [f"?{name}"]


async def test_a_cursor_made_by_hand_beyond_the_calendar_is_named(client: Client) -> None:
    """["0001-01-01T00:00:00+14:00", "01a20b61-8d9e-762d-a1a5-40892a7d2830"] in Base64."""
    cursor = "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIjAxYTIwYjYxLThkOWUtNzYyZC1hMWE1LTQwODkyYTdkMjgzMCJd"
    assert faults(await client("GET", PATH, query={"cursor": cursor})) == ["?cursor"]


async def test_a_parameter_given_twice_is_named(client: Client) -> None:
    assert faults(await client("GET", f"{PATH}?limit=1&limit=2")) == ["?limit"]


async def test_empty_and_unknown_parameters_are_as_if_left_out(client: Client) -> None:
    answer = await client("GET", f"{PATH}?status=&from=&to=&cursor=&limit=&colour=blue&colour=red")
    assert (answer.status, answer.body) == (200, {"items": [], "nextCursor": None})


@pytest.mark.parametrize("per_second", [1e-300, 0, True, "50"])
async def test_a_pace_that_is_none_is_refused(operator: Client, per_second: Any) -> None:
    """A pace near zero would put jobs off beyond the calendar."""
    answer = await operator("POST", "/api/ops/jobs/requeue", {"all": True, "perSecond": per_second})
    assert faults(answer) == ["/perSecond"]


@pytest.mark.parametrize(
    ("field", "json"),
    [
        ("name", '"   "'),
        ("timezone", '"localtime"'),
        ("timezone", '"Factory"'),
        pytest.param("slotMinutes", "1" + "0" * 4000, id="slotMinutes-huge"),
    ],
)
async def test_a_doctor_of_blanks_or_of_no_zone_is_refused(operator: Client, field: str, json: str) -> None:
    """Of a field that is given twice the last counts."""
    body = f'{{"name":"Dr. B","timezone":"Europe/Berlin","{field}":{json}}}'
    assert faults(await operator("PUT", "/api/ops/doctors/2", body.encode())) == [f"/{field}"]


@pytest.mark.parametrize("path_id", ["%20", "%201", "%00", "a%0Ab", "x" * 201])
@pytest.mark.parametrize("what", ["doctors", "clients"])
async def test_an_id_that_no_request_could_name_is_not_written(
    operator: Client, database: Database, what: str, path_id: str
) -> None:
    body = {"name": "B", "timezone": "Europe/Berlin"}
    assert (await operator("PUT", f"/api/ops/{what}/{path_id}", body)).status == 404
    assert (await operator("GET", f"/api/{'ops/' if what == 'clients' else ''}{what}/{path_id}")).status == 404
    assert not await database.fetch(f"SELECT FROM {what} WHERE id <> '1'")


@pytest.mark.parametrize("path_id", ["%ED%A0%80", "%FF%FE", "..%2F1"])
async def test_an_id_that_is_no_text_does_not_exist(client: Client, path_id: str) -> None:
    assert (await client("GET", f"/api/doctors/{path_id}")).status == 404


async def test_methods_that_there_are_none_of_are_told_those_that_there_are(client: Client) -> None:
    for method in ("PUT", "TRACE", "OPTIONS"):
        answer = await client(method, PATH)
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
