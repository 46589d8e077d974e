"""A steady load of bookings over HTTP, and what each was answered."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

import aiohttp

from shared.database import Database
from shared.people import zones
from tests.support.tokens import a_token
from tests.support.world import ZONE

DOCTORS = 10_000
CLIENTS = 100
LOOK_EVERY = 0.05
"""Seconds between two looks at /readyz, of a load that follows it."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """`seconds` of bookings, `per_second` of them; their reminders are due `reminder_in` (shortest, longest) seconds
    later, so that faults strike reminders too: negative, and there are none. `follows_readiness`: as a balancer does,
    it asks only instances that say they are ready. `balanced`: it asks a balancer, which answers 502 or 504 for an
    API that has not answered. `with_faults`: it ends when the faults are over, if that is sooner."""

    seconds: float = 15.0
    per_second: float = 20.0
    reminder_in: tuple[float, float] = (3.0, 12.0)
    follows_readiness: bool = False
    balanced: bool = False
    with_faults: bool = False


STEADY: Final = LoadPlan()


class Change(NamedTuple):
    """When a client asked for a change of its appointment, when it was told that it is so, and what it was told."""

    began: datetime
    answered: datetime
    what: str


@dataclass
class Answers:
    """`booked`: appointment id → job ids, of what was answered 200. `times`: seconds that each answer took, by when it
    came (monotonic). `refused`: other answers; `wrong` are those among them that are no 503 with Retry-After.
    `changed`: the last change of an appointment that was answered 200. `answered_by`: appointment id → URL of the
    API that booked it."""

    booked: dict[str, list[str]] = field(default_factory=dict)
    times: list[tuple[float, float]] = field(default_factory=list)
    refused: int = 0
    unanswered: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    changed: dict[str, Change] = field(default_factory=dict)
    answered_by: dict[str, str] = field(default_factory=dict)

    def refuse(self, status: int, retry_after: str | None) -> None:
        """Notes an answer other than 200."""
        self.refused += 1
        if status != 503:
            self.wrong[str(status)] += 1
        elif retry_after is None:
            self.wrong["503 without Retry-After"] += 1

    def first_since(self, moment: float) -> float | None:
        """Seconds from a moment to the first 200 of a request that was made after it."""
        return min((when - moment for when, took in self.times if when - took >= moment), default=None)

    def latencies(self, since: float = 0.0) -> list[float]:
        """Milliseconds, sorted, of the answers that came after a moment."""
        return sorted(took * 1000 for when, took in self.times if when >= since)


async def prepare(database: Database) -> None:
    """A doctor for every booking, so that none is refused for its time."""
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) SELECT 'd' || n, 'Dr. ' || n, $1 FROM generate_series(1, $2::int) n",
        ZONE,
        DOCTORS,
    )


class Load:
    """Every booking is asked for once: nothing here tries again."""

    def __init__(self, plan: LoadPlan, chance: Random) -> None:
        self._plan = plan
        self._chance = chance
        self._numbers = itertools.count(1)
        self._headers = itertools.cycle([_headers(f"c{number}") for number in range(CLIENTS)])
        self._ready: list[str] = []
        self.answers = Answers()
        self.over = asyncio.Event()
        self._enough = False

    @property
    def ready(self) -> list[str]:
        """The URLs of the APIs that are asked just now."""
        return self._ready

    def stop(self) -> None:
        """Nothing more is booked."""
        self._enough = True

    async def run(self, urls: Sequence[str], seconds: float) -> None:
        """Books for that long; each booking in a task of its own, so that a slow answer holds nobody up."""
        end = time.monotonic() + seconds
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(15),
                connector=aiohttp.TCPConnector(limit=0),
            ) as http,
            asyncio.TaskGroup() as group,
        ):
            self._ready = list(urls)
            if self._plan.follows_readiness:
                await self._look_once(http, urls)
            looking = group.create_task(self._look(http, urls)) if self._plan.follows_readiness else None
            targets = self._targets()
            while time.monotonic() < end and not self._enough:
                group.create_task(self._book(http, next(targets)))
                await asyncio.sleep(1 / self._plan.per_second)
            if looking is not None:
                looking.cancel()
        self.over.set()

    def _targets(self) -> Iterator[str]:
        """Those that are ready: in turn, or by chance as of a balancer that several ask."""
        for number in itertools.count():
            by_chance = self._plan.follows_readiness
            yield self._chance.choice(self._ready) if by_chance else self._ready[number % len(self._ready)]

    async def _look(self, http: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._look_once(http, urls)

    async def _look_once(self, http: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        found = await asyncio.gather(*(self._is_ready(http, url) for url in urls))
        self._ready = [url for url, ready in zip(urls, found, strict=True) if ready] or self._ready

    async def _is_ready(self, http: aiohttp.ClientSession, url: str) -> bool:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.get(f"{url}/readyz", timeout=aiohttp.ClientTimeout(1)) as answer:
                return answer.status == 200
        return False

    async def _book(self, http: aiohttp.ClientSession, url: str) -> None:
        began = time.monotonic()
        try:
            headers = next(self._headers)
            async with http.post(f"{url}/api/client/appointments", json=self._wish(), headers=headers) as answer:
                if answer.status == 200:
                    body = await answer.json()
                    self.answers.booked[body["id"]] = [job["id"] for job in body["jobs"]]
                    self.answers.answered_by[body["id"]] = url
                    self.answers.times.append((time.monotonic(), time.monotonic() - began))
                elif self._plan.balanced and answer.status in (502, 504):
                    self.answers.unanswered += 1
                else:
                    self.answers.refuse(answer.status, answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError):
            self.answers.unanswered += 1

    def _wish(self) -> dict[str, str]:
        starts = datetime.now(UTC) + timedelta(hours=1, seconds=self._chance.uniform(*self._plan.reminder_in))
        local = starts.astimezone(zones.zone(ZONE))
        return {
            "doctorId": f"d{next(self._numbers)}",
            "appointmentDate": f"{local:%Y-%m-%d}",
            "appointmentTime": f"{local:%H:%M:%S}",
        }


def _headers(client: str) -> dict[str, str]:
    token = a_token(client, "client", email=f"{client}@patients.example", lifetime=12 * 3600.0)
    return {"Authorization": f"Bearer {token}"}
