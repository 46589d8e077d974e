"""Reports about delivered mails: recorded once, told in the app; two permanent ones suppress the address."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from api_service.app import create_app
from api_service.ops.core import stories
from api_service.settings import ApiSettings
from shared.database import Database
from shared.deliveries import store
from shared.ids import new_id
from tests.support.client import Answer, Client
from tests.support.factories import a_job, an_appointment
from tests.support.tokens import SECRET, a_token
from tests.unit.api_service.ops.api.test_providers import SENDGRID

PATH = "/api/ops/deliveries"
KEY = "a key of providers"


async def a_sent_job(database: Database, appointment_id: UUID | None = None) -> UUID:
    ticket = await a_job(database, appointment_id=appointment_id, attempt=1, state="succeeded")
    return ticket.job_id


async def tell(caller: Client, job_id: UUID, event: str = "returned", **fields: Any) -> dict[str, int]:
    said = {"jobId": str(job_id), "event": event, "status": "5.1.1", "detail": "550 no such user"} | fields
    answer = await caller("POST", PATH, said)
    assert answer.status == 200, answer.body
    return {name: number for name, number in answer.body.items() if number}


async def reports(database: Database) -> list[tuple[Any, ...]]:
    found = await database.fetch("SELECT event, status, is_permanent, address FROM delivery_reports ORDER BY id")
    return [tuple(row) for row in found]


async def suppressed(database: Database) -> list[str]:
    return [row["address"] for row in await database.fetch("SELECT address FROM suppressions")]


async def notifications(database: Database) -> list[str]:
    found = await database.fetch("SELECT kind, body FROM in_app_notifications WHERE kind = 'email_returned'")
    return [row["body"] for row in found]


async def test_a_returned_mail_is_recorded_once_and_told_in_the_app(operator: Client, database: Database) -> None:
    job_id = await a_sent_job(database)

    assert await tell(operator, job_id) == {"recorded": 1}
    assert await tell(operator, job_id) == {"repeated": 1}

    assert await reports(database) == [("returned", "5.1.1", True, "c@patients.example")]
    [body] = await notifications(database)
    assert "c@patients.example" in body
    assert await suppressed(database) == []


async def test_a_mail_is_named_by_its_message_id_too(operator: Client, database: Database) -> None:
    job_id = await a_sent_job(database)
    said = {"messageId": f"<{job_id}@punctual.example>", "event": "delayed"}

    assert (await operator("POST", PATH, said)).body["recorded"] == 1
    assert await notifications(database) == []


async def test_two_permanent_returns_suppress_the_address(operator: Client, database: Database) -> None:
    appointment = await an_appointment(database)
    for number in range(2):
        assert await suppressed(database) == []
        assert await tell(operator, await a_sent_job(database, appointment)) == {"recorded": 1}, number

    assert await suppressed(database) == ["c@patients.example"]
    assert len(await notifications(database)) == 1  # the first one is unread


async def test_returns_at_the_same_time_are_counted_one_after_the_other(operator: Client, database: Database) -> None:
    appointment = await an_appointment(database)
    jobs = [await a_sent_job(database, appointment) for _ in range(2)]

    await asyncio.gather(*(tell(operator, job_id) for job_id in jobs for _ in range(3)))

    assert len(await reports(database)) == 2
    assert await suppressed(database) == ["c@patients.example"]


@pytest.mark.parametrize(
    "fields", [{"status": "5.2.2"}, {"status": "4.4.7"}, {"permanent": False}, {"event": "delayed"}]
)
async def test_what_passes_suppresses_nobody(operator: Client, database: Database, fields: dict[str, Any]) -> None:
    appointment = await an_appointment(database)
    for _ in range(3):
        await tell(operator, await a_sent_job(database, appointment), **fields)

    assert await suppressed(database) == []


async def test_a_report_about_an_older_address_is_not_held_against_the_new_one(
    operator: Client, database: Database
) -> None:
    appointment = await an_appointment(database)
    for _ in range(3):
        await tell(operator, await a_sent_job(database, appointment), recipient="old@patients.example")

    assert [each[3] for each in await reports(database)] == [None] * 3
    assert await suppressed(database) == []
    assert await notifications(database) == []


async def test_reports_about_no_mail_of_ours_are_unknown(operator: Client, database: Database) -> None:
    never_tried = await a_job(database)

    assert await tell(operator, new_id()) == {"unknown": 1}
    assert await tell(operator, never_tried.job_id) == {"unknown": 1}
    assert await reports(database) == []


async def test_delayed_and_returned_may_come_in_any_order(operator: Client, database: Database) -> None:
    job_id = await a_sent_job(database)
    for event in ("returned", "delayed", "complained"):
        assert await tell(operator, job_id, event) == {"recorded": 1}


@pytest.mark.parametrize(
    "said",
    [
        {"event": "returned"},
        {"event": "returned", "jobId": str(new_id()), "messageId": f"<{new_id()}@x.example>"},
        {"event": "returned", "messageId": "<somebody@else.example>"},
        {"event": "lost", "jobId": str(new_id())},
        {"event": "returned", "jobId": "1"},
    ],
)
async def test_reports_that_name_nothing_are_refused(operator: Client, said: dict[str, Any]) -> None:
    assert (await operator("POST", PATH, said)).status == 422


@pytest.fixture
async def api_with_key(database: Database, database_url: str) -> AsyncIterator[str]:
    settings = ApiSettings(
        database_url=SecretStr(database_url),
        amqp_url=SecretStr("amqp://nowhere/"),
        jwt_secret=SecretStr(SECRET),
        deliveries_key=SecretStr(KEY),
        relay_enabled=False,
    )
    async with TestServer(create_app(settings, on_failure=lambda: None)) as server:
        yield str(server.make_url("")).rstrip("/")


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"punctual:{key}".encode()).decode()}


async def post(api: str, headers: dict[str, str], path: str = PATH, body: object = None) -> Answer:
    said = body or {"jobId": str(new_id()), "event": "returned"}
    return await Client(api, None)("POST", path, said, headers=headers)


async def test_the_key_opens_it_and_nothing_else(api_with_key: str) -> None:
    for headers in (basic(KEY), {"Authorization": f"Bearer {KEY}"}):
        assert (await post(api_with_key, headers)).status == 200
        assert (await Client(api_with_key, None)("GET", "/api/ops/stats", headers=headers)).status == 401
    for headers in (basic("another"), basic(""), {"Authorization": "Basic ???"}, {"Authorization": "Basic w7w="}, {}):
        assert (await post(api_with_key, headers)).status == 401
    assert (await post(api_with_key, {"Authorization": f"Bearer {a_token('c', 'client')}"})).status == 403


async def test_a_webhook_is_taken(api_with_key: str, database: Database) -> None:
    job_id = await a_sent_job(database)
    ours = SENDGRID | {"smtp-id": f"<{job_id}@punctual.example>", "email": "C@Patients.example"}
    answer = await post(api_with_key, basic(KEY), f"{PATH}/sendgrid", [ours, ours, SENDGRID, {"event": "bounce"}, 1])

    assert answer.body == {"recorded": 1, "repeated": 1, "unknown": 1, "ignored": 1}
    assert (await post(api_with_key, basic(KEY), f"{PATH}/nobody")).status == 404


async def test_a_large_webhook_is_taken_and_a_huge_one_refused(operator: Client) -> None:
    large = [SENDGRID | {"reason": "x" * 25_000}] * 20
    assert (await operator("POST", f"{PATH}/sendgrid", large)).body["unknown"] == 20
    assert (await operator("POST", f"{PATH}/sendgrid", large * 3)).status == 413
    assert (await operator("POST", f"{PATH}/ses", b"{")).status == 400
    assert (await operator("POST", f"{PATH}/ses", b"[" * 100_000)).status == 400
    assert (await operator("POST", f"{PATH}/ses", orjson.dumps(None))).status == 200


async def test_a_returned_mail_is_in_the_notices_and_in_the_story(
    operator: Client, api_url: str, database: Database
) -> None:
    appointment = await an_appointment(database)
    job_id = await a_sent_job(database, appointment)
    await tell(operator, job_id)

    client = Client(api_url, a_token("c", "client"))
    [notice] = (await client("GET", f"/api/client/appointments/{appointment}/notices")).body["items"]
    assert notice["returnedAt"] is not None
    other = Client(api_url, a_token("d", "client"))
    assert (await other("GET", f"/api/client/appointments/{appointment}/notices")).status == 404
    reports = await stories.returned(database, appointment)
    assert [(each.job_id, each.event, each.status) for each in reports] == [(job_id, "returned", "5.1.1")]


async def test_an_address_that_is_allowed_again_has_two_returns_before_it(operator: Client, database: Database) -> None:
    appointment = await an_appointment(database)
    for _ in range(2):
        await tell(operator, await a_sent_job(database, appointment))
    await operator("DELETE", "/api/ops/suppressions/c@patients.example")

    await tell(operator, await a_sent_job(database, appointment))
    assert await suppressed(database) == []
    await tell(operator, await a_sent_job(database, appointment))
    assert await suppressed(database) == ["c@patients.example"]


async def test_reports_are_forgotten_after_their_time(operator: Client, database: Database) -> None:
    for _ in range(3):
        await tell(operator, await a_sent_job(database))

    assert await store.forget(database, older_than=3600, limit=10) == 0
    assert await store.forget(database, older_than=0, limit=2) == 2
    assert len(await reports(database)) == 1
