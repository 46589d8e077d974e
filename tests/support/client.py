"""Speaks HTTP to the API as one user, and sees to it that every answer is as documented."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDict

from shared.people import zones
from tests.support import conformity

_days = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


class Client:
    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        query: Mapping[str, str] | None = None,
        redirects: bool = True,
    ) -> Answer:
        """One request; `body` is sent as JSON, bytes as they are; `redirects` are followed."""
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        data = None if content is None else io.BytesIO(content)
        kind = {} if data is None else {"Content-Type": "application/json"}
        sent = CIMultiDict(self.headers | kind)
        given = CIMultiDict(headers)
        for name in given:
            sent.popall(name, None)
        sent.extend(given)
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                method, self.url + path, headers=sent, params=query or {}, data=data, allow_redirects=redirects
            ) as answer,
        ):
            text = await answer.text(errors="replace")
            shown = orjson.loads(text) if "json" in answer.content_type and text else text
            conformity.check(method, path, answer.status, answer.headers, shown)
            return Answer(answer.status, answer.headers, shown)

    def at(self, url: str) -> "Client":
        """The same user, asking there."""
        other = Client(url, None)
        other.headers = self.headers
        return other

    async def book(self, starts: datetime | None = None, **fields: Any) -> dict[str, Any]:
        """A booking of doctor "1", at a time of its own unless `starts` says when."""
        answer = await self("POST", "/api/client/appointments", a_wish(starts) | fields)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    async def job(self, job_id: str) -> dict[str, Any]:
        answer = await self("GET", f"/api/ops/jobs/{job_id}")
        assert answer.status == 200, answer.body
        return dict(answer.body)


def a_wish(starts: datetime | None = None) -> dict[str, Any]:
    """A booking's body; without `starts` every call has another half hour, months ahead."""
    if starts is None:
        starts = datetime(2100, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * next(_days))
    local = starts.astimezone(zones.zone("Europe/Berlin"))
    return {
        "doctorId": "1",
        "appointmentDate": f"{local:%Y-%m-%d}",
        "appointmentTime": f"{local:%H:%M:%S}",
        "reason": "Regular checkup",
    }


def job_of(appointment: Mapping[str, Any], kind: str) -> str:
    """The id of an appointment's job of that kind."""
    [job_id] = [job["id"] for job in appointment["jobs"] if job["kind"] == kind]
    return str(job_id)
