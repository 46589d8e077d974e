"""Sending again and giving up by the page of a job."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.store import Finish, Outcome
from tests.integration.api.ops.failed_jobs import a_failed_job
from tests.support.factories import a_claimed_job, a_job, the_row
from tests.support.tokens import a_token
from tests.support.visitor import Visitor


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def test_a_job_is_sent_again_after_its_preview_was_shown(visitor: Visitor, database: Database) -> None:
    source = (await a_job(database, Kind.REMINDER, state="succeeded")).job_id
    shown = await visitor.get(f"/ops/jobs/{source}")
    for words in ("Send again…", "Subject", "c•••@patients.example", "Heard since nothing"):
        assert words in shown.text
    assert "c@patients.example" not in shown.html

    page = await visitor.submit(f"/ops/jobs/{source}/resend", {"reason": "asked by phone"})

    assert "This new job says it again" in page.text
    assert f"Sends again what job {str(source)[-8:]} said" in page.text
    assert "A job sends it again just now." in (await visitor.get(f"/ops/jobs/{source}")).text
    assert "asked by phone" in (await visitor.get("/ops/log")).text


async def test_what_is_no_longer_so_cannot_be_sent_again(visitor: Visitor, database: Database) -> None:
    source = (await a_job(database, state="succeeded")).job_id
    await database.execute("UPDATE appointments SET status = 'cancelled'")

    assert (
        "It cannot be sent again, being one of what was cancelled since."
        in (await visitor.get(f"/ops/jobs/{source}")).text
    )
    page = await visitor.submit(f"/ops/jobs/{source}/resend", {})
    assert "Nothing was sent again" in page.text
    assert len(await database.fetch("SELECT FROM jobs")) == 1


async def test_a_failed_job_is_given_up_with_a_reason(visitor: Visitor, database: Database) -> None:
    failed = await a_failed_job(database)
    url = f"/ops/jobs/{failed}"

    assert (await visitor.submit(f"{url}/discard", {"reason": ""})).status == 422
    page = await visitor.submit(f"{url}/discard", {"reason": "told by phone"})

    assert "given up by an operator: told by phone" in page.text
    assert (await the_row(database, UUID(failed)))["state"] == "cancelled"


async def test_the_record_of_an_appointment_is_a_page(visitor: Visitor, database: Database) -> None:
    job = await a_claimed_job(database)
    await job_store.finish(database, [Finish(job.job_id, 1, Outcome.SUCCEEDED, reply_code=250)], owner="worker")

    page = await visitor.get(f"/ops/appointments/{job.appointment_id}/record")

    for words in ("Confirmation", "succeeded 250", "nothing came back", "not read", "Nothing since the booking."):
        assert words in page.text
    assert "@patients.example" not in page.html
    assert (await visitor.get(f"/ops/appointments/{UUID(int=1)}/record")).status == 404
