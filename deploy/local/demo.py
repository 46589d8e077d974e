"""Books one real appointment over HTTP, and shows its e-mail, its notification and its reminder."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import aiohttp

from shared.people import zones

ZONE: Final = "Europe/Berlin"
REMINDER_IN: Final = timedelta(seconds=8)
"""The time from the booking to its reminder, which is due one hour before the appointment."""
LONGEST_WAIT: Final = 30.0
T = TypeVar("T")


async def show(environment: Mapping[str, str]) -> None:
    """Books with a doctor of its own, so that a second demo finds its time free. Raises RuntimeError."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as http:
        await _Demo(http, environment).run()


class _Demo:
    def __init__(self, http: aiohttp.ClientSession, environment: Mapping[str, str]) -> None:
        self._http = http
        self._api = environment["API_URL"]
        self._mailbox = environment["MAILBOX_URL"]
        self._client = {"Authorization": f"Bearer {environment['CLIENT_TOKEN']}"}
        self._ops = {"Authorization": f"Bearer {environment['OPS_TOKEN']}"}

    async def run(self) -> None:
        appointment = await self._book()
        jobs = {job["kind"]: job for job in appointment["jobs"]}
        if self._mailbox:
            _show_mail("The confirmation e-mail", await self._mail(jobs["appointment_created_email"]))
        _show_notification(await self._notification(appointment, "appointment_created_email"))
        reminder = jobs["appointment_reminder"]
        print(f"\nThe reminder is due at {reminder['dueAt']}, waiting for it ...", flush=True)
        if self._mailbox:
            mail = await self._mail(reminder)
            _show_mail("The reminder", mail)
            late = datetime.fromisoformat(mail["receivedAt"]) - datetime.fromisoformat(reminder["dueAt"])
            print(f"  (in the mailbox {late.total_seconds() * 1000:.0f} ms after it was due)")
        _show_notification(await self._notification(appointment, "appointment_reminder"))

    async def _book(self) -> dict[str, Any]:
        doctor = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        body = {"name": "Dr. Grace Demo", "timezone": ZONE, "location": "Beispielweg 3, 10115 Berlin"}
        await self._call("PUT", f"/api/ops/doctors/{doctor}", self._ops, body)
        starts = (datetime.now(UTC) + timedelta(hours=1) + REMINDER_IN).astimezone(zones.zone(ZONE))
        wish = {
            "doctorId": doctor,
            "appointmentDate": f"{starts:%Y-%m-%d}",
            "appointmentTime": f"{starts:%H:%M:%S}",
            "reason": "Regular checkup",
        }
        print(f"\nPOST {self._api}/api/client/appointments\n  {json.dumps(wish)}", flush=True)
        began = time.perf_counter()
        appointment: dict[str, Any] = await self._call("POST", "/api/client/appointments", self._client, wish)
        print(f"  200 after {(time.perf_counter() - began) * 1000:.1f} ms, id {appointment['id']}", flush=True)
        return appointment

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: object = None) -> Any:
        async with self._http.request(method, self._api + path, headers=headers, json=body) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{method} {path} answered {answer.status}: {await answer.text()}")
            return await answer.json()

    async def _mail(self, job: Mapping[str, Any]) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            query = {"messageId": f"<{job['id']}@punctual.example>", "limit": "1"}
            async with self._http.get(f"{self._mailbox}/api/messages", params=query) as answer:
                return next(iter(await answer.json()), None)

        return await _eventually("its e-mail", look)

    async def _notification(self, appointment: Mapping[str, Any], kind: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            found = await self._call("GET", "/api/client/notifications", self._client)
            for each in found["items"]:
                if each["appointmentId"] == appointment["id"] and each["kind"] == kind:
                    return dict(each)
            return None

        return await _eventually("its notification", look)


async def _eventually(what: str, look: Callable[[], Awaitable[T | None]]) -> T:
    deadline = time.monotonic() + LONGEST_WAIT
    while (found := await look()) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the demo waited {LONGEST_WAIT:.0f} s for {what}, and it did not come")
        await asyncio.sleep(0.05)
    return found


def _show_mail(what: str, mail: Mapping[str, Any]) -> None:
    print(f"\n{what}, at {mail['receivedAt']}:")
    for name in ("From", "To", "Subject", "Message-ID"):
        print(f"  {name}: {mail['headers'][name]}")
    print("".join(f"  | {line}\n" for line in mail["text"].rstrip().splitlines()), end="", flush=True)


def _show_notification(notification: Mapping[str, Any]) -> None:
    print("\nThe in-app notification:")
    print(f"  {notification['title']}: {notification['body']}", flush=True)
