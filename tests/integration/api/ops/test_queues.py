"""Pausing and resuming queues, as the API tells it."""

import pytest

from shared.database import Database
from tests.support.client import Client

QUEUES = "/api/ops/queues"


async def states(operator: Client) -> dict[str, str]:
    return {each["name"]: each["state"] for each in (await operator("GET", QUEUES)).body["items"]}


@pytest.mark.parametrize("name", ["normal", "notifications.normal"])
async def test_a_queue_is_paused_and_resumed_by_either_name(operator: Client, reader: Client, name: str) -> None:
    paused = await operator("POST", f"{QUEUES}/{name}/pause", {"reason": "the mail server moves"})

    assert paused.status == 200
    assert paused.body["state"] == "paused"
    assert (paused.body["reason"], paused.body["by"]) == ("the mail server moves", "operator")
    assert paused.body["since"] is not None
    assert await states(reader) == {"notifications.high": "running", "notifications.normal": "paused"}
    resumed = await operator("POST", f"{QUEUES}/{name}/resume")
    assert (resumed.status, resumed.body["state"], resumed.body["since"]) == (200, "running", None)


async def test_a_repeated_pause_changes_nothing_and_is_recorded_once(operator: Client, database: Database) -> None:
    first = await operator("POST", f"{QUEUES}/high/pause", {"reason": "first"})
    again = await operator("POST", f"{QUEUES}/high/pause", {"reason": "second"})

    assert (again.status, again.body["reason"], again.body["since"]) == (200, "first", first.body["since"])
    for _ in range(2):
        assert (await operator("POST", f"{QUEUES}/high/resume")).status == 200
    rows = await database.fetch("SELECT action, reason FROM operator_actions ORDER BY id")
    assert [tuple(row) for row in rows] == [("pause", "first"), ("resume", None)]


async def test_a_queue_that_is_not_there_is_not_found(operator: Client) -> None:
    for name in ("low", "HIGH", "notifications.dead", "notifications", "%00"):
        for step in ("pause", "resume"):
            assert (await operator("POST", f"{QUEUES}/{name}/{step}")).status == 404, name


async def test_without_a_broker_depths_are_unknown_and_the_table_still_answers(
    client: Client, operator: Client, database: Database
) -> None:
    await client.book()
    await database.execute("UPDATE jobs SET due_at = now() - interval '90 s' WHERE priority = 'high'")

    high, normal = (await operator("GET", QUEUES)).body["items"]

    assert (high["depth"], normal["depth"]) == (None, None)
    assert 90 <= high["oldestDueAgeSeconds"] < 600
    assert normal["oldestDueAgeSeconds"] == 0
