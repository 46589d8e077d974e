"""What becomes of offers when the doctor's days off and hours change again."""

import asyncio
from typing import Any

import pytest

from shared.database import Database
from shared.wording import builtin
from shared.wording.loading import BUILT_IN
from tests.integration.api.staff.affected_day import (
    DOCTOR,
    day_of,
    forms,
    listed,
    offer,
    offered,
    path_of,
    take_off,
)
from tests.integration.api.staff.test_offers import OFFER, a_day_off
from tests.support.client import Client


async def jobs_of(database: Database, appointment: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    rows = await database.fetch(
        "SELECT kind, state, reason FROM jobs WHERE appointment_id = $1 ORDER BY created_at, id", appointment["id"]
    )
    return [tuple(row) for row in rows]


async def mails_have_gone(database: Database) -> None:
    await database.execute("UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE kind LIKE '%_email'")


@pytest.mark.parametrize("by", ["PATCH", "PUT"])
@pytest.mark.parametrize("has_gone", [False, True])
async def test_a_doctor_who_comes_after_all_ends_the_offer_its_mail_and_its_holds(
    api_url: str, nobody: Client, desk: Client, operator: Client, database: Database, by: str, *, has_gone: bool
) -> None:
    booked, still = await a_day_off(api_url, operator, 10, 11)
    await database.execute("UPDATE jobs SET state = 'succeeded' WHERE kind = 'appointment_created_email'")
    await offered(desk)
    if has_gone:
        await mails_have_gone(database)
    doctor = (await operator("GET", "/api/doctors/1")).body
    hours = {day: [["08:00", "11:00"]] for day in doctor["hours"]}
    fields = {"hours": hours, "daysOff": []}
    whole = fields | {name: doctor[name] for name in ("name", "specialty", "timezone")}
    assert (await operator(by, DOCTOR, fields if by == "PATCH" else whole)).body["affected"] == 1

    told = [each for each in await jobs_of(database, booked) if each[0] == OFFER]
    ended = ("succeeded", None) if has_gone else ("cancelled", "the appointment takes place as booked")
    assert told == [(OFFER, *ended)]
    reminders = [state for kind, state, _ in await jobs_of(database, booked) if kind == "appointment_reminder"]
    assert sorted(reminders) == ["cancelled", "scheduled"]
    assert await database.fetch("SELECT FROM held_times WHERE appointment_id = $1", booked["id"]) == []
    [answer] = await listed(desk, answered="true")
    assert (answer["id"], answer["offer"]["answered"], answer["offer"]["told"]) == (booked["id"], "withdrawn", has_gone)
    page = (await nobody("GET", path_of(booked))).body
    assert builtin().of("en").text("link.takes-place") in page
    assert "Please choose a new time" not in page
    assert [each["id"] for each in await listed(desk)] == [still["id"]]

    await take_off(operator, day_of(booked))
    done = await offered(desk)
    # the other one is at 11, as were its offered times: nobody was told of those, or somebody was
    assert (done["offered"], done["excluded"]) == ((1, {"alreadyOffered": 1}) if has_gone else (2, {}))


async def test_a_confirmation_that_an_offer_took_back_is_planned_again(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    await take_off(operator)
    states = [(kind, state) for kind, state, _ in await jobs_of(database, booked)]
    assert states.count(("appointment_created_email", "scheduled")) == 1


async def test_a_time_that_the_doctor_no_longer_allows_is_no_longer_offered(
    api_url: str, nobody: Client, desk: Client, operator: Client
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    [seen] = await listed(desk)
    first, *rest = seen["offer"]["times"]
    await take_off(operator, day_of(booked), first["appointmentDate"])
    [now] = await listed(desk)
    assert now["offer"]["times"] == rest
    assert now["offer"]["mail"] == "scheduled"
    page = (await nobody("GET", path_of(booked))).body
    assert [each["day"] for each in forms(page)] == [each["appointmentDate"] for each in rest]


@pytest.mark.parametrize("has_gone", [False, True])
async def test_an_offer_without_a_possible_time_makes_room_for_another(
    api_url: str, nobody: Client, desk: Client, operator: Client, database: Database, *, has_gone: bool
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    if has_gone:
        await mails_have_gone(database)
    [seen] = await listed(desk)
    await take_off(operator, day_of(booked), *(each["appointmentDate"] for each in seen["offer"]["times"]))
    if has_gone:
        page = (await nobody("GET", path_of(booked))).body
        assert "We no longer hold times for you" in page
        assert forms(page) == []
        assert (await offered(desk))["excluded"] == {"alreadyOffered": 1}
    else:
        assert [each[1] for each in await jobs_of(database, booked) if each[0] == OFFER] == ["cancelled"]
    assert (await offered(desk, again=has_gone))["offered"] == 1
    [now] = await listed(desk)
    assert len(now["offer"]["times"]) == 3
    assert not {each["startsAt"] for each in now["offer"]["times"]} & {
        each["startsAt"] for each in seen["offer"]["times"]
    }


async def test_the_page_says_in_the_clients_language_that_the_appointment_takes_place(
    api_url: str, nobody: Client, desk: Client, operator: Client, database: Database
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    await take_off(operator)
    for tag in BUILT_IN:
        await database.execute("UPDATE clients SET locale = $1", tag)
        assert builtin().of(tag).text("link.takes-place") in (await nobody("GET", path_of(booked))).body, tag


async def test_offers_and_changes_of_their_doctor_that_race_leave_only_what_is_so(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    """Changes and offers lock the same rows. Whoever comes last, the mails and holds agree with the doctor."""
    booked = await a_day_off(api_url, operator, 9, 10, 11, 12)
    off = day_of(booked[0])
    for last in ([], [off]):
        answers = await asyncio.gather(
            offer(desk), *(operator("PATCH", DOCTOR, {"daysOff": days}) for days in ([], [off], [], [off])), offer(desk)
        )
        assert {each.status for each in answers} == {200}
        await operator("PATCH", DOCTOR, {"daysOff": last})
        rows = await database.fetch("SELECT state FROM jobs WHERE kind = $1", OFFER)
        waiting = [row for row in rows if row["state"] == "scheduled"]
        unanswered = await database.fetch("SELECT FROM offers WHERE answered_at IS NULL")
        assert len(waiting) == len(unanswered)
        assert last or not waiting
