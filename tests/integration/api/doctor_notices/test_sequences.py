"""Whatever changes, and whenever notifiers read, claim and fail: a doctor reads changes in order, and the last one."""

import random
from typing import Any
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs.store import Outcome, Verdict
from tests.integration.api.doctor_notices.test_notices import cancel, claim, facts, finish, jobs, move
from tests.support.client import Client
from tests.support.clinic_day import at
from tests.support.shortened import shortened

_OPEN = ("scheduled", "enqueued", "retrying", "processing")


class Days:
    """An appointment, its doctor, and the notifiers between them."""

    def __init__(self, client: Client, database: Database, zone: str, chance: random.Random) -> None:
        self.client, self.database, self.zone, self.chance = client, database, zone, chance
        self.booked: dict[str, Any] = {}
        self.is_today = False
        self.minutes = 60
        self.news = 0  # the version of the appointment at the last change that its doctor has to hear of
        self.claimed: dict[UUID, int] = {}  # with the version that was read before the claim
        self.sent: list[int] = []

    async def book(self) -> None:
        self.is_today = self.chance.random() < 0.7
        self.booked = await self.client.book(**self._time(self.is_today))
        self.news = int(self.is_today)

    async def change(self) -> None:
        to_today = self.chance.random() < 0.5
        is_news = self.is_today or to_today or await self._open() != []
        await move(self.client, self.booked, self._time(to_today))
        self.is_today = to_today
        await self._changed(is_news)

    async def end(self) -> None:
        is_news = self.is_today or await self._open() != []
        await cancel(self.client, self.booked)
        await self._changed(is_news)

    async def take(self, *, with_change: bool = False) -> None:
        """A notifier reads and claims a notice; a change may come between the two."""
        for each in self.chance.sample(await self._open(), k=len(await self._open())):
            if each["state"] == "processing":
                continue
            version = (await facts(self.database, each["id"])).version
            if with_change:
                await self.change()
            verdict = (await claim(self.database, each["id"])).verdict
            assert verdict is Verdict.CLAIMED or with_change or self.claimed
            if verdict is Verdict.CLAIMED:
                assert not with_change
                self.claimed[each["id"]] = version
            return

    async def give_back(self, outcome: Outcome) -> None:
        for job_id, version in list(self.claimed.items())[:1]:
            await finish(self.database, job_id, outcome)
            del self.claimed[job_id]
            if outcome is Outcome.SUCCEEDED:
                self.sent.append(version)

    async def drain(self) -> None:
        while await self._open():
            await self.take()
            await self.give_back(Outcome.SUCCEEDED)

    async def _changed(self, is_news: bool) -> None:
        [row] = await self.database.fetch("SELECT version FROM appointments")
        if is_news:
            self.news = row["version"]

    async def _open(self) -> list[dict[str, Any]]:
        return [each for each in await jobs(self.database) if each["state"] in _OPEN]

    def _time(self, today: bool) -> dict[str, Any]:
        self.minutes += 1
        return at(self.zone, days=0 if today else 1, minutes=self.minutes)


@pytest.mark.parametrize("seed", shortened(range(12), to=2))
async def test_the_doctor_reads_changes_in_order_and_the_last_one(
    client: Client, database: Database, told: str, seed: int
) -> None:
    chance = random.Random(seed)
    days = Days(client, database, told, chance)
    await days.book()
    for _ in range(12):
        match chance.randrange(6):
            case 0 | 1:
                await days.change()
            case 2:
                await days.take()
            case 3:
                await days.take(with_change=True)
            case _:
                await days.give_back(chance.choice([Outcome.SUCCEEDED, Outcome.RETRYING]))
    if chance.random() < 0.5:
        await days.end()
    await days.drain()

    assert days.sent == sorted(set(days.sent)), "in order, and each state once"
    assert (days.sent[-1:] or [0])[0] >= days.news
    assert bool(days.sent) == bool(days.news)
