"""The agenda: the doctors' days."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from api_service.ops.core import agenda
from shared.database import Database
from tests.support.client import Client
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

DAY = date(2099, 5, 4)


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def book(client: Client, time: str, day: date = DAY, doctor: str = "1") -> str:
    body = {"doctorId": doctor, "appointmentDate": str(day), "appointmentTime": time, "reason": "Regular checkup"}
    answer = await client("POST", "/api/client/appointments", body)
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


async def test_a_doctors_day_is_the_clinics_and_has_what_was_cancelled(visitor: Visitor, client: Client) -> None:
    late, early = await book(client, "23:30"), await book(client, "00:00")
    gone = await book(client, "12:00")
    await client("DELETE", f"/api/client/appointments/{gone}")
    for other in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        await book(client, "12:00", other)

    page = await visitor.get(f"/ops/agenda/1?date={DAY}")

    places = [page.html.index(f"/ops/appointments/{each}") for each in (early, gone, late)]
    assert places == sorted(places)
    assert page.html.count('href="/ops/appointments/') == 3
    assert "<s>12:00</s>" in page.html
    assert "Confirmation" in page.text
    assert "client-1@patients.example" not in page.html
    all_doctors = await visitor.get(f"/ops/agenda?date={DAY}")
    assert "2 1 00:00 to 23:30" in all_doctors.text


async def test_an_agenda_goes_on_where_a_page_ends(
    visitor: Visitor, client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "VISITS", 2)
    monkeypatch.setattr(agenda, "DOCTORS", 2)
    times = ("09:00", "09:30", "10:00", "10:30", "11:00")
    booked = [await book(client, time) for time in times]
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) SELECT 'x/' || n, 'Dr. Same', 'Asia/Tokyo'"
        " FROM generate_series(1, 4) AS n"
    )

    seen: list[str] = []
    path: str | None = f"/ops/agenda/1?date={DAY}"
    while path:
        page = await visitor.get(path)
        seen += [each for each in booked if f"/ops/appointments/{each}" in page.html]
        path = _next(page.html)
    assert seen == booked

    doctors: list[str] = []
    path = f"/ops/agenda?date={DAY}"
    while path:
        page = await visitor.get(path)
        doctors += [part.split("?")[0] for part in page.html.split('class="row-link" href="/ops/agenda/')[1:]]
        path = _next(page.html)
    assert sorted(doctors) == sorted(["1", "x%2F1", "x%2F2", "x%2F3", "x%2F4"])
    assert (await visitor.get(f"/ops/agenda/x%2F1?date={DAY}")).status == 200


def _next(html: str) -> str | None:
    link = html.partition('aria-label="Pages"')[2].partition('rel="next"')[0].rpartition('href="')[2]
    return (
        link.partition('"')[0].replace("&amp;", "&")
        if 'rel="next"' in html.partition('aria-label="Pages"')[2]
        else None
    )


@pytest.mark.parametrize(
    "query", ["date=2099-13-01", "date=x", "date=0001-01-01", "date=9999-12-31", "date=%00", "since=x", "since=%F0"]
)
async def test_what_is_no_day_is_named(visitor: Visitor, query: str) -> None:
    assert (await visitor.get(f"/ops/agenda/1?{query}")).status == 422


async def test_without_doctors_or_appointments_the_pages_say_so(visitor: Visitor, database: Database) -> None:
    assert "Nobody is booked" in (await visitor.get("/ops/agenda/1?date=2098-01-01")).text
    assert "No doctor's name comes after" in (await visitor.get("/ops/agenda?from=zzzz")).text.replace("&#39;", "'")
    assert (await visitor.get("/ops/agenda/nobody")).status == 404
    assert (await visitor.get("/ops/agenda/%00")).status == 404


async def test_a_day_off_leads_to_whoever_is_booked_on_it(visitor: Visitor, client: Client, api_url: str) -> None:
    booked = await book(client, "10:00")
    operator, desk = Client(api_url, a_token("operator", "ops")), Client(api_url, a_token("desk", "staff"))
    empty = await visitor.get("/ops/agenda/1/affected")
    assert "Every booked appointment of Dr. Ada fits" in empty.text
    await operator("PATCH", "/api/ops/doctors/1", {"daysOff": [str(DAY)]})
    day = await visitor.get(f"/ops/agenda/1?date={DAY}")
    assert 'href="/ops/agenda/1/affected"' in day.html

    page = await visitor.get("/ops/agenda/1/affected")
    assert f"/ops/appointments/{booked}" in page.html
    assert "day off no" in page.text
    assert "client-1@patients.example" not in page.html
    assert (await desk("POST", "/api/staff/affected/offer", {"doctorId": "1"})).body["offered"] == 1
    page = await visitor.get("/ops/agenda/1/affected")
    assert "3 other times are held until" in page.text
    story = await visitor.get(f"/ops/appointments/{booked}")
    assert "Other times offered, by the staff" in story.text
    assert "Offer of other times" in story.text
    assert (await visitor.get("/ops/agenda/none/affected")).status == 404
