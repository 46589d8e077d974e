"""An export of many rows is whole, and other requests are answered while it is made."""

import asyncio
from typing import Any

import pytest

from api_service.ops.core import exporting
from shared.database import Database
from shared.database.pool import PAGE
from tests.support.client import Client
from tests.support.personal_data import CLIENT

EXPORT = f"/api/ops/clients/{CLIENT}/export"
MANY = """
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
SELECT gen_random_uuid(), gen_random_uuid(), client_id, id, 'appointment_created_email', place::text, '"\\ü'
  FROM appointments, generate_series(1, $2::int) AS place
 WHERE client_id = $1
"""


@pytest.mark.parametrize("many", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 1])
async def test_it_has_every_row_once(operator: Client, person: Client, database: Database, many: int) -> None:
    await person.book()
    await database.execute("DELETE FROM in_app_notifications")
    await database.execute(MANY, CLIENT, many)
    exported = (await operator("GET", EXPORT)).body
    told = [each for each in exported["notifications"] if each["title"].isdecimal()]
    assert sorted(int(each["title"]) for each in told) == list(range(1, many + 1))
    assert [each["id"] for each in exported["notifications"]] == sorted(e["id"] for e in exported["notifications"])
    assert {each["body"] for each in told} == {'"\\ü'}
    assert exported["deliveryReports"] == []


async def test_others_have_their_turn_after_each_page(
    operator: Client, person: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.book()
    await database.execute(MANY, CLIENT, 10 * PAGE)
    named, at_once, longest = exporting._named, 0, 0

    def counted(statement: str, row: Any) -> Any:
        nonlocal at_once, longest
        at_once += 1
        longest = max(longest, at_once)
        return named(statement, row)

    async def others() -> None:
        nonlocal at_once
        while True:
            at_once = 0
            await asyncio.sleep(0)

    monkeypatch.setattr(exporting, "_named", counted)
    waiting = asyncio.create_task(others())
    try:
        exported = (await operator("GET", EXPORT)).body
    finally:
        waiting.cancel()
    assert len(exported["notifications"]) >= 10 * PAGE
    assert longest <= 2 * PAGE  # the end of one part may be followed by the beginning of the next one
