"""The bookings that every benchmark asks for: half an hour each, of twenty doctors, by thousands of clients."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import cache
from typing import Final

import orjson

from api_service.identity import tokens
from shared.database import Database

SECRET: Final = "a secret for benchmarks, of more than 32 bytes"
ZONE: Final = "Europe/Berlin"
CLIENTS: Final = 2_000
DOCTORS: Final = 20
_OPENS: Final = 8
_A_DAY: Final = 20  # half hours
_FIRST: Final = date(2100, 1, 4)


def requests(first: int = 0) -> Iterator[bytes]:
    """Requests without end, as bytes for the wire. No two take the same time, so none is refused."""
    number = first
    headers = _headers()
    while True:
        body = orjson.dumps(_wish(number))
        yield headers[number % CLIENTS] + b"Content-Length: %d\r\n\r\n" % len(body) + body
        number += 1


def _wish(number: int) -> dict[str, str]:
    doctor, slot = number % DOCTORS, number // DOCTORS
    day, half = divmod(slot, _A_DAY)
    return {
        "doctorId": str(doctor + 1),
        "appointmentDate": f"{_FIRST + timedelta(days=day)}",
        "appointmentTime": f"{time(_OPENS + half // 2, half % 2 * 30):%H:%M}",
        "reason": "Regular checkup",
    }


@cache
def _headers() -> list[bytes]:
    return [
        (
            "POST /api/client/appointments HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {_token(client)}\r\n"
        ).encode()
        for client in range(CLIENTS)
    ]


def _token(client: int) -> str:
    email, name = f"patient{client}@patients.example", f"Patient {client}"
    return tokens.issue(SECRET, subject=f"client-{client}", roles=["client"], email=email, name=name)


async def add_doctors(database: Database) -> None:
    """Those of the requests, with all that a mail can say of them."""
    await database.execute(
        "INSERT INTO doctors (id, name, specialty, location, timezone)"
        " SELECT n::text, 'Dr. Ada ' || n, 'Cardiology', 'Lindenstraße 12, 10969 Berlin', $1"
        "   FROM generate_series(1, $2::int) AS n",
        ZONE,
        DOCTORS,
    )
