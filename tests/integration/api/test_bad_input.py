"""Every malformed field answers 4xx problem+json that names it, and nothing is stored."""

from typing import Any

import pytest

from shared.database import Database
from tests.support.client import Client, a_wish

PATH = "/api/client/appointments"

WRONG: dict[str, list[Any]] = {
    "doctorId": [1, None, "", [], {}, True, "x" * 101, "a\x00b", "a\nb"],
    "appointmentDate": [
        *("2027-02-31", "2027-13-01", "2027-00-10", "27-01-05", "05.01.2027", "2027-1-5", "tomorrow", ""),
        *("2027-01-05T00:00:00", "2020-01-05", "0000-01-01", "9999-12-31", "２０２７-01-05", "2027-01-05\x00"),
        *(20270105, None, True, [], {}),
    ],
    "appointmentTime": [
        *("24:00", "25:00", "12:60", "12:00:61", "3pm", "15", "15:0", "1500", "", "15:00Z", "15:00+01:00"),
        *(15, 15.5, None, False, [], {"hour": 15}),
    ],
    "reason": [
        *("x" * 5000, "x" * 501, "bell \x07", "nul \x00", "esc \x1b[31m", "\x7f", "Bcc: x\r\nvictim@example.com"),
        *(1, [], {}, True),
    ],
}
FIELDS = [(field, value) for field, values in WRONG.items() for value in values]


async def nothing_is_stored(database: Database) -> bool:
    tables = ("appointments", "jobs", "clients", "in_app_notifications")
    rows = [await database.fetch(f"SELECT FROM {table}") for table in tables]
    return not any(rows)


def check(answer: Any, status: int, pointer: str | None = None) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.body["status"] == status
    assert answer.body["title"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in answer.body["errors"]]


@pytest.mark.parametrize(("field", "value"), FIELDS)
async def test_a_malformed_field_is_named(client: Client, database: Database, field: str, value: Any) -> None:
    check(await client("POST", PATH, a_wish() | {field: value}), 422, f"/{field}")
    assert await nothing_is_stored(database)


async def test_an_unknown_doctor_is_named(client: Client, database: Database) -> None:
    check(await client("POST", PATH, a_wish() | {"doctorId": "unknown"}), 404, "/doctorId")
    assert await nothing_is_stored(database)


@pytest.mark.parametrize("field", ["doctorId", "appointmentDate", "appointmentTime"])
async def test_a_missing_field_is_named(client: Client, database: Database, field: str) -> None:
    wish = a_wish()
    del wish[field]
    check(await client("POST", PATH, wish), 422, f"/{field}")
    assert await nothing_is_stored(database)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"\xff\xfe", 400),
        (b'{"reason":"\\ud800"}', 400),
        (b"[" * 50_000, 400),
        (b'{"reason":"' + b"x" * 10_000_000 + b'"}', 413),
    ],
    ids=["empty", "cut", "null", "list", "text", "not utf-8", "surrogate", "deep", "10 MB"],
)
async def test_a_body_that_is_no_booking_is_refused(
    client: Client, database: Database, body: bytes, status: int
) -> None:
    check(await client("POST", PATH, body), status)
    assert await nothing_is_stored(database)


async def test_a_local_time_that_the_clocks_skip_is_refused(client: Client) -> None:
    wish = a_wish() | {"appointmentDate": "2027-03-28", "appointmentTime": "02:30"}
    check(await client("POST", PATH, wish), 422, "/appointmentTime")


async def test_of_a_local_time_that_occurs_twice_the_earlier_counts(client: Client) -> None:
    wish = a_wish() | {"appointmentDate": "2027-10-31", "appointmentTime": "02:30"}
    assert (await client("POST", PATH, wish)).body["startsAt"] == "2027-10-31T00:30:00Z"


async def test_another_content_type_is_refused(client: Client) -> None:
    answer = await client("POST", PATH, b"doctorId=1", headers={"Content-Type": "text/plain"})
    check(answer, 415)


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        (PATH, {"limit": "0"}, "?limit"),
        (PATH, {"limit": "201"}, "?limit"),
        (PATH, {"limit": "many"}, "?limit"),
        (PATH, {"limit": "٣"}, "?limit"),
        (PATH, {"cursor": "nonsense"}, "?cursor"),
        (PATH, {"cursor": "bnVsbA=="}, "?cursor"),
        (PATH, {"status": "lost"}, "?status"),
        (PATH, {"from": "yesterday"}, "?from"),
        (PATH, {"to": "2027-01-05T10:00:00"}, "?to"),
        ("/api/client/notifications", {"unread": "perhaps"}, "?unread"),
        ("/api/doctors/1/slots", {}, "?date"),
        ("/api/doctors/1/slots", {"date": "2027-02-31"}, "?date"),
    ],
)
async def test_a_malformed_query_is_named(client: Client, path: str, query: dict[str, str], name: str) -> None:
    check(await client("GET", path, query=query), 422, name)


async def test_unknown_routes_and_methods_are_problems_too(client: Client) -> None:
    check(await client("GET", "/nothing/here"), 404)
    check(await client("PUT", PATH, {}), 405)
    check(await client("GET", f"{PATH}/not-an-id"), 404)
    check(await client("GET", f"{PATH}/%00"), 404)


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("name", "", "/name"),
        ("name", "a\nb", "/name"),
        ("timezone", "Mars/Olympus", "/timezone"),
        ("timezone", "../etc/passwd", "/timezone"),
        ("slotMinutes", 0, "/slotMinutes"),
        ("slotMinutes", "30", "/slotMinutes"),
        ("hours", {"mon": [["17:00", "09:00"]]}, "/hours/mon"),
        ("hours", {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}, "/hours/mon"),
        ("hours", {"mon": [["9", "17"]]}, "/hours/mon/0/0"),
        ("daysOff", ["2027-02-31"], "/daysOff/0"),
    ],
)
async def test_a_malformed_doctor_is_refused(
    operator: Client, database: Database, field: str, value: Any, pointer: str
) -> None:
    doctor = {"name": "Dr. B", "timezone": "Europe/Berlin", field: value}
    check(await operator("PUT", "/api/ops/doctors/2", doctor), 422, pointer)
    assert not await database.fetch("SELECT FROM doctors WHERE id = '2'")


@pytest.mark.parametrize("email", ["", "no-at", "a@b", "a b@c.example", "a@b.example\r\nBcc: x@y.example", 5])
async def test_a_malformed_address_is_refused(operator: Client, email: Any) -> None:
    check(await operator("PUT", "/api/ops/clients/c", {"email": email}), 422, "/email")
