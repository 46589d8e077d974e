"""Fields that are wrong, call by call: each is named by its JSON pointer."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from shared.database import Database
from tests.integration.bad_input.table import Wrong, assert_refused
from tests.integration.security.conftest import Serve
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

APPOINTMENTS: Final = "/api/client/appointments"
DATES: Final[list[Any]] = [
    *("2027-02-31", "2027-13-01", "2027-00-10", "27-01-05", "05.01.2027", "2027-1-5", "tomorrow", "", " ", "20270105"),
    *("2027-W01-1", "2027-01-05T00:00:00", "2020-01-05", "0000-01-01", "0001-01-01", "9999-12-31", "2201-01-01"),
    *("２０２７-01-05", "2027-01-05\x00", "2027-01-05\n", "-2027-01-05", "2027-01-05'; DROP TABLE jobs;--"),
    *(20270105, 1.5, True, [], {}, ["2027-01-05"]),
]
TIMES: Final[list[Any]] = [
    *("24:00", "25:00", "12:60", "12:00:61", "3pm", "15", "15:0", "1500", "", "15:00Z", "15:00+01:00", "１５:00"),
    *("15:00:00.5", "-1:00", "15:00\x00", " 15:00", 15, 15.5, False, [], {"hour": 15}),
]
REASONS: Final[list[Any]] = [
    *("x" * 5000, "x" * 501, "bell \x07", "nul \x00", "esc \x1b[31m", "\x7f", "Bcc: x\r\nvictim@example.com", "\x85"),
    *(1, 1.5, [], {}, True),
]
LINES: Final[list[Any]] = ["a\nb", "a\x00b", "\x1b[31m", "a\u2028b", "a\u202eb", 5, True, [], {}]
ZONES: Final[list[Any]] = [
    *(
        "Mars/Olympus",
        "../etc/passwd",
        "/etc/localtime",
        "",
        "europe/berlin ",
        "UTC\x00",
        "+01:00",
        "x" * 65,
        1,
        [],
        {},
    ),
]
ADDRESSES: Final[list[Any]] = [
    *(
        "",
        "a",
        "@b.example",
        "a@",
        "a@b",
        "a b@c.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example,c@d.example",
    ),
    *("<a@b.example>", '"a"@b.example', "a@[127.0.0.1]", "a" * 65 + "@b.example", "a@" + "b" * 250 + ".example"),
    *("a@b.example\x00", "a@@b.example", "a;b@c.example", 5, True, [], {}),
]
DOCTOR: Final = {"name": "Dr. B", "timezone": "Europe/Berlin"}
HOURS: Final[dict[str, list[Any]]] = {
    "/hours/mon": [[["17:00", "09:00"]], [["09:00", "09:00"]], [["09:00", "12:00"], ["11:00", "13:00"]], "x", 5, {}],
    "/hours/mon/0": [[["09:00"]], [["09:00", "10:00", "11:00"]], ["09:00-10:00"], [5]],
    "/hours/mon/0/0": [[["9", "17"]], [["25:00", "26:00"]], [[9, 17]], [["09:00\x00", "17:00"]]],
}


def bookings() -> Iterator[Wrong]:
    fields: dict[str, list[Any]] = {
        "doctorId": [1, None, "", [], {}, True, "x" * 101, "a\x00b", "a\nb", "a\u202eb"],
        "appointmentDate": [*DATES, None],
        "appointmentTime": [*TIMES, None],
        "reason": REASONS,
    }
    for name, values in fields.items():
        for value in values:
            yield Wrong("POST", APPOINTMENTS, f"/{name}", a_wish() | {name: value})
    yield Wrong("POST", APPOINTMENTS, "/doctorId", a_wish() | {"doctorId": "unknown"}, statuses=(404,))
    skipped = a_wish() | {"appointmentDate": "2083-03-28", "appointmentTime": "02:30"}
    yield Wrong("POST", APPOINTMENTS, "/appointmentTime", skipped)


def changes(appointment_id: str) -> Iterator[Wrong]:
    path = f"{APPOINTMENTS}/{appointment_id}"
    for name, values in (("appointmentDate", DATES), ("appointmentTime", TIMES), ("reason", REASONS)):
        for value in values:
            yield Wrong("PATCH", path, f"/{name}", {name: value})
    nothing: list[dict[str, Any]] = [{}, {"doctorId": "2"}, {"status": "cancelled"}, {"unknown": 1}]
    for body in nothing:
        yield Wrong("PATCH", path, "", body)


def profiles() -> Iterator[Wrong]:
    for method, path, who in (("PUT", "/api/client/profile", "client"), ("PUT", "/api/ops/clients/c", "ops")):
        fields: dict[str, list[Any]] = {
            "name": [*LINES, "x" * 201],
            "timezone": ZONES,
            "locale": ["", "e", "english", "en_GB", "en-", "../en", "de\x00", "x" * 36, None, 1, [], {}],
            "preferences": [None, 1, "x", [], True],
        }
        for name, values in fields.items():
            for value in values:
                yield Wrong(method, path, f"/{name}", {name: value}, who=who)
        for value in ("true", 1, 0, None, [], {}):
            body: dict[str, Any] = {"preferences": {"emailReminders": value}}
            yield Wrong(method, path, "/preferences/emailReminders", body, who=who)
    for address in ADDRESSES:
        yield Wrong("PUT", "/api/ops/clients/c", "/email", {"email": address}, who="ops")


def doctors() -> Iterator[Wrong]:
    path = "/api/ops/doctors/2"
    fields: dict[str, list[Any]] = {
        "name": [*LINES, "", None, "x" * 201],
        "specialty": [*LINES, None, "x" * 201],
        "location": [*LINES, None, "x" * 301],
        "timezone": [*ZONES, None],
        "slotMinutes": [0, -30, 4, 481, 10**18, 30.5, "30", None, True, [], {}],
        "hours": ["x", 5, [], True],
        "daysOff": [None, "2027-01-05", 5, {}, ["2027-01-05"] * 1001],
    }
    for name, values in fields.items():
        for value in values:
            yield Wrong("PUT", path, f"/{name}", DOCTOR | {name: value}, who="ops")
    for pointer, days in HOURS.items():
        for day in days:
            yield Wrong("PUT", path, pointer, DOCTOR | {"hours": {"mon": day}}, who="ops")
    yield Wrong("PUT", path, "/hours/monday", DOCTOR | {"hours": {"monday": []}}, who="ops")
    yield Wrong("PUT", path, "hours must open", DOCTOR | {"hours": {}}, who="ops")
    for day in ("2027-02-31", "", 5, None):
        yield Wrong("PUT", path, "/daysOff/0", DOCTOR | {"daysOff": [day]}, who="ops")


def requeues() -> Iterator[Wrong]:
    path = "/api/ops/jobs/requeue"
    fields: dict[str, list[Any]] = {
        "kind": ["", "unknown", 5, [], {}, True],
        "appointmentId": ["", "x", 5, [], {}, "g" * 32],
        "clientId": ["", "a\nb", "x" * 201, 5, []],
        "error": ["", "a\x00b", "x" * 501, 5, []],
        "all": ["true", 1, None, []],
        "dryRun": ["true", 1, None, []],
        "perSecond": [0, -1, 1001, "many", None, [], {}, 10**18],
    }
    for name, values in fields.items():
        for value in values:
            yield Wrong("POST", path, f"/{name}", {"all": True, name: value}, who="ops")


async def test_every_wrong_field_is_named_and_nothing_is_stored(
    serve: Serve, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as url:
        client = Client(url, a_token("client-1", "client", email="client-1@patients.example"))
        appointment = await client.book()
        table = [*bookings(), *changes(appointment["id"]), *profiles(), *doctors(), *requeues()]
        assert await assert_refused(url, database, table, caplog) >= 300
