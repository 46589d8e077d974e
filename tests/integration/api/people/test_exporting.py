"""An export has everything about a person, and the record says who has read it."""

from typing import Any

import asyncpg

from api_service.ops.core import exporting
from shared.database import Database
from shared.database.sql_file import statements
from shared.jobs.model import CLIENT_KINDS
from tests.integration.api.people.conftest import DOCTORS_ADDRESS
from tests.support.client import Client
from tests.support.personal_data import CLIENT, EMAIL, MARKERS, found_in

EXPORT = f"/api/ops/clients/{CLIENT}/export"


async def test_it_has_everything_that_the_person_has_left(operator: Client, history: dict[str, Any]) -> None:
    answer = await operator("GET", EXPORT)
    assert answer.status == 200, answer.body
    assert found_in([str(answer.body)]) == set(MARKERS) - {"note", "letter"}
    assert answer.body["client"]["email"] == EMAIL
    assert all(answer.body.values()), "a new part needs a row in the history"
    assert {name: len(rows) for name, rows in answer.body.items() if name != "client"} == {
        "appointments": 2,
        "acts": 2,
        "offers": 2,
        "doctorNotices": 1,
        "imported": 1,
        "notifications": 1,
        "jobs": 4,
        "attempts": 1,
        "deliveryReports": 1,
        "suppressions": 1,
        "idempotencyAnswers": 2,
        "streamSessions": 1,
        "operatorActions": 3,
    }


async def test_it_decodes_what_the_database_keeps_as_json(
    operator: Client, database_url: str, history: dict[str, Any]
) -> None:
    """Whatever a statement gives: its columns of type jsonb, and no others, are decoded."""
    connection = await asyncpg.connect(database_url)
    try:
        for name, sql in statements("api_service.ops.core.sql", "exporting.sql").items():
            prepared = await connection.prepare(sql)
            found = {(name, each.name) for each in prepared.get_attributes() if each.type.name in ("json", "jsonb")}
            assert found == {column for column in exporting.JSON if column[0] == name}
    finally:
        await connection.close()
    answers = {each["answer"] for each in (await operator("GET", EXPORT)).body["offers"]}
    assert answers == {"moved", None}


async def test_it_has_nothing_of_the_mails_to_doctors(operator: Client, history: dict[str, Any]) -> None:
    exported = (await operator("GET", EXPORT)).body
    assert DOCTORS_ADDRESS not in str(exported)
    assert {job["kind"] for job in exported["jobs"]} <= set(CLIENT_KINDS)


async def test_it_has_nothing_of_others(operator: Client, stranger: Client, person: Client, database: Database) -> None:
    theirs = await stranger.book(reason="zqothers")
    await person.book()
    answer = await operator("GET", EXPORT)
    assert "zqothers" not in str(answer.body)
    assert theirs["id"] not in str(answer.body)


async def test_the_record_says_who_has_read_it(operator: Client, person: Client) -> None:
    await person.book()
    await operator("GET", EXPORT)
    [action] = (await operator("GET", "/api/ops/actions", query={"action": "export"})).body["items"]
    assert (action["operator"], action["target"]) == ("operator", {"clientId": CLIENT})
