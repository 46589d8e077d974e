"""The two faces of a bulk requeue, asked alike: each first says what it would do, then does it to that set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from api_service.ops.dashboard.texts import left_out
from tests.support.client import Client
from tests.support.visitor import Visitor

WHY: Final = {left_out(why): why for why in ("cancelled", "moved", "begun", "suppressed")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a face says that it would do; `place` names the set for the second step."""

    matched: int
    excluded: Mapping[str, int]
    place: Any


class Face(Protocol):
    async def ask(self, kind: str) -> Asked:
        """What would become of the failed jobs of a kind."""

    async def confirm(self, asked: Asked, *, reason: str = "", per_second: int = 1000, unsure: bool = False) -> int:
        """Requeues the set; how many jobs were."""


class ByApi:
    def __init__(self, operator: Client) -> None:
        self._operator = operator

    async def ask(self, kind: str) -> Asked:
        wanted = {"kind": kind, "possiblySent": False}
        body = (await self._operator("POST", "/api/ops/jobs/requeue", wanted | {"dryRun": True})).body
        assert body["requeued"] == 0
        return Asked(body["matched"], body["excluded"], wanted | {"failedBefore": body["failedBefore"]})

    async def confirm(self, asked: Asked, *, reason: str = "", per_second: int = 1000, unsure: bool = False) -> int:
        wanted = asked.place | {"possiblySent": unsure, "perSecond": per_second, "reason": reason or None}
        answer = await self._operator("POST", "/api/ops/jobs/requeue", wanted)
        assert answer.status == 202
        return int(answer.body["requeued"])


class ByDashboard:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    async def ask(self, kind: str) -> Asked:
        seen = await self._visitor.submit("/ops/confirmations", {"action": "requeue", "kind": kind})
        matched = re.search(r"Requeue ([\d,]+) failed jobs?\?", seen.text)
        assert matched or "No failed job matches any more" in seen.text, seen.text
        stays = re.search(r"stay failed: (.*?)\.", seen.text)
        parts = [part.split(" ", 1) for part in stays[1].split(", ")] if stays else []
        excluded = {WHY[why]: int(jobs) for jobs, why in parts}
        unsure = re.search(r"(\d+) may have arrived already", seen.text)
        return Asked(
            int(matched[1]) if matched else 0,
            excluded | ({"possiblySent": int(unsure[1])} if unsure else {}),
            seen.path,
        )

    async def confirm(self, asked: Asked, *, reason: str = "", per_second: int = 1000, unsure: bool = False) -> int:
        fields = {"reason": reason, "pace": str(per_second)} | ({"unsure": "1"} if unsure else {})
        done = await self._visitor.submit(asked.place, fields)
        changed = re.search(r"(\d+) jobs? requeued", done.text)
        assert changed, done.text
        return int(changed[1])
