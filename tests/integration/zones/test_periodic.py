"""Who looks after zones' laws while the API runs, and what is shown of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from api_service.zones import metrics
from api_service.zones.periodic import TASK, PeriodicReplanning
from shared.database import leader
from tests.integration.zones.conftest import HOUR, Clinic
from tests.support.laws import UNTIL_2026, VANCOUVER, Law
from tests.support.waiting import eventually


def conflicts(reason: str) -> float | None:
    return REGISTRY.get_sample_value("punctual_zone_conflicts", {"reason": reason})


@asynccontextmanager
async def running(keeper: PeriodicReplanning) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_start_plans_anew_whoever_leads(clinic: Clinic, law: Law) -> None:
    booked = await clinic.book("09:00")
    await leader.lead(clinic.database, TASK, holder="another", seconds=3600)
    law.becomes({}, "2026f")

    async def moved() -> bool:
        return bool((await clinic.row(booked))["starts_at"] == booked.starts_at - HOUR)

    async with running(PeriodicReplanning(clinic.database)):
        await eventually(moved)


async def test_what_an_older_instance_books_follows_soon(clinic: Clinic, law: Law) -> None:
    law.becomes({}, "2026f")
    async with running(PeriodicReplanning(clinic.database, every=0.05)):
        law.becomes({VANCOUVER: UNTIL_2026}, "2026f")
        booked = await clinic.book("09:00")
        law.becomes({}, "2026f")

        async def moved() -> bool:
            return bool((await clinic.row(booked))["starts_at"] == booked.starts_at - HOUR)

        await eventually(moved)


@pytest.mark.parametrize("reason", ["clash", "unknown", "outdated"])
async def test_what_a_person_must_look_at_is_shown_and_logged_once(clinic: Clinic, law: Law, reason: str) -> None:
    old = await clinic.book("09:00")
    if reason == "clash":
        law.becomes({}, "2026f")
        await clinic.book("09:00")
    elif reason == "unknown":
        await clinic.database.execute("UPDATE appointments SET timezone = 'America/Newzone' WHERE id = $1", old.id)
    else:
        await clinic.database.execute("INSERT INTO zone_data (version) VALUES ('2030a')")

    turns = 0

    class Counting(PeriodicReplanning):
        async def _leads(self) -> bool:
            nonlocal turns
            turns += 1
            return await super()._leads()

    with capture_logs() as logs:
        async with running(Counting(clinic.database, every=0.02)):
            await eventually(lambda: turns > 20)
            assert conflicts(reason) == 1
            others = {"clash", "missing", "unknown", "outdated"} - {reason}
            assert {conflicts(each) for each in others} == {0}
    assert [each["log_level"] for each in logs if each["log_level"] == "warning"] == ["warning"]


async def test_nothing_is_shown_without_the_lead(clinic: Clinic, law: Law) -> None:
    await clinic.book("09:00")
    law.becomes({}, "2026f")
    await clinic.book("09:00")
    await leader.lead(clinic.database, TASK, holder="another", seconds=3600)
    first_look = asyncio.Event()

    class Slow(PeriodicReplanning):
        async def _leads(self) -> bool:
            if self._looked:
                await first_look.wait()
            return await super()._leads()

    metrics.forget()
    async with running(Slow(clinic.database, every=0.02)):
        await eventually(lambda: conflicts("clash") == 1)
        first_look.set()
        await eventually(lambda: conflicts("clash") == 0)
