"""A notice tells of an act of this session, and of nothing else."""

from collections.abc import AsyncIterator

import pytest

from shared.database import Database
from tests.integration.api.ops.failed_jobs import a_failed_job
from tests.support.tokens import a_token
from tests.support.visitor import Visitor


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


@pytest.fixture
async def requeued(visitor: Visitor, database: Database) -> tuple[str, str]:
    """A job, and the address that the requeue of it leads to."""
    job_id = await a_failed_job(database)
    page = await visitor.submit(f"/ops/jobs/{job_id}/requeue")
    assert "Requeued. It waits for its turn." in page.text
    return job_id, page.path


async def test_a_notice_is_there_after_a_reload(visitor: Visitor, requeued: tuple[str, str]) -> None:
    assert "Requeued." in (await visitor.get(requeued[1])).text


async def test_an_address_made_by_hand_tells_of_no_act(
    visitor: Visitor, requeued: tuple[str, str], database: Database
) -> None:
    other = await a_failed_job(database)
    _, _, query = requeued[1].partition("?")
    for path in (
        f"/ops/jobs/{requeued[0]}?said=requeued",
        f"/ops/jobs/{requeued[0]}?said=requeued&by=" + "0" * 64,
        f"/ops/jobs/{requeued[0]}?{query.replace('requeued', 'cancelled')}",
        f"/ops/jobs/{other}?{query}",
        f"/ops/jobs/{requeued[0]}?said=requeued&by=%C3%A9",
    ):
        page = await visitor.get(path)
        assert (page.status, "Requeued" in page.text, "Cancelled." in page.text) == (200, False, False), path


async def test_another_session_is_not_told(requeued: tuple[str, str], api_url: str) -> None:
    async with Visitor.at(api_url, a_token("somebody else", "ops")) as other:
        assert "Requeued." not in (await other.get(requeued[1])).text
