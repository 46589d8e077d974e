"""What a client may say of themselves; where their mail goes is not among it."""

from typing import Any
from uuid import UUID

import pytest

from notifier_service.channels import notice
from shared.database import Database
from tests.support.client import Client, job_of
from tests.support.tokens import a_token

PATH = "/api/client/profile"
OWN = "client-1@patients.example"
MINE = {"name": "Alex", "timezone": "Europe/Berlin", "locale": "de-AT", "preferences": {"emailReminders": False}}


async def test_before_anything_is_said_the_token_speaks(client: Client, database: Database) -> None:
    answer = await client("GET", PATH)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.body == {
        "id": "client-1",
        "name": "Alex",
        "email": OWN,
        "timezone": None,
        "locale": "en",
        "preferences": {"emailReminders": True},
    }
    assert not await database.fetch("SELECT FROM clients")


async def test_what_was_said_is_kept_and_what_is_left_out_is_reset(client: Client, stranger: Client) -> None:
    said = await client("PUT", PATH, MINE)
    assert said.status == 200
    assert said.body == {"id": "client-1", "email": OWN, **MINE}
    assert (await client("GET", PATH)).body == said.body
    assert (await stranger("GET", PATH)).body["preferences"] == {"emailReminders": True}

    reset = (await client("PUT", PATH, {})).body

    assert reset == said.body | {
        "name": None,
        "timezone": None,
        "locale": "en",
        "preferences": {"emailReminders": True},
    }


SMUGGLED: dict[str, Any] = {
    "email": "victim@example.com",
    "Email": "victim@example.com",
    "e-mail": "victim@example.com",
    "emailSource": "ops",
    "email_source": "ops",
    "id": "client-2",
    "clientId": "client-2",
    "client_id": "client-2",
    "roles": ["ops"],
    "email_reminders": False,
    "emailReminders": False,
    "version": 99,
}


async def test_nothing_else_can_be_smuggled_in(client: Client, stranger: Client, database: Database) -> None:
    theirs = (await stranger("PUT", PATH, {"name": "Other"})).body
    answer = await client("PUT", PATH, {"name": "Alex", **SMUGGLED, "preferences": SMUGGLED | {"emailReminders": True}})

    assert answer.status == 200
    assert (answer.body["id"], answer.body["email"]) == ("client-1", OWN)
    assert answer.body["preferences"] == {"emailReminders": True}
    assert (await stranger("GET", PATH)).body == theirs
    rows = await database.fetch("SELECT id, email, email_source FROM clients ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("client-1", OWN, "token"),
        ("client-2", "client-2@patients.example", "token"),
    ]


async def test_who_has_no_address_cannot_give_one_to_themselves(api_url: str, database: Database) -> None:
    silent = Client(api_url, a_token("silent", "client"))
    answer = await silent("PUT", PATH, {"email": "victim@example.com"})
    assert (answer.status, answer.body["email"]) == (200, None)
    wish = {"doctorId": "1", "appointmentDate": "2100-01-04", "appointmentTime": "10:00"}
    booking = await silent("POST", "/api/client/appointments", wish | {"email": "victim@example.com"})
    assert booking.status == 422
    assert not await database.fetch("SELECT FROM clients WHERE email IS NOT NULL")


async def test_a_new_address_in_the_token_counts_unless_ops_has_set_one(
    api_url: str, client: Client, operator: Client
) -> None:
    renamed = Client(api_url, a_token("client-1", "client", email="new@patients.example"))
    without = Client(api_url, a_token("client-1", "client"))
    await client("PUT", PATH, MINE)
    assert (await renamed("PUT", PATH, MINE)).body["email"] == "new@patients.example"
    assert (await without("PUT", PATH, MINE)).body["email"] == "new@patients.example"
    await operator("PUT", "/api/ops/clients/client-1", {"email": "ops@patients.example"})
    assert (await renamed("PUT", PATH, MINE)).body["email"] == "ops@patients.example"


async def test_the_address_is_read_when_the_mail_is_written(
    client: Client, operator: Client, database: Database
) -> None:
    job_id = UUID(job_of(await client.book(), "appointment_created_email"))
    assert (await notice.load(database, [job_id]))[job_id].client_email == OWN
    await operator("PUT", "/api/ops/clients/client-1", {"email": "corrected@patients.example"})
    assert (await notice.load(database, [job_id]))[job_id].client_email == "corrected@patients.example"


WRONG: dict[str, tuple[str, list[Any]]] = {
    "name": ("/name", ["x" * 201, "a\nb", "a\x00b", 5, [], "\u202e" * 2]),
    "timezone": ("/timezone", ["", "Mars/Olympus", "../etc/passwd", "Europe/Berlin\n", "x" * 70, 5, "localtime"]),
    "locale": ("/locale", ["", "e", "english!", "en_US", "de-", "x" * 40, "../en", None, 5, "en\n"]),
    "preferences": ("/preferences", [None, [], "none", 5]),
}


async def test_malformed_fields_are_named_and_nothing_is_stored(client: Client, database: Database) -> None:
    for field, (pointer, values) in WRONG.items():
        for value in values:
            answer = await client("PUT", PATH, {field: value})
            assert answer.status == 422, (field, value)
            assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    for value in ("yes", 1, None, []):
        answer = await client("PUT", PATH, {"preferences": {"emailReminders": value}})
        assert [error["pointer"] for error in answer.body["errors"]] == ["/preferences/emailReminders"]
    assert not await database.fetch("SELECT FROM clients")


@pytest.mark.parametrize("path", ["/api/ops/clients/client-1"])
async def test_only_operators_write_addresses(client: Client, reader: Client, operator: Client, path: str) -> None:
    body = {**MINE, "email": "new@patients.example"}
    assert (await client("PUT", path, body)).status == 403
    assert (await reader("PUT", path, body)).status == 403
    assert (await operator("PUT", path, body)).body["email"] == "new@patients.example"
    assert (await client("GET", PATH)).body == {"id": "client-1", **body}
