"""Clients whose appointment cannot take place are offered three free times, which are held for them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.database import Database
from shared.wording import builtin
from shared.wording.loading import BUILT_IN
from tests.integration.api.staff.affected_day import (
    DOCTOR,
    EVERY_DAY,
    PATH,
    ZONE,
    day_of,
    forms,
    in_days,
    listed,
    offer,
    offered,
    path_of,
    patients,
    take,
    take_off,
    wish_at,
)
from tests.support.client import Client, a_wish
from tests.support.rows import a_suppression

OFFER = "appointment_offer_email"


async def a_day_off(
    api_url: str, operator: Client, *hours: int, days: int = 3, hours_of_doctor: object = EVERY_DAY
) -> list[dict[str, Any]]:
    """Patients at these hours of a day that is then taken off."""
    assert (await operator("PATCH", DOCTOR, {"hours": hours_of_doctor})).status == 200
    booked = await patients(api_url, [in_days(days, hour) for hour in hours])
    assert await take_off(operator, day_of(booked[0])) == len(booked)
    return booked


async def offers_sent(database: Database) -> dict[str, int]:
    rows = await database.fetch("SELECT appointment_id, count(*)::int FROM jobs WHERE kind = $1 GROUP BY 1", OFFER)
    return {str(row[0]): row[1] for row in rows}


async def let_holds_end(database: Database) -> None:
    await database.execute("UPDATE offers SET held_until = now() - interval '1 second'")
    await database.execute("UPDATE held_times SET held_until = now() - interval '1 second'")


async def free_on(client: Client, day: str) -> list[str]:
    answer = await client("GET", "/api/doctors/1/slots", query={"date": day})
    return [each["appointmentTime"] for each in answer.body["items"]]


async def test_each_client_is_offered_three_times_of_their_own(
    api_url: str, client: Client, desk: Client, operator: Client, database: Database
) -> None:
    booked = await a_day_off(api_url, operator, 9, 10, 11)

    counted = await offered(desk, dryRun=True)
    assert counted == {"matched": 3, "offered": 0, "excluded": {}, "left": 0}
    assert await offers_sent(database) == {}
    done = await offered(desk, expected=3, message="The doctor is ill.")
    assert done == {"matched": 3, "offered": 3, "excluded": {}, "left": 0}

    found = await listed(desk)
    assert [each["id"] for each in found] == [each["id"] for each in booked]
    times = [time["startsAt"] for each in found for time in each["offer"]["times"]]
    assert len(times) == len(set(times)) == 9
    for each in found:
        offer_ = each["offer"]
        assert len({time["appointmentDate"] for time in offer_["times"]}) == 3
        # on the day on which the hold ends, that time of day may be over
        last = datetime.fromisoformat(offer_["offeredUntil"]).astimezone(ZONE).date().isoformat()
        later = {time["appointmentTime"] for time in offer_["times"] if time["appointmentDate"] != last}
        assert later == {each["appointmentTime"]}
        assert (offer_["told"], offer_["mail"], offer_["isHeld"], offer_["answered"]) == (
            False,
            "scheduled",
            True,
            None,
        )
        assert all(time["startsAt"] >= offer_["offeredUntil"] for time in offer_["times"])
        for time in offer_["times"]:
            assert time["appointmentTime"] not in await free_on(client, time["appointmentDate"])
    assert await offers_sent(database) == {each["id"]: 1 for each in booked}
    [act] = [
        each
        for each in (await desk("GET", f"/api/staff/appointments/{booked[0]['id']}/history")).body["items"]
        if each["act"] == "offered"
    ]
    assert (act["by"], act["via"], act["message"]) == ("desk", "staff", "The doctor is ill.")


async def test_what_older_jobs_would_say_is_taken_back(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    rows = await database.fetch("SELECT kind, state, reason, revision FROM jobs ORDER BY id")
    assert [(row["kind"], row["state"]) for row in rows] == [
        ("appointment_created_email", "cancelled"),
        ("appointment_reminder", "cancelled"),
        (OFFER, "scheduled"),
    ]
    assert rows[0]["reason"] == "other times were offered"
    assert rows[2]["revision"] > rows[0]["revision"]
    assert booked["id"]


async def test_a_held_time_is_nobody_elses_whichever_way_they_ask(
    api_url: str, client: Client, desk: Client, operator: Client
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    mine = await client.book(in_days(2, 9))
    await offered(desk)
    [seen] = await listed(desk)
    held = seen["offer"]["times"][0]
    to = {name: held[name] for name in ("appointmentDate", "appointmentTime")}

    for answer in (
        await client("POST", "/api/client/appointments", wish_at(held)),
        await desk("POST", "/api/staff/appointments", wish_at(held) | {"clientId": "client-1"}),
        await client("PATCH", f"/api/client/appointments/{mine['id']}", to),
        await desk("PATCH", f"/api/staff/appointments/{mine['id']}", to),
    ):
        assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:slot-taken")
    # whom it is held for may have it by any way, too
    done = await desk("PATCH", f"/api/staff/appointments/{booked['id']}", to)
    assert (done.status, done.body["startsAt"]) == (200, held["startsAt"])


async def test_the_link_takes_one_time_and_gives_the_others_back(
    api_url: str, client: Client, nobody: Client, desk: Client, operator: Client
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk, message="The doctor is ill.")
    [seen] = await listed(desk)
    page = await nobody("GET", path_of(booked))

    assert page.status == 200
    assert "Please choose a new time" in page.body
    assert "The doctor is ill." not in page.body  # whoever has the mail can open the page
    choices = forms(page.body)
    assert [(each["day"], each["time"][:5]) for each in choices] == [
        (each["appointmentDate"], each["appointmentTime"]) for each in seen["offer"]["times"]
    ]
    assert (await nobody("GET", path_of(booked))).body == page.body  # opening changes nothing

    taken = await take(nobody, booked, choices[1])
    assert "Your appointment has been moved" in taken.body
    again = await take(nobody, booked, choices[1])
    assert "Your appointment has been moved" in again.body
    late = await take(nobody, booked, choices[0])
    assert late.status == 409

    assert await listed(desk) == []
    [answer] = await listed(desk, answered="true")
    assert (answer["id"], answer["why"], answer["offer"]["answered"]) == (booked["id"], None, "taken")
    assert answer["startsAt"] == seen["offer"]["times"][1]["startsAt"]
    freed = [seen["offer"]["times"][place] for place in (0, 2)]
    for each in freed:
        assert each["appointmentTime"] in await free_on(client, each["appointmentDate"])
    assert (await client("POST", "/api/client/appointments", wish_at(freed[0]))).status == 200
    kinds = {job["kind"]: job["state"] for job in answer["jobs"] if job["state"] != "cancelled"}
    assert kinds == {"appointment_rescheduled_email": "scheduled", "appointment_reminder": "scheduled"}


async def test_a_hold_ends_by_itself(
    api_url: str, client: Client, nobody: Client, desk: Client, operator: Client, database: Database
) -> None:
    booked = await a_day_off(api_url, operator, 10, 11)
    await offered(desk)
    first, second = await listed(desk)
    held = first["offer"]["times"]
    await let_holds_end(database)

    [seen, _] = await listed(desk)
    assert (seen["offer"]["isHeld"], seen["offer"]["answered"]) == (False, None)
    page = await nobody("GET", path_of(booked[0]))
    assert forms(page.body) == []
    assert "We no longer hold times for you" in page.body
    assert (await client("POST", "/api/client/appointments", wish_at(held[0]))).status == 200
    # an old page of theirs: a time that is still free is theirs, and one that is taken is not
    version = {"version": "2", "act": "move", "lang": "en"}
    gone = await take(
        nobody, booked[0], version | {"day": held[0]["appointmentDate"], "time": held[0]["appointmentTime"]}
    )
    assert gone.status == 409
    free = second["offer"]["times"][0]
    done = await take(nobody, booked[0], version | {"day": free["appointmentDate"], "time": free["appointmentTime"]})
    assert "Your appointment has been moved" in done.body


async def test_asked_again_it_tells_nobody_twice_unless_their_offer_has_ended(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    booked = await a_day_off(api_url, operator, 9, 10, 11)
    # an earlier request that was cut off half-way
    await desk("POST", PATH + "/offer", {"doctorId": "1", "date": day_of(booked[0])})
    await database.execute("DELETE FROM offers WHERE appointment_id = $1", booked[2]["id"])
    await database.execute("DELETE FROM jobs WHERE appointment_id = $1 AND kind = $2", booked[2]["id"], OFFER)

    assert await offered(desk, expected=3) == {
        "matched": 3,
        "offered": 1,
        "excluded": {"alreadyOffered": 2},
        "left": 0,
    }
    assert (await offered(desk, again=True))["excluded"] == {"alreadyOffered": 3}
    assert await offers_sent(database) == {each["id"]: 1 for each in booked}
    await let_holds_end(database)
    assert (await offered(desk))["excluded"] == {"alreadyOffered": 3}
    assert (await offered(desk, again=True))["offered"] == 3
    assert await offers_sent(database) == {each["id"]: 2 for each in booked}
    rows = await database.fetch("SELECT state FROM jobs WHERE kind = $1 ORDER BY id", OFFER)
    assert sorted(row["state"] for row in rows) == ["cancelled"] * 3 + ["scheduled"] * 3


async def test_two_who_act_at_once_offer_once(api_url: str, desk: Client, operator: Client, database: Database) -> None:
    booked = await a_day_off(api_url, operator, 9, 10, 11, 12, 13)
    both = await asyncio.gather(offered(desk), offered(desk))
    assert sum(each["offered"] for each in both) == 5
    assert await offers_sent(database) == {each["id"]: 1 for each in booked}
    times = [time["startsAt"] for each in await listed(desk) for time in each["offer"]["times"]]
    assert len(set(times)) == 15


@pytest.mark.parametrize("way", ["cancel", "move", "desk"])
async def test_whoever_moves_or_cancels_gives_the_held_times_back(
    api_url: str, client: Client, nobody: Client, desk: Client, operator: Client, database: Database, way: str
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    [seen] = await listed(desk)
    if way == "cancel":
        await take(nobody, booked, {"version": "2", "act": "cancel"})
    elif way == "move":
        day = in_days(9, 15).date().isoformat()
        await take(nobody, booked, {"version": "2", "act": "move", "day": day, "time": "15:00"})
    else:
        await desk("POST", PATH + "/cancel", {"doctorId": "1", "message": "Please call us."})
    assert await database.fetch("SELECT FROM held_times") == []
    [answer] = await listed(desk, answered="true")
    assert answer["offer"]["answered"] == ("moved" if way == "move" else "cancelled")
    held = seen["offer"]["times"][0]
    assert held["appointmentTime"] in await free_on(client, held["appointmentDate"])
    rows = await database.fetch("SELECT state FROM jobs WHERE kind = $1", OFFER)
    assert [row["state"] for row in rows] == ["cancelled"]


async def test_clients_share_times_when_too_few_are_free_and_the_first_one_gets_them(
    api_url: str, nobody: Client, client: Client, desk: Client, operator: Client
) -> None:
    day = in_days(5).strftime("%a").lower()
    booked = await a_day_off(api_url, operator, 9, 10, 11, days=5, hours_of_doctor=EVERY_DAY)
    # afterwards the doctor works on that weekday alone, and so from the next week on, for two times a day
    await operator("PATCH", DOCTOR, {"hours": {day: [["09:00", "10:00"]]}, "daysOff": [day_of(booked[0])]})
    open_days = [in_days(5 + 7 * week).date() for week in range(1, 17)]
    await operator("PATCH", DOCTOR, {"daysOff": [day_of(booked[0]), *(each.isoformat() for each in open_days[1:])]})

    assert (await offered(desk))["offered"] == 3

    found = await listed(desk)
    times = [tuple(time["startsAt"] for time in each["offer"]["times"]) for each in found]
    assert len(set(times)) == 1  # the two times of the one open day, for all of them
    assert len(times[0]) == 2
    wish = wish_at(found[0]["offer"]["times"][0])
    assert (await client("POST", "/api/client/appointments", wish)).status == 409
    pages = [forms((await nobody("GET", path_of(each))).body) for each in booked]
    assert all(len(each) == 2 for each in pages)

    answers = await asyncio.gather(*(take(nobody, each, pages[0][0]) for each in booked))

    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    rest = await listed(desk)
    assert [len(each["offer"]["times"]) for each in rest] == [1, 1]
    page = await nobody("GET", path_of(rest[0]))
    assert len(forms(page.body)) == 1


async def test_of_many_who_book_while_times_are_offered_nobody_gets_a_held_one(
    api_url: str, client: Client, desk: Client, operator: Client
) -> None:
    """Bookings and offers race for the same times; whoever comes first has them, and never both."""
    booked = await a_day_off(api_url, operator, 9, 10, 11, 12)
    wishes = [a_wish(in_days(days, hour)) for days in (1, 2, 4, 5) for hour in (9, 10, 11, 12)]
    answers = await asyncio.gather(offer(desk), *(client("POST", "/api/client/appointments", wish) for wish in wishes))
    theirs = {each.body["startsAt"] for each in answers[1:] if each.status == 200}
    assert {each.status for each in answers[1:]} <= {200, 409}
    held = [time["startsAt"] for each in await listed(desk) for time in each["offer"]["times"]]
    assert len(held) == len(set(held)) == 3 * len(booked)
    assert not theirs & set(held)


async def test_whom_no_mail_reaches_stays_on_the_list(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    booked = await a_day_off(api_url, operator, 9, 10, 11)
    await database.execute("UPDATE clients SET email = NULL WHERE id = 'patient-0'")
    await a_suppression(database, "patient-1@patients.example")
    done = await offered(desk)
    assert (done["offered"], done["excluded"]) == (1, {"noAddress": 1, "suppressed": 1})
    assert [each["offer"] is None for each in await listed(desk)] == [True, True, False]
    assert len(booked) == 3


async def test_a_doctor_without_free_times_offers_none(api_url: str, desk: Client, operator: Client) -> None:
    booked = await a_day_off(api_url, operator, 9)
    weekday = in_days(3).strftime("%a").lower()
    away = [in_days(3 + 7 * week).date().isoformat() for week in range(60)]
    await operator("PATCH", DOCTOR, {"hours": {weekday: [["09:00", "12:00"]]}, "daysOff": away})
    assert (await offered(desk))["excluded"] == {"noFreeTimes": 1}
    assert [each["offer"] for each in await listed(desk)] == [None]
    assert booked


async def test_a_hold_ends_when_the_appointment_begins(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    booked = await a_day_off(api_url, operator, 9)
    await offered(desk, holdHours=240)
    [seen] = await listed(desk)
    assert seen["offer"]["offeredUntil"] == booked[0]["startsAt"]
    [row] = await database.fetch("SELECT expires_at FROM jobs WHERE kind = $1", OFFER)
    assert row["expires_at"] == datetime.fromisoformat(booked[0]["startsAt"])


async def test_what_begins_in_a_few_minutes_is_too_soon(
    api_url: str, desk: Client, operator: Client, database: Database
) -> None:
    [booked] = await a_day_off(api_url, operator, 9)
    soon = datetime.now(UTC) + timedelta(minutes=4)
    await operator("PATCH", DOCTOR, {"hours": {"mon": [["00:00", "00:10"]]}})
    await database.execute(
        "UPDATE appointments SET starts_at = $2, ends_at = $2::timestamptz + interval '30 minutes' WHERE id = $1",
        *(booked["id"], soon),
    )
    assert (await offered(desk))["excluded"] == {"tooSoon": 1}


async def test_a_doctor_who_comes_after_all_shows_the_appointment_as_booked(
    api_url: str, nobody: Client, desk: Client, operator: Client
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    await take_off(operator)
    page = (await nobody("GET", path_of(booked))).body
    assert "Your appointment takes place at the booked time." in page
    assert "Please choose a new time" not in page


async def test_the_page_speaks_the_clients_language(
    api_url: str, nobody: Client, desk: Client, operator: Client, database: Database
) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)

    async def speaks(tag: str, *keys: str) -> None:
        await database.execute("UPDATE clients SET locale = $1", tag)
        page = (await nobody("GET", path_of(booked))).body
        for key in ("link.offer-title", "link.other-time", *keys):
            assert builtin().of(tag).text(key) in page, (tag, key)
        assert "<script" not in page

    for tag in BUILT_IN:
        await speaks(tag, "link.offer", "label.held-until")
    await let_holds_end(database)
    for tag in BUILT_IN:
        await speaks(tag, "link.offer-ended")


async def test_an_older_page_shows_the_news_first(api_url: str, nobody: Client, desk: Client, operator: Client) -> None:
    [booked] = await a_day_off(api_url, operator, 10)
    await offered(desk)
    answer = await take(nobody, booked, {"version": "1", "act": "come"})
    assert answer.status == 409
    assert len(forms(answer.body)) == 3
