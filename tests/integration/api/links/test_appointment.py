"""The pages behind the link of every mail: what they show, and what their forms do."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from markupsafe import escape

from api_service.links.appointment.languages import accepted
from api_service.ops.core import stories
from api_service.ops.dashboard import story
from shared.database import Database
from shared.links.appointments import AppointmentTokens
from shared.wording import builtin
from shared.wording.loading import BUILT_IN
from tests.integration.api.links.test_unsubscribe import Tags
from tests.support.client import Answer, Client
from tests.support.world import UNSUBSCRIBE_KEY

TOKENS = AppointmentTokens(UNSUBSCRIBE_KEY)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def path_of(appointment: dict[str, Any]) -> str:
    return f"/a/{TOKENS.issue(UUID(appointment['id']))}"


async def soon(client: Client, *, days: int = 3, hour: int = 9) -> dict[str, Any]:
    """A booking that the link's pages can move, within the days that they offer."""
    day = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return await client.book(day)


async def send(nobody: Client, appointment: dict[str, Any], **fields: object) -> Answer:
    """What a browser sends for a form, and the page that it is led to."""
    body = urlencode({"version": 1, "lang": "en"} | fields).encode()
    answer = await nobody("POST", path_of(appointment), body, headers=FORM, redirects=False)
    if answer.status != 303:
        return answer
    return await nobody("GET", f"/a/{answer.headers['Location']}")


async def now(client: Client, appointment: dict[str, Any]) -> dict[str, Any]:
    return dict((await client("GET", f"/api/client/appointments/{appointment['id']}")).body)


async def acts(database: Database, appointment: dict[str, Any]) -> list[tuple[str, str]]:
    rows = await database.fetch(
        "SELECT act, via FROM appointment_acts WHERE appointment_id = $1 ORDER BY id", appointment["id"]
    )
    return [(row["act"], row["via"]) for row in rows]


def is_a_quiet_page(answer: Answer) -> None:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in answer.body
    assert not re.search(r"\s(src|style|on\w+)=|@import|url\(", answer.body)


async def test_opening_shows_the_appointment_and_changes_nothing(
    client: Client, nobody: Client, database: Database
) -> None:
    booked = await soon(client)
    before = await database.fetch("SELECT * FROM appointments")

    for below in ("", "/cancel", "/move", "/calendar.ics", "?did=cancel&act=cancel&version=1", "/move?day=x&time=y"):
        for method in ("GET", "HEAD"):
            answer = await nobody(method, path_of(booked) + below)
            assert answer.status == 200, below

    page = await nobody("GET", path_of(booked))
    is_a_quiet_page(page)
    assert "Your appointment is booked." in page.body
    assert "Dr. Ada" in page.body
    assert booked["reason"] not in page.body
    assert await database.fetch("SELECT * FROM appointments") == before
    assert await acts(database, booked) == []


async def test_i_will_come_is_kept_shown_and_asked_once(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    assert booked["attendance"] is None

    first = await send(nobody, booked, act="come")
    again = await send(nobody, booked, act="come")

    assert (first.status, again.status) == (200, 200)
    assert "Thank you" in first.body
    assert "I will come" not in first.body
    found = await now(client, booked)
    assert found["attendance"]["answer"] == "will_come"
    assert found["updatedAt"] == booked["updatedAt"]
    assert await acts(database, booked) == [("will_come", "link")]


async def test_a_move_makes_the_answer_void_and_asks_again(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    await send(nobody, booked, act="come")
    there = {"day": booked["appointmentDate"], "time": "20:30"}

    moved = await send(nobody, booked, act="move", **there)

    assert "Your appointment has been moved" in moved.body
    assert "I will come" in moved.body
    found = await now(client, booked)
    assert (found["appointmentTime"], found["attendance"]) == ("20:30", None)
    kinds = [(job["kind"], job["state"]) for job in found["jobs"]]
    assert ("appointment_rescheduled_email", "scheduled") in kinds
    assert await acts(database, booked) == [("will_come", "link"), ("moved", "link")]
    twice = await send(nobody, booked, act="move", **there)
    assert "Your appointment has been moved" in twice.body
    assert await now(client, booked) == found


async def test_a_cancellation_is_the_clients_own(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    for _ in range(2):
        done = await send(nobody, booked, act="cancel")
        assert "This appointment has been cancelled" in done.body
    found = await now(client, booked)
    assert found["status"] == "cancelled"
    assert [job["kind"] for job in found["jobs"] if job["kind"] == "appointment_cancelled_email"] != []
    assert await acts(database, booked) == [("cancelled", "link")]
    file = await nobody("GET", path_of(booked) + "/calendar.ics")
    assert "METHOD:CANCEL" in file.body
    for below in ("", "/move", "/cancel"):  # the links of old mails
        assert "This appointment has been cancelled" in (await nobody("GET", path_of(booked) + below)).body


async def test_acts_by_the_api_are_kept_as_such(client: Client, database: Database) -> None:
    booked = await soon(client)
    path = f"/api/client/appointments/{booked['id']}"
    await client("PATCH", path, {"reason": "Another"})
    await client("PATCH", path, {"appointmentTime": "21:00"})
    await client("DELETE", path)
    await client("DELETE", path)
    assert await acts(database, booked) == [("reason_changed", "api"), ("moved", "api"), ("cancelled", "api")]
    rows = await database.fetch("SELECT version, starts_at, previous_starts_at FROM appointment_acts ORDER BY id")
    assert [row["version"] for row in rows] == [2, 3, 4]
    assert rows[1]["previous_starts_at"] < rows[1]["starts_at"] == rows[2]["starts_at"]


@pytest.mark.parametrize("act", ["come", "move", "cancel"])
async def test_a_form_of_an_older_version_shows_the_news_first(act: str, client: Client, nobody: Client) -> None:
    booked = await soon(client)
    await client("PATCH", f"/api/client/appointments/{booked['id']}", {"appointmentTime": "21:00"})
    before = await now(client, booked)

    answer = await send(nobody, booked, act=act, day=booked["appointmentDate"], time="20:00")

    assert answer.status == 409
    is_a_quiet_page(answer)
    assert "The appointment has changed" in answer.body
    assert "21:00" in answer.body
    assert 'name="version" value="2"' in answer.body
    assert await now(client, booked) == before


async def test_a_time_that_was_taken_meanwhile_leads_to_the_others_of_that_day(
    client: Client, stranger: Client, nobody: Client
) -> None:
    booked = await soon(client)
    other = await soon(stranger, hour=12)
    answer = await send(nobody, booked, act="move", day=other["appointmentDate"], time=other["appointmentTime"])
    assert answer.status == 409
    assert "This time has just been taken." in answer.body
    assert "move?day=" in answer.body
    assert f"time={other['appointmentTime']}:00" not in answer.body
    assert (await now(client, booked))["startsAt"] == booked["startsAt"]


async def test_hours_that_changed_meanwhile_are_told(client: Client, nobody: Client, operator: Client) -> None:
    booked = await soon(client)
    day = datetime.fromisoformat(booked["appointmentDate"])
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]
    doctor = {"name": "Dr. Ada Weber", "timezone": "Europe/Berlin", "hours": {weekday: [["16:00", "17:00"]]}}
    await operator("PUT", "/api/ops/doctors/1", doctor)
    answer = await send(nobody, booked, act="move", day=booked["appointmentDate"], time="08:00")
    assert answer.status == 409
    assert "This time is no longer offered." in answer.body
    assert re.findall(r"time=(\d\d:\d\d)", answer.body) == ["16:00", "16:30"]
    gone = await nobody("GET", f"{path_of(booked)}/move?day={booked['appointmentDate']}&time=08:00:00")
    assert "This time is no longer offered." in gone.body


async def test_days_and_times_are_chosen_page_by_page(client: Client, nobody: Client, operator: Client) -> None:
    booked = await soon(client)
    doctor = {"name": "Dr. Ada Weber", "timezone": "Europe/Berlin", "hours": {"wed": [["09:00", "10:30"]]}}
    await operator("PUT", "/api/ops/doctors/1", doctor)

    page = await nobody("GET", path_of(booked) + "/move")

    days = re.findall(r"day=(\d{4}-\d\d-\d\d)", page.body)
    assert 1 <= len(days) <= 2
    assert "3 free times" in page.body
    [later] = re.findall(r'"move\?from=(\S+)">Later days', page.body)
    assert "Earlier days" not in page.body
    second = await nobody("GET", f"{path_of(booked)}/move?from={later}")
    assert "Earlier days" in second.body
    assert set(re.findall(r"day=(\d{4}-\d\d-\d\d)", second.body)).isdisjoint(days)
    times = await nobody("GET", f"{path_of(booked)}/move?day={days[-1]}")
    assert re.findall(r"time=(\d\d:\d\d)", times.body) == ["09:00", "09:30", "10:00"]
    confirm = await nobody("GET", f"{path_of(booked)}/move?day={days[-1]}&time=09:30:00")
    assert "Move the appointment to this time?" in confirm.body
    assert Tags(confirm.body)["form"]["action"] == path_of(booked).replace("/a/", "../")


async def test_a_doctor_without_free_times_is_told_so(client: Client, nobody: Client, operator: Client) -> None:
    booked = await soon(client)
    today = datetime.now(UTC).date()
    off = [str(today + timedelta(days=each)) for each in range(-1, 400)]
    await operator("PUT", "/api/ops/doctors/1", {"name": "Ada", "timezone": "Europe/Berlin", "daysOff": off})
    page = await nobody("GET", path_of(booked) + "/move")
    assert "There are no free times at present." in page.body
    assert (
        "There are no free times on this day."
        in (await nobody("GET", f"{path_of(booked)}/move?day={booked['appointmentDate']}")).body
    )


@pytest.mark.parametrize("act", ["come", "move", "cancel"])
async def test_what_has_begun_is_shown_and_no_longer_changed(
    act: str, client: Client, nobody: Client, database: Database
) -> None:
    booked = await soon(client)
    await database.execute("UPDATE appointments SET starts_at = now() - interval '1 minute'")
    page = await nobody("GET", path_of(booked))
    assert "This appointment has already begun" in page.body
    assert "<form" not in page.body
    answer = await send(nobody, booked, act=act, day=booked["appointmentDate"], time="20:00")
    assert answer.status == 409
    assert "This appointment has already begun" in answer.body
    assert await acts(database, booked) == []


async def test_a_link_ends_with_its_appointment_and_survives_moves(
    client: Client, nobody: Client, database: Database
) -> None:
    booked = await soon(client)
    await database.execute(
        "UPDATE appointments SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"
    )
    for method, below in (("GET", ""), ("GET", "/move"), ("GET", "/cancel"), ("GET", "/calendar.ics"), ("POST", "")):
        answer = await nobody(method, path_of(booked) + below, headers=FORM)
        assert answer.status == 410
        is_a_quiet_page(answer)
        assert "Ada" not in answer.body


async def test_what_is_no_token_tells_nothing(client: Client, nobody: Client) -> None:
    booked = await soon(client)
    token = path_of(booked).removeprefix("/a/")
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace("1.", "2.", 1), "x", "%00", "a.b.c"]
    wrong += [AppointmentTokens("x" * 32).issue(UUID(booked["id"])), TOKENS.issue(UUID(int=7))]
    pages = [await nobody(method, f"/a/{each}") for method in ("GET", "POST") for each in wrong]
    assert {answer.status for answer in pages} == {404}
    assert len({answer.body for answer in pages}) == 1
    is_a_quiet_page(pages[0])


async def test_any_other_body_changes_nothing(client: Client, nobody: Client) -> None:
    booked = await soon(client)
    for kind, body in (
        ("application/json", b'{"act": "cancel", "version": 1}'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="act"\r\n\r\ncancel\r\n--x--',
        ),
        (FORM["Content-Type"], b"act=cancel"),
        (FORM["Content-Type"], b"act=cancel&version=one"),
        (FORM["Content-Type"], b"act=cancel&version=%D9%A1"),
        (FORM["Content-Type"], b"act=erase&version=1"),
        (FORM["Content-Type"], b"act=move&version=1&day=2027-02-30&time=25:00"),
        (FORM["Content-Type"], b"act=move&version=1&day=2027-02-03%00&time=10:00"),
        (FORM["Content-Type"], b"act=move&version=1"),
        (FORM["Content-Type"], b"\xff\x00=%zz&act"),
        (FORM["Content-Type"], b"a=1&" * 2_000),
        ("nonsense", b"act=cancel&version=1"),
    ):
        answer = await nobody("POST", path_of(booked), body, headers={"Content-Type": kind})
        assert answer.status in (409, 413, 415), (kind, body)
        is_a_quiet_page(answer)
        assert await now(client, booked) == booked, (kind, body)


async def test_two_at_once_make_one_change(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    answers = await asyncio.gather(
        *(send(nobody, booked, act="move", day=booked["appointmentDate"], time=f"2{each}:00") for each in range(3))
    )
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert await acts(database, booked) == [("moved", "link")]


@pytest.mark.parametrize("act", ["come", "move", "cancel"])
async def test_a_button_pressed_several_times_at_once_is_done_once(
    act: str, client: Client, nobody: Client, database: Database
) -> None:
    booked = await soon(client)
    answers = await asyncio.gather(
        *(send(nobody, booked, act=act, day=booked["appointmentDate"], time="20:30") for _ in range(6))
    )
    assert {answer.status for answer in answers} == {200}
    assert len(await acts(database, booked)) == 1


async def test_every_page_is_in_the_clients_language_and_direction(client: Client, nobody: Client) -> None:
    booked = await soon(client)
    for tag in BUILT_IN:
        await _is_in(tag, booked, client, nobody)


async def _is_in(tag: str, booked: dict[str, Any], client: Client, nobody: Client) -> None:
    profile = {"name": "Alex", "locale": tag, "timezone": "America/New_York", "preferences": {"emailReminders": True}}
    await client("PUT", "/api/client/profile", profile)
    say = builtin().of(tag).text
    day = booked["appointmentDate"]
    for below, key in (
        ("", "title"),
        ("/cancel", "cancel-title"),
        ("/move", "move"),
        (f"/move?day={day}", "choose-time"),
        (f"/move?day={day}&time=20:00:00", "move-title"),
    ):
        answer = await nobody("GET", path_of(booked) + below)
        assert answer.status == 200
        is_a_quiet_page(answer)
        assert Tags(answer.body)["html"] == {"lang": tag, "dir": "rtl" if tag == "ar" else "ltr"}
        assert answer.headers["Content-Language"] == tag
        assert f"<h1>{escape(say(f'link.{key}'))}</h1>" in answer.body
    assert str(escape(say("label.your-time"))) in (await nobody("GET", path_of(booked))).body


def test_accepted_languages_are_read_by_their_weights() -> None:
    assert accepted("") == []
    assert accepted("da, en-gb;q=0.8, en;q=0.7") == ["da", "en-gb", "en"]
    assert accepted("\x00;q=, ;;, de;q=2, fr") == ["fr"]


async def test_an_outage_is_a_page_in_the_clients_language(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    await database.execute("DROP SCHEMA public CASCADE")
    form = urlencode({"act": "cancel", "version": 1, "lang": "ar"}).encode()
    for answer, tag in (
        (await nobody("GET", path_of(booked), headers={"Accept-Language": "xx, de-CH;q=0.9"}), "de"),
        (await nobody("POST", path_of(booked), form, headers=FORM), "ar"),
        (await nobody("GET", path_of(booked) + "/calendar.ics"), "en"),
    ):
        assert answer.status == 503
        is_a_quiet_page(answer)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Language"] == tag
        assert str(escape(builtin().of(tag).text("link.unavailable"))) in answer.body


async def test_what_the_database_refuses_is_a_page_too(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    await database.execute("ALTER TABLE appointment_acts ADD CONSTRAINT none_here CHECK (act <> 'cancelled')")
    answer = await send(nobody, booked, act="cancel")
    assert answer.status == 409
    is_a_quiet_page(answer)
    assert "This could not be done" in answer.body
    assert (await now(client, booked))["status"] == "booked"


async def test_an_operator_sees_what_came_by_the_link(client: Client, nobody: Client, database: Database) -> None:
    booked = await soon(client)
    await send(nobody, booked, act="come")
    await send(nobody, booked, act="move", day=booked["appointmentDate"], time="20:30")
    await client("PATCH", f"/api/client/appointments/{booked['id']}", {"appointmentTime": "21:00"})
    found = await stories.appointment(database, UUID(booked["id"]))
    assert found is not None
    jobs = await stories.jobs_of(database, found.id)
    line = story.entries(found, jobs, (), (), datetime.now(UTC), acts=await stories.acts_of(database, found.id))
    assert [entry.what for entry in line if entry.side == "booking"] == [
        "Booked",
        "Answered: will come, by the link in a mail",
        "Moved, by the link in a mail",
        "Moved",
        "The appointment begins",
    ]
