"""A doctor is ill on Tuesday: 31 patients are told within a minute, through both real processes."""

import asyncio
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

from tests.integration.api.staff.affected_day import (
    DOCTOR,
    EVERY_DAY,
    ZONE,
    day_of,
    forms,
    in_days,
    listed,
    offer,
    offered,
    patients,
    take,
    take_off,
    wish_at,
)
from tests.support.client import Client
from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World

PATIENTS: Final = 31
MESSAGE: Final = "Dr. Ada is ill. We are sorry."
SUBJECT: Final = "New time needed"
MINUTE: Final = 60.0


async def a_full_tuesday(world: World, api: Service) -> list[dict[str, Any]]:
    """31 patients of a doctor who sees one in each quarter of an hour."""
    operator = world.operator(api)
    assert (await operator("PATCH", DOCTOR, {"slotMinutes": 15, "hours": EVERY_DAY})).status == 200
    days = next(ahead for ahead in range(3, 10) if in_days(ahead).astimezone(ZONE).weekday() == 1)
    first = in_days(days, 8)
    return await patients(api.url, [first + timedelta(minutes=15 * place) for place in range(PATIENTS)])


def links(text: str) -> list[str]:
    """The tokens of the links of a mail's text."""
    return re.findall(r"/a/([\w.-]+)\s*$", text, re.MULTILINE)


def named_times(text: str) -> list[str]:
    """The free times that the plain text of a mail names, a line each."""
    found = re.search(r"^Free times: (.*?)^Held for you until: ", text.replace("\r\n", "\n"), re.MULTILINE | re.DOTALL)
    assert found is not None, text
    return [line.strip()[len("1. ") :] for line in found[1].splitlines()]


async def test_31_patients_are_told_within_a_minute_and_one_takes_another_time(world: World) -> None:
    async with world.api() as api, world.notifier():
        desk, operator = Client(api.url, a_token("desk", "staff")), world.operator(api)
        nobody = Client(api.url, None)
        booked = await a_full_tuesday(world, api)

        assert await take_off(operator, day_of(booked[0])) == PATIENTS
        assert [each["offer"] for each in await listed(desk)] == [None] * PATIENTS
        assert (await offered(desk, dryRun=True))["matched"] == PATIENTS
        assert (await offered(desk, expected=PATIENTS, message=MESSAGE))["offered"] == PATIENTS

        mails = await eventually(lambda: _all_told(world), within=MINUTE)
        assert Counter(mail["to"][0] for mail in mails) == Counter(
            f"patient-{number}@patients.example" for number in range(PATIENTS)
        )
        times = [time for mail in mails for time in named_times(mail["text"])]
        assert len(times) == len(set(times)) == 3 * PATIENTS
        for mail in mails:
            assert f"Message from the clinic: {MESSAGE}" in mail["text"]
            for time in named_times(mail["text"]):
                assert time in mail["html"]
                assert "Central European" in time

        rest = await eventually(lambda: _told(desk, PATIENTS))
        [theirs] = [mail for mail in mails if mail["to"] == ["patient-7@patients.example"]]
        page = await nobody("GET", f"/a/{links(theirs['text'])[0]}")
        choices = forms(page.body)
        held = next(each["offer"]["times"] for each in rest if each["id"] == booked[7]["id"])
        assert [(each["day"], each["time"][:5]) for each in choices] == [
            (each["appointmentDate"], each["appointmentTime"]) for each in held
        ]
        stranger = world.client(api, "stranger")
        for time in held:
            assert (await stranger("POST", "/api/client/appointments", wish_at(time))).status == 409

        moved = await take(nobody, booked[7], choices[2])
        assert "Your appointment has been moved" in moved.body
        [mail] = await eventually(lambda: world.mails("Appointment moved"))
        assert mail["to"] == ["patient-7@patients.example"]
        for time in held[:2]:
            assert (await stranger("POST", "/api/client/appointments", wish_at(time))).status == 200

        rest = await _told(desk, PATIENTS - 1)
        assert {each["id"] for each in rest} == {each["id"] for each in booked} - {booked[7]["id"]}
        assert all(each["offer"]["isHeld"] and each["offer"]["answered"] is None for each in rest)
        [answer] = await listed(desk, answered="true")
        assert (answer["id"], answer["startsAt"], answer["offer"]["answered"]) == (
            booked[7]["id"],
            held[2]["startsAt"],
            "taken",
        )
        assert len(_offers(world)) == PATIENTS


async def test_an_act_that_a_crash_cut_off_goes_on_and_tells_nobody_twice(world: World) -> None:
    async with world.api() as api, world.notifier():
        desk, operator = Client(api.url, a_token("desk", "staff")), world.operator(api)
        booked = await a_full_tuesday(world, api)
        await take_off(operator, day_of(booked[0]))
        under_way = asyncio.create_task(offer(desk, expected=PATIENTS, message=MESSAGE, perSecond=1))
        await eventually(lambda: len(_offers(world)) >= 2)
        api.kill()
        await asyncio.gather(under_way, return_exceptions=True)
        await eventually(lambda: _has_left(world))
        before = await world.database.fetch("SELECT FROM offers")
        assert 2 <= len(before) < PATIENTS

        async with world.api() as again:
            desk = Client(again.url, a_token("desk", "staff"))
            done = await offered(desk, expected=PATIENTS, message=MESSAGE)
            assert done["offered"] == PATIENTS - len(before)
            assert done["excluded"] == {"alreadyOffered": len(before)}
            await eventually(lambda: _all_told(world), within=MINUTE)
            await eventually(lambda: _told(desk, PATIENTS))
            cancelled = await desk("POST", "/api/staff/affected/cancel", {"doctorId": "1", "expected": PATIENTS})
            assert cancelled.body["cancelled"] == PATIENTS
            await eventually(lambda: len(world.mails("Appointment cancelled")) == PATIENTS)
            assert await world.database.fetch("SELECT FROM held_times") == []
        assert max(Counter(mail["to"][0] for mail in _offers(world)).values()) == 1


async def _has_left(world: World) -> bool:
    """Whether the server has ended the last statement of an API that was killed."""
    statement = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'punctual-api%'"
    )
    return not await world.database.fetch(statement)


def _offers(world: World) -> list[dict[str, Any]]:
    return world.mails(SUBJECT)


def _all_told(world: World) -> list[dict[str, Any]]:
    found = _offers(world)
    return found if len(found) >= PATIENTS else []


async def _told(desk: Client, expected: int) -> list[dict[str, Any]]:
    """The list of the staff, once it says of all of them that they were told."""
    found = await listed(desk)
    assert len(found) == expected
    told = [each["offer"] is not None and each["offer"]["told"] for each in found]
    assert all(datetime.fromisoformat(each["offer"]["toldAt"]) for each in found if each["offer"]["told"])
    return found if all(told) else []
