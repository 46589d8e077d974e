"""Offers to more clients than one request reaches, and the dry run, which counts by the rule of the act."""

import pytest

from api_service.staff.affected import acting
from shared.database import Database
from tests.integration.api.staff.affected_day import DOCTOR, day_of, in_days, offered, patients, take_off
from tests.integration.api.staff.test_offers import a_day_off, let_holds_end
from tests.support.client import Client
from tests.support.rows import a_suppression


async def test_asked_again_it_reaches_those_behind_the_bound(
    api_url: str, desk: Client, operator: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "MOST", 2)
    await a_day_off(api_url, operator, 8, 9, 10, 11, 12, 13)
    await database.execute("UPDATE clients SET email = NULL WHERE id IN ('patient-0', 'patient-2')")
    gone = {"noAddress": 2}
    assert await offered(desk, dryRun=True) == {"matched": 6, "offered": 0, "excluded": gone, "left": 2}
    assert await offered(desk) == {"matched": 6, "offered": 2, "excluded": gone, "left": 2}
    done = gone | {"alreadyOffered": 2}
    assert await offered(desk, dryRun=True) == {"matched": 6, "offered": 0, "excluded": done, "left": 0}
    assert await offered(desk) == {"matched": 6, "offered": 2, "excluded": done, "left": 0}
    answer = await desk("POST", "/api/staff/affected/cancel", {"doctorId": "1", "dryRun": True})
    assert (answer.body["matched"], answer.body["left"]) == (6, 4)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("has_ended", [False, True])
async def test_a_dry_run_excludes_whom_the_act_excludes(
    api_url: str, desk: Client, operator: Client, database: Database, *, again: bool, has_ended: bool
) -> None:
    await a_day_off(api_url, operator, 9, 10, 11, 12)
    await offered(desk)
    if has_ended:
        await let_holds_end(database)
    await database.execute("UPDATE clients SET email = NULL WHERE id = 'patient-0'")
    await a_suppression(database, "patient-1@patients.example")
    counted = await offered(desk, again=again, dryRun=True)
    done = await offered(desk, again=again)
    assert counted["excluded"] == done["excluded"]
    assert done["offered"] == (2 if again and has_ended else 0)


async def test_a_dry_run_sees_that_no_time_is_free(api_url: str, desk: Client, operator: Client) -> None:
    booked = await patients(api_url, [in_days(3, 9), in_days(3, 10)])
    weekday = in_days(3).strftime("%a").lower()
    away = [in_days(3 + 7 * week).date().isoformat() for week in range(60)]
    await operator("PATCH", DOCTOR, {"hours": {weekday: [["09:00", "12:00"]]}, "daysOff": away})
    assert (await offered(desk, dryRun=True))["excluded"] == {"noFreeTimes": 2}
    assert (await offered(desk))["excluded"] == {"noFreeTimes": 2}
    assert await take_off(operator, day_of(booked[0])) == 2
