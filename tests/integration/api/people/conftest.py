"""A person who has left a text of their own in every field that people can reach."""

from typing import Any

import pytest

from shared.database import Database
from shared.ids import new_id
from tests.support.client import Client, a_wish, job_of
from tests.support.personal_data import CLIENT, EMAIL, MARKERS
from tests.support.rows import a_dead_letter
from tests.support.tokens import a_token

STAFF = "/api/staff/appointments"
DOCTORS_ADDRESS = "at-home@doctors.example"


def the_person(api_url: str) -> Client:
    return Client(api_url, a_token(CLIENT, "client", email=EMAIL, name=MARKERS["name"]))


@pytest.fixture
def person(api_url: str) -> Client:
    return the_person(api_url)


async def a_history(person: Client, desk: Client, operator: Client, database: Database) -> dict[str, Any]:
    """Two appointments of the person: one that is over, whose mail came back; and one to come, made by the staff."""
    past = await _past(person, database)
    coming = await _coming(desk)
    await database.execute(
        "INSERT INTO imported_appointments (source, digest, foreign_id, appointment_id, facts)"
        " VALUES ('old', $1, $2, $3, '')",
        *(b"digest", MARKERS["foreign"], past["id"]),
    )
    await _told(database, past)
    await _offered(database, past, coming)
    await _operated(operator, past)
    await _told_doctor(database, coming)
    await database.execute(
        "INSERT INTO stream_sessions (id_hash, client_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')",
        *(b"hash", CLIENT),
    )
    await a_dead_letter(database, f'{{"clientId": "{CLIENT}", "said": "{MARKERS["letter"]}"}}'.encode())
    return {"past": past, "coming": coming}


@pytest.fixture
async def history(person: Client, desk: Client, operator: Client, database: Database) -> dict[str, Any]:
    return await a_history(person, desk, operator, database)


async def _past(person: Client, database: Database) -> dict[str, Any]:
    key = {"Idempotency-Key": MARKERS["key"], "X-Request-Id": MARKERS["request_id"]}
    wish = a_wish() | {"reason": MARKERS["reason"]}
    past = (await person("POST", "/api/client/appointments", wish, headers=key)).body
    path = f"/api/client/appointments/{past['id']}"
    await person("PATCH", path, {"reason": MARKERS["second_reason"]})
    wish = {"name": MARKERS["name"], "locale": "de", "timezone": "Europe/Berlin"}
    assert (await person("PUT", "/api/client/profile", wish)).status == 200
    await database.execute(
        "UPDATE appointments SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"
        " WHERE id = $1",
        past["id"],
    )
    return dict(past)


async def _coming(desk: Client) -> dict[str, Any]:
    patient = {"id": CLIENT, "phone": f"+49 {MARKERS['phone']}"}
    wish = a_wish() | {"client": patient, "message": MARKERS["message"], "reason": MARKERS["reason"]}
    answer = await desk("POST", STAFF, wish, headers={"Idempotency-Key": MARKERS["staff_key"]})
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def _told(database: Database, past: dict[str, Any]) -> None:
    """As the notifier leaves it: the confirmation failed in words of the mail server, and a report came back."""
    created = job_of(past, "appointment_created_email")
    error = f"550 5.1.1 <{EMAIL}>: {MARKERS['error']}"
    await database.execute(
        "UPDATE jobs SET state = 'failed', attempt = 1, error = $2, finished_at = now() WHERE id = $1", created, error
    )
    await database.execute(
        "INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, outcome, error)"
        " VALUES ($1, 1, now(), now(), 'failed', $2)",
        *(created, error),
    )
    await database.execute(
        "INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)"
        " VALUES ($1, $2, $3, $4, 'appointment_created_email', $5, $6)",
        *(new_id(), created, CLIENT, past["id"], f"Dear {MARKERS['name']}", MARKERS["name"]),
    )
    await database.execute(
        "INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, status, detail,"
        " source, address) VALUES ($1, $2, $3, $4, 'returned', true, '5.1.1', $5, 'api', $6)",
        *(new_id(), created, past["id"], CLIENT, f"{MARKERS['detail']} <{EMAIL}>", EMAIL),
    )


async def _offered(database: Database, past: dict[str, Any], coming: dict[str, Any]) -> None:
    """Other times were offered for both appointments: the first offer was answered, the second one waits."""
    offer = new_id()
    await database.execute(
        "INSERT INTO offers (id, appointment_id, starts_at, held_until, answered_at, answer)"
        " VALUES ($1, $2, now(), now(), now(), 'moved'), ($3, $4, now(), now() + interval '1 day', NULL, NULL)",
        *(new_id(), past["id"], offer, coming["id"]),
    )
    await database.execute(
        "INSERT INTO held_times (offer_id, appointment_id, doctor_id, local_date, local_time, timezone, starts_at,"
        " ends_at, held_until) VALUES ($1, $2, '1', '2099-05-05', '09:00', 'UTC', '2099-05-05 09:00Z',"
        " '2099-05-05 09:30Z', now() + interval '1 day')",
        *(offer, coming["id"]),
    )


async def _told_doctor(database: Database, coming: dict[str, Any]) -> None:
    """An agenda, whose error has the doctor's private address, has the appointment as its first one; and a notice."""
    job = new_id()
    await database.execute(
        "INSERT INTO doctor_notices (appointment_id, job_id) VALUES ($1, $2)", coming["id"], new_id()
    )
    error = f"550 5.1.1 <{DOCTORS_ADDRESS}>: no such user"
    await database.execute(
        "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after, error,"
        " attempt, finished_at)"
        " VALUES ($1, 'doctor_agenda_email', 'normal', 'failed', $2, $3, now(), now(), $4, 1, now())",
        *(job, coming["id"], CLIENT, error),
    )
    await database.execute(
        "INSERT INTO recorded_attempts (job_id, attempt, started_at, finished_at, outcome, error)"
        " VALUES ($1, 1, now(), now(), 'failed', $2)",
        *(job, error),
    )


async def _operated(operator: Client, past: dict[str, Any]) -> None:
    """Operators have named the person in their own words, and by filters."""
    suppression = f"/api/ops/suppressions/{EMAIL}"
    assert (await operator("PUT", suppression, {"reason": f"{EMAIL} called"})).status == 201
    created = job_of(past, "appointment_created_email")
    answer = await operator("POST", f"/api/ops/jobs/{created}/discard", {"reason": MARKERS["remark"]})
    assert answer.status == 202, answer.body
    wish = {"clientId": CLIENT}
    assert (await operator("POST", "/api/ops/jobs/requeue", wish)).status == 202
