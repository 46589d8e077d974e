"""A steady load of bookings over HTTP, and what each was answered."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import aiohttp

from api_service import tokens
from shared.database import Database
from tests.support.world import SECRET, ZONE

DOCTORS = 5000


@dataclass
class Answers:
    """`booked`: appointment id → job ids, of what was answered 200."""

    booked: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0
    unanswered: int = 0


async def prepare(database: Database) -> None:
    """A doctor for every booking, so that none is refused for its time."""
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) SELECT 'd' || n, 'Dr. ' || n, $1 FROM generate_series(1, $2::int) n",
        ZONE,
        DOCTORS,
    )


class Load:
    def __init__(self, urls: Sequence[str], chance: Random, *, per_second: float) -> None:
        self._urls = itertools.cycle(urls)
        self._chance = chance
        self._pause = 1 / per_second
        self._numbers = itertools.count(1)
        self._token = tokens.issue(SECRET, subject="c", roles=["client"], email="c@patients.example")
        self.answers = Answers()

    async def run(self, seconds: float) -> None:
        """Books for that long; each booking in a task of its own, so that a slow answer holds nobody up."""
        headers = {"Authorization": f"Bearer {self._token}"}
        end = asyncio.get_running_loop().time() + seconds
        async with (
            aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(15)) as http,
            asyncio.TaskGroup() as group,
        ):
            while asyncio.get_running_loop().time() < end:
                group.create_task(self._book(http, next(self._urls)))
                await asyncio.sleep(self._pause)

    async def _book(self, http: aiohttp.ClientSession, url: str) -> None:
        """Its reminder is due in a few seconds, so that faults strike reminders too."""
        starts = datetime.now(UTC) + timedelta(hours=1, seconds=self._chance.uniform(3, 12))
        local = starts.astimezone(ZoneInfo(ZONE))
        wish = {
            "doctorId": f"d{next(self._numbers)}",
            "appointmentDate": f"{local:%Y-%m-%d}",
            "appointmentTime": f"{local:%H:%M:%S}",
        }
        try:
            async with http.post(f"{url}/api/client/appointments", json=wish) as answer:
                if answer.status == 200:
                    body = await answer.json()
                    self.answers.booked[body["id"]] = [job["id"] for job in body["jobs"]]
                else:
                    self.answers.refused += 1
        except (aiohttp.ClientError, TimeoutError):
            self.answers.unanswered += 1
