"""Operators see the doctor's address where a mail goes to the doctor, and no client hears of one that came back."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.database import Database
from shared.deliveries import store as deliveries
from shared.deliveries.model import DeliveryEvent, Report
from shared.deliveries.store import ReportOutcome
from shared.jobs.model import DOCTOR_KINDS, Kind
from shared.wording import builtin
from tests.support.client import Client
from tests.support.factories import a_job, an_appointment
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

WISHES = {Kind.AGENDA: "agenda", Kind.DOCTOR_NOTICE: "notices"}


async def a_job_to_the_doctor(database: Database, operator: Client, kind: Kind, state: str) -> UUID:
    appointment = await an_appointment(database)
    wish = {"email": "weber@clinic.example"}
    assert (await operator("PUT", f"/api/ops/doctors/1/{WISHES[kind]}", wish)).status == 200
    job = await a_job(database, kind, appointment_id=appointment, state=state, attempt=1, finished_at=datetime.now(UTC))
    return job.job_id


@pytest.mark.parametrize("kind", sorted(DOCTOR_KINDS))
@pytest.mark.parametrize("path", ["/ops/jobs?state=failed", "/ops/jobs?state=", "/ops/jobs/{job}"])
async def test_the_recipient_is_the_doctor(
    operator: Client, api_url: str, database: Database, kind: Kind, path: str
) -> None:
    job = await a_job_to_the_doctor(database, operator, kind, "failed")
    async with Visitor.at(api_url, a_token("operator", "ops")) as visitor:
        page = await visitor.get(path.format(job=job))
    assert page.status == 200
    assert "w•••r@clinic.example" in page.text
    assert "c•••@patients.example" not in page.text
    assert "weber@" not in page.text


@pytest.mark.parametrize("kind", sorted(DOCTOR_KINDS))
async def test_a_mail_that_came_back_tells_no_client(operator: Client, database: Database, kind: Kind) -> None:
    job = await a_job_to_the_doctor(database, operator, kind, "succeeded")
    report = Report(job, DeliveryEvent.RETURNED, True, "5.1.1", "no such user", "test", "weber@clinic.example")

    outcome, told = await deliveries.record(database, report, builtin(), suppress_after=1)

    assert (outcome, told) == (ReportOutcome.RECORDED, None)
    assert await database.fetch("SELECT FROM in_app_notifications") == []
    export = (await operator("GET", "/api/ops/clients/c/export")).body
    assert (export["deliveryReports"], export["jobs"]) == ([], [])
    assert "weber" not in str(export)
    [blocked] = await database.fetch("SELECT address FROM suppressions")
    assert blocked["address"] == "weber@clinic.example"
