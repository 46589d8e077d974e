"""A day off with patients who are booked on it, for the tests of acts on them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from api_service.doctors.model import WEEKDAYS
from shared.links.appointments import AppointmentTokens
from shared.people import zones
from tests.support.client import Answer, Client, a_wish
from tests.support.tokens import a_token
from tests.support.world import UNSUBSCRIBE_KEY

PATH: Final = "/api/staff/affected"
DOCTOR: Final = "/api/ops/doctors/1"
ZONE: Final = zones.zone("Europe/Berlin")
TOKENS: Final = AppointmentTokens(UNSUBSCRIBE_KEY)
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
EVERY_DAY: Final = {day: [["08:00", "16:00"]] for day in WEEKDAYS}


@cache
def _today() -> date:
    """The same for all tests of a run, since midnight may come in the middle of one."""
    return datetime.now(ZONE).date()


def in_days(days: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of the clinic's clock, some days ahead."""
    day = _today() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def day_of(appointment: dict[str, Any]) -> str:
    return str(appointment["appointmentDate"])


async def take_off(operator: Client, *days: str) -> int:
    """The number of affected appointments."""
    answer = await operator("PATCH", DOCTOR, {"daysOff": list(days)})
    assert answer.status == 200, answer.body
    return int(answer.body["affected"])


async def patients(url: str, starts: Sequence[datetime]) -> list[dict[str, Any]]:
    """One patient for each time, patient-0 first."""
    found = []
    for number, start in enumerate(starts):
        name = f"patient-{number}"
        one = Client(url, a_token(name, "client", email=f"{name}@patients.example"))
        found.append(await one.book(start))
    return found


async def listed(desk: Client, **query: str) -> list[dict[str, Any]]:
    answer = await desk("GET", PATH, query={"doctorId": "1", "limit": "200", **query})
    assert answer.status == 200, answer.body
    return list(answer.body["items"])


async def offer(desk: Client, **fields: Any) -> Answer:
    return await desk("POST", PATH + "/offer", {"doctorId": "1", "perSecond": 200, **fields})


async def offered(desk: Client, **fields: Any) -> dict[str, Any]:
    answer = await offer(desk, **fields)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def path_of(appointment: dict[str, Any]) -> str:
    """The link in the patient's mails."""
    return f"/a/{TOKENS.issue(UUID(appointment['id']))}"


def forms(page: str) -> list[dict[str, str]]:
    """The times that a page offers to take, as its forms send them."""
    found = []
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        if fields.get("act") == "move" and "day" in fields:
            found.append(fields)
    return found


async def take(nobody: Client, appointment: dict[str, Any], fields: dict[str, str]) -> Answer:
    """Sends a form of the page, and follows to where it leads."""
    answer = await nobody("POST", path_of(appointment), urlencode(fields).encode(), headers=FORM, redirects=False)
    if answer.status != 303:
        return answer
    return await nobody("GET", f"/a/{answer.headers['Location']}")


def wish_at(time_: dict[str, Any]) -> dict[str, Any]:
    """A booking of an offered time."""
    return a_wish() | {name: time_[name] for name in ("appointmentDate", "appointmentTime")}
