"""Days off and changed hours strand booked appointments: they are counted, listed, and cancelled in one act."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from shared.database import Database
from tests.integration.api.staff.affected_day import DOCTOR, PATH, ZONE, day_of, in_days, listed, take_off
from tests.support.client import Answer, Client, a_wish
from tests.support.rows import a_doctor


async def cancel(desk: Client, **fields: object) -> Answer:
    return await desk("POST", PATH + "/cancel", {"doctorId": "1", "perSecond": 200, **fields})


async def test_a_day_off_says_at_once_how_many_no_longer_fit_and_lists_them(
    client: Client, desk: Client, operator: Client
) -> None:
    booked = [await client.book(in_days(3, hour)) for hour in (9, 10, 11)]
    kept = await client.book(in_days(4))

    assert await take_off(operator, day_of(booked[0])) == 3

    found = await listed(desk)
    assert [(each["id"], each["why"]) for each in found] == [(each["id"], "dayOff") for each in booked]
    assert found[0]["client"]["email"] == "client-1@patients.example"
    assert kept["id"] not in str(found)
    assert await take_off(operator) == 0
    assert await listed(desk) == []


async def test_changed_hours_strand_those_outside_and_not_those_off_the_grid(
    client: Client, desk: Client, operator: Client
) -> None:
    early, late, odd = [await client.book(in_days(3, hour, minute)) for hour, minute in ((7, 0), (17, 0), (10, 10))]
    weekday = in_days(3).astimezone(ZONE).strftime("%a").lower()

    answer = await operator("PATCH", DOCTOR, {"hours": {weekday: [["09:00", "17:00"]]}})

    assert answer.body["affected"] == 2
    assert [(each["id"], each["why"]) for each in await listed(desk)] == [
        (each["id"], "outsideHours") for each in (early, late)
    ]
    assert odd["id"] not in str(await listed(desk))


async def test_the_list_has_pages_and_days(client: Client, desk: Client, operator: Client) -> None:
    booked = [await client.book(in_days(days, hour)) for days in (3, 4) for hour in (9, 10, 11)]
    await take_off(operator, day_of(booked[0]), day_of(booked[3]))

    seen, cursor = [], None
    while True:
        answer = await desk("GET", PATH, query={"doctorId": "1", "limit": "2"} | ({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in answer.body["items"]]
        cursor = answer.body["nextCursor"]
        if cursor is None:
            break
    assert seen == [each["id"] for each in booked]
    assert [each["id"] for each in await listed(desk, date=day_of(booked[3]))] == seen[3:]
    for day in ("0001-01-01", "2020-02-29", "2199-12-31"):
        assert await listed(desk, date=day) == []


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({}, 422, "?doctorId"),
        ({"doctorId": "none"}, 404, "?doctorId"),
        ({"doctorId": "1", "date": "2999-01-01"}, 422, "?date"),
    ],
)
async def test_an_unusable_question_names_its_fault(
    desk: Client, query: dict[str, str], status: int, pointer: str
) -> None:
    answer = await desk("GET", PATH, query=query)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (status, pointer)


async def test_operators_see_the_list_without_reasons_and_cancel_nothing(
    client: Client, operator: Client, reader: Client
) -> None:
    booked = await client.book(in_days(3))
    await take_off(operator, day_of(booked))
    for one in (operator, reader):
        assert [each["reason"] for each in await listed(one)] == [None]
        assert (await cancel(one)).status == 403


async def test_one_act_cancels_what_was_counted_with_a_message(
    client: Client, desk: Client, operator: Client, database: Database
) -> None:
    booked = [await client.book(in_days(3, hour)) for hour in (9, 10, 11)]
    other = await client.book(in_days(4))
    await take_off(operator, day_of(booked[0]), day_of(other))

    counted = await cancel(desk, dryRun=True, date=day_of(booked[0]))
    assert counted.body == {"matched": 3, "cancelled": 0, "excluded": {}, "left": 0}
    assert len(await listed(desk)) == 4

    done = await cancel(desk, date=day_of(booked[0]), expected=3, message="The doctor is ill.")
    assert done.body == {"matched": 3, "cancelled": 3, "excluded": {}, "left": 0}
    assert [each["id"] for each in await listed(desk)] == [other["id"]]
    history = (await desk("GET", f"/api/staff/appointments/{booked[0]['id']}/history")).body["items"]
    assert (history[-1]["act"], history[-1]["by"], history[-1]["message"]) == (
        "cancelled",
        "desk",
        "The doctor is ill.",
    )
    again = await cancel(desk, date=day_of(booked[0]), expected=3)
    assert again.body == {"matched": 0, "cancelled": 0, "excluded": {}, "left": 0}
    assert await mails(database) == {str(each["id"]): 1 for each in booked}


async def mails(database: Database) -> dict[str, int]:
    rows = await database.fetch(
        "SELECT appointment_id, count(*)::int FROM jobs WHERE kind = 'appointment_cancelled_email' GROUP BY 1"
    )
    return {str(row[0]): row[1] for row in rows}


async def test_more_than_were_counted_are_left_alone(client: Client, desk: Client, operator: Client) -> None:
    booked = [await client.book(in_days(3, hour)) for hour in (9, 10)]
    await take_off(operator, day_of(booked[0]))
    answer = await cancel(desk, expected=1)
    assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:more-affected")
    assert len(await listed(desk)) == 2


async def test_two_who_act_at_once_tell_everybody_once(
    client: Client, desk: Client, operator: Client, database: Database
) -> None:
    booked = [await client.book(in_days(3, hour)) for hour in range(8, 18)]
    await take_off(operator, day_of(booked[0]))
    first, second = await asyncio.gather(cancel(desk), cancel(desk))
    assert first.body["cancelled"] + second.body["cancelled"] == 10
    assert await mails(database) == {str(each["id"]): 1 for each in booked}


async def test_an_appointment_of_another_doctor_or_of_the_past_is_not_affected(
    client: Client, desk: Client, operator: Client, database: Database
) -> None:
    await a_doctor(database, "2")
    booked = await client.book(in_days(3))
    await client.book(in_days(3), doctorId="2")
    past = await client.book(in_days(5))
    await database.execute(
        "UPDATE appointments SET local_date = local_date - 9, starts_at = starts_at - interval '9 days',"
        " ends_at = ends_at - interval '9 days' WHERE id = $1",
        past["id"],
    )
    long_ago = (datetime.now(ZONE).date() - timedelta(days=4)).isoformat()
    assert await take_off(operator, day_of(booked), long_ago) == 1
    assert [each["id"] for each in await listed(desk)] == [booked["id"]]


async def test_what_has_begun_today_stays_on_the_list_and_is_not_cancelled(
    client: Client, desk: Client, operator: Client, database: Database
) -> None:
    booked = await client.book(in_days(3))
    today = datetime.now(ZONE)
    begun = datetime.combine(today.date(), time(), ZONE).astimezone(UTC)
    await database.execute(
        "UPDATE appointments SET local_date = $2, local_time = '00:00', starts_at = $3, ends_at = $4 WHERE id = $1",
        booked["id"],
        today.date(),
        begun,
        max(begun + timedelta(seconds=1), datetime.now(UTC) - timedelta(seconds=1)),
    )
    assert await take_off(operator, today.date().isoformat()) == 0
    assert [each["id"] for each in await listed(desk)] == [booked["id"]]
    assert (await cancel(desk)).body["matched"] == 0


async def test_an_unknown_doctor_and_words_that_no_mail_carries_are_refused(desk: Client) -> None:
    assert (await cancel(desk, doctorId="none")).status == 404
    for fields in ({"message": "x" * 1001}, {"expected": -1}, {"perSecond": 0}, {"date": "2999-01-01"}):
        answer = await cancel(desk, **fields)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, f"/{next(iter(fields))}")


async def test_a_new_version_of_the_doctor_refuses_bookings_at_once(client: Client, operator: Client) -> None:
    booked = await client.book(in_days(3))
    await take_off(operator, day_of(booked))
    answer = await client("POST", "/api/client/appointments", a_wish(in_days(3, 12)))
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/appointmentDate")
