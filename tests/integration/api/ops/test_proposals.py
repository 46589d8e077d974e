"""Addresses that delivery reports propose for suppression, and what operators make of them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from shared.database import Database
from tests.support.client import Client
from tests.support.factories import a_job
from tests.support.rows import a_report, a_suppression
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

ALL = "/api/ops/suppressions/proposals"
PAGE = "/ops/suppressions"


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


@pytest.fixture
async def onlooker(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("reader", "ops:read")) as one:
        yield one


async def proposed(reader: Client) -> list[dict[str, Any]]:
    return [*(await reader("GET", ALL)).body["items"]]


async def suppressed(database: Database) -> dict[str, str]:
    rows = await database.fetch("SELECT address, reason FROM suppressions")
    return {row["address"]: row["reason"] for row in rows}


async def test_open_reports_propose_their_address_once_and_masked(reader: Client, database: Database) -> None:
    await a_report(database, "ada@patients.example", status="5.1.1")
    last = await a_report(database, "ada@patients.example", event="complained", status=None)
    await a_report(database, "bob@patients.example", status="5.1.10")
    await a_report(database, "full@patients.example", status="5.2.2", is_permanent=False)
    await a_report(database, "slow@patients.example", event="delayed", status="4.4.7")
    await a_report(database, None)
    await a_report(database, "known@patients.example")
    await a_suppression(database, "known@patients.example")

    bob, ada = await proposed(reader)

    assert (bob["address"], bob["event"], bob["status"], bob["reports"]) == (
        *("b•••b@patients.example", "returned", "5.1.10"),
        1,
    )
    assert (ada["id"], ada["address"], ada["event"], ada["reports"]) == (
        *(str(last), "a•••a@patients.example", "complained"),
        2,
    )


async def test_a_proposal_is_accepted_once_with_the_reports_own_words(operator: Client, database: Database) -> None:
    report = await a_report(database, "ada@patients.example")

    assert (await operator("POST", f"{ALL}/{report}/accept")).status == 201
    assert await suppressed(database) == {"ada@patients.example": "returned: 5.1.1"}
    assert await proposed(operator) == []
    for act in ("accept", "dismiss"):
        assert (await operator("POST", f"{ALL}/{report}/{act}")).status == 404
        assert (await operator("POST", f"{ALL}/{UUID(int=1)}/{act}")).status == 404


async def test_what_is_dismissed_comes_back_with_the_next_report_only(operator: Client, database: Database) -> None:
    first = await a_report(database, "ada@patients.example")
    seen = await a_report(database, "ada@patients.example")
    later = await a_report(database, "ada@patients.example")  # after the operator has read the list

    assert (await operator("POST", f"{ALL}/{seen}/dismiss", {"reason": "was our DNS"})).status == 204

    [again] = await proposed(operator)
    assert (again["id"], again["reports"]) == (str(later), 1)
    assert (await operator("POST", f"{ALL}/{first}/accept")).status == 404
    [act] = (await operator("GET", "/api/ops/actions")).body["items"]
    assert (act["action"], act["target"], act["reason"]) == (
        *("dismiss", {"address": "ada@patients.example", "reports": 2}),
        "was our DNS",
    )
    assert await suppressed(database) == {}


async def test_a_job_says_what_became_of_its_mail(visitor: Visitor, operator: Client, database: Database) -> None:
    job = (await a_job(database, state="succeeded", attempt=1)).job_id
    assert (await operator.job(str(job)))["deliveryReports"] == []
    await a_report(database, "c@patients.example", job_id=job, event="delayed", status="4.4.7")
    await a_report(database, "c@patients.example", job_id=job)

    delayed, returned = (await operator.job(str(job)))["deliveryReports"]

    assert (delayed["event"], delayed["status"]) == ("delayed", "4.4.7")
    assert (returned["event"], returned["status"]) == ("returned", "5.1.1")
    page = await visitor.get(f"/ops/jobs/{job}")
    assert "returned: 5.1.1" in page.text
    assert "delayed: 4.4.7" in page.text


async def test_the_dashboard_suppresses_or_dismisses_what_is_proposed(visitor: Visitor, database: Database) -> None:
    assert "Proposed" not in (await visitor.get(PAGE)).text
    gone = await a_report(database, "gone@patients.example")
    well = await a_report(database, "well@patients.example", event="complained", status=None)

    page = await visitor.get(PAGE)

    for words in (
        "g•••e@patients.example returned: 5.1.1",
        "w•••l@patients.example complained",
        "No mail goes to this",
    ):
        assert words in page.text
    assert "gone@" not in page.html
    await visitor.submit(f"{PAGE}/proposals/{well}/dismiss")
    page = await visitor.submit(f"{PAGE}/proposals/{gone}/accept", {"reason": "moved away"})
    assert "Proposed" not in page.text
    assert await suppressed(database) == {"gone@patients.example": "moved away"}
    for words in ("dismiss", "suppress"):
        assert words in (await visitor.get("/ops/log")).text


async def test_a_reader_sees_proposals_without_buttons(onlooker: Visitor, database: Database) -> None:
    report = await a_report(database, "gone@patients.example")

    page = await onlooker.get(PAGE)

    assert "g•••e@patients.example" in page.text
    assert "/proposals/" not in page.html
    assert (await onlooker.submit(f"{PAGE}/proposals/{report}/accept")).status == 403
    assert await suppressed(database) == {}
