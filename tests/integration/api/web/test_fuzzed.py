"""schemathesis finds nothing: no server error, no undocumented answer, no forbidden data taken."""

from copy import deepcopy
from typing import Any, Final

import pytest

from shared.database import Database
from tests.support.client import Client
from tests.support.conformity import the_document
from tests.support.fuzzing import fuzz
from tests.support.rows import a_dead_letter, a_notification
from tests.support.tokens import a_token

# What valid data may answer beside success: a document cannot say which hours a doctor keeps, which cursors were
# given, which version is the newest, or that a time has passed
ACCEPTED: Final = ["2xx", 304, 401, 403, 404, 409, 412, 422]
SETTINGS: Final[dict[str, Any]] = {
    "seed": 20270105,
    "generation": {
        "deterministic": True,
        "no-shrink": True,
        "with-security-parameters": False,  # ignored_auth and test_access ask without a token, and with false ones
    },
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ACCEPTED},
        # Allow of /api/ops/jobs/requeue names GET, since /api/ops/jobs/{id} takes "requeue" for an id, and answers 404
        "allow_header_conformance": {"enabled": False},
        # … with 404 and not 405, since "requeue" is none of the ids that there are; test_odd_input asks for 405
        "unsupported_method": {"enabled": False},
        # DELETE cancels: the appointment stays, and so does its calendar file, which takes the entry out again
        "use_after_free": {"enabled": False},
    },
}


async def some_of_everything(client: Client, database: Database) -> None:
    """Jobs in every state with an attempt each, notifications, dead letters: so that lists and paths have hits."""
    booked = [await client.book() for _ in range(4)]
    jobs = [job["id"] for each in booked for job in each["jobs"]]
    states = ("failed", "failed", "succeeded", "retrying", "processing", "skipped", "cancelled")
    for job_id, state in zip(jobs, states, strict=False):
        await database.execute(
            "UPDATE jobs SET state = $2, attempt = 1, error = '451 later' WHERE id = $1", job_id, state
        )
        await database.execute(
            "INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, outcome, reply_code, error)"
            " VALUES ($1, 1, now(), now(), 'retrying', 451, '451 later')",
            job_id,
        )
        await a_notification(database, booked[0]["id"], job_id=job_id)
        await a_dead_letter(database, b"\xff not JSON", headers='{"x": 1}')


def with_examples(number: int) -> dict[str, Any]:
    """The settings, with that many examples of each operation."""
    return SETTINGS | {"generation": SETTINGS["generation"] | {"max-examples": number}}


def tokens() -> dict[str, str]:
    return {
        "client": a_token("client-1", "client", email="client-1@patients.example"),
        "staff": a_token("desk", "staff"),
        "ops": a_token("operator", "ops"),
        "ops:read": a_token("reader", "ops:read"),
    }


def what_ends() -> dict[str, Any]:
    """The document without the live stream, whose answer ends with the token; tests of its own read it."""
    document = deepcopy(the_document())
    del document["paths"]["/api/client/notifications/stream"]
    return document


@pytest.mark.timeout(400)  # some thousand calls: a minute alone, several beside other work
@pytest.mark.parametrize("examples", [6, pytest.param(15, marks=pytest.mark.slow)])
async def test_schemathesis_finds_nothing(
    api_url: str, client: Client, database: Database, undisturbed: None, examples: int
) -> None:
    await some_of_everything(client, database)

    found = await fuzz(what_ends(), api_url, tokens(), with_examples(examples))

    assert not found.faults, "\n\n".join(f"{label}\n{text}" for label, text in found.faults.items())
    operations = {f"{method.upper()} {path}" for path, said in what_ends()["paths"].items() for method in said}
    assert operations == {operation for operation, _ in found.calls}
    # some need luck: bulk requeues and cancellations take the jobs and appointments away that others would find
    by_luck = {operation for operation in operations if "{token}" not in operation}  # a signed token is no luck
    assert len(found.succeeded()) > 0.8 * len(by_luck), f"hardly tried: {operations - found.succeeded()}"


async def test_schemathesis_would_find_an_answer_that_is_not_as_documented(api_url: str, undisturbed: None) -> None:
    path = "/api/client/notifications/unread-count"
    document = deepcopy(the_document())
    document["paths"] = {path: document["paths"][path]}
    document["components"]["schemas"]["Unread"]["properties"]["unread"]["type"] = "string"

    found = await fuzz(document, api_url, tokens(), with_examples(15))

    assert any("response_schema_conformance" in label for label in found.faults)
