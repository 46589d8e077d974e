"""What the staff does for a client: book, move, cancel, and record who came."""

from typing import Any

import pytest

from shared.database import Database
from shared.ids import new_id
from tests.support.client import Client, a_wish

PATH = "/api/staff/appointments"
PATIENT = {"id": "client-9", "email": "nine@patients.example", "name": "Nine", "locale": "de", "phone": "+49 30 123"}


def a_time() -> dict[str, Any]:
    wish = a_wish()
    return {name: wish[name] for name in ("appointmentDate", "appointmentTime")}


async def book(desk: Client, **fields: Any) -> dict[str, Any]:
    answer = await desk("POST", PATH, a_wish() | {"client": PATIENT} | fields)
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def history(desk: Client, appointment: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await desk("GET", f"{PATH}/{appointment['id']}/history")).body["items"])


async def begin(database: Database, appointment: dict[str, Any]) -> None:
    """Lets the appointment have begun."""
    await database.execute(
        "UPDATE appointments SET starts_at = now() - interval '1 hour', ends_at = now() WHERE id = $1",
        appointment["id"],
    )


async def test_the_staff_books_for_a_client_and_the_log_says_who(desk: Client, database: Database) -> None:
    booked = await book(desk, message="Please come by the back door.")

    assert (booked["clientId"], booked["client"]["phone"]) == ("client-9", "+49 30 123")
    assert [job["kind"] for job in booked["jobs"]] == ["appointment_created_email", "appointment_reminder"]
    [act] = await history(desk, booked)
    assert (act["act"], act["by"], act["via"], act["before"]) == ("booked", "desk", "staff", None)
    assert act["after"]["startsAt"] == booked["startsAt"]
    assert act["message"] == "Please come by the back door."
    [row] = await database.fetch("SELECT email, email_source, locale FROM clients WHERE id = 'client-9'")
    assert tuple(row) == ("nine@patients.example", "ops", "de")


async def test_fields_that_the_staff_leaves_out_stay(desk: Client, client: Client, database: Database) -> None:
    await client("PUT", "/api/client/profile", {"name": "Alex", "locale": "fr"})
    booked = await book(desk, client={"id": "client-1", "phone": "12"})
    assert {name: booked["client"][name] for name in ("name", "locale", "phone", "email")} == {
        "name": "Alex",
        "locale": "fr",
        "phone": "12",
        "email": "client-1@patients.example",
    }


async def test_the_rules_are_those_of_a_clients_own_booking(desk: Client, client: Client) -> None:
    theirs = await client.book()
    same = {name: theirs[name] for name in ("appointmentDate", "appointmentTime")}
    taken = await desk("POST", PATH, a_wish() | {"client": PATIENT} | same)
    assert (taken.status, taken.body["type"]) == (409, "urn:punctual:problem:slot-taken")
    own = await desk("POST", PATH, a_wish() | {"clientId": "client-1"} | same)
    assert (own.status, own.body["ownAppointmentId"]) == (409, theirs["id"])
    past = await desk("POST", PATH, a_wish() | {"client": PATIENT, "appointmentDate": "2020-01-01"})
    assert (past.status, past.body["errors"][0]["pointer"]) == (422, "/appointmentDate")
    assert (await desk("POST", PATH, a_wish() | {"client": PATIENT, "doctorId": "none"})).status == 404


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({}, 422, ""),
        ({"clientId": "a", "client": {"id": "a"}}, 422, ""),
        ({"clientId": "nobody"}, 404, "/clientId"),
        ({"client": {"id": "without"}}, 422, "/client/email"),
        ({"client": {"id": "x", "email": "nowhere"}}, 422, "/client/email"),
        ({"client": PATIENT, "message": "x" * 1001}, 422, "/message"),
        ({"client": PATIENT, "message": "a\u0000b"}, 422, "/message"),
        ({"client": PATIENT, "message": "\u202eevil"}, 422, "/message"),
    ],
)
async def test_an_unusable_booking_names_its_fault(
    desk: Client, fields: dict[str, Any], status: int, pointer: str
) -> None:
    answer = await desk("POST", PATH, a_wish() | fields)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (status, pointer)


async def test_a_key_belongs_to_the_person_who_books(desk: Client, api_url: str, client: Client) -> None:
    key = {"Idempotency-Key": "one"}
    wish = a_wish() | {"client": PATIENT}
    first = await desk("POST", PATH, wish, headers=key)
    again = await desk("POST", PATH, wish, headers=key)
    assert (first.status, again.body["id"]) == (200, first.body["id"])
    assert len(await history(desk, first.body)) == 1
    for other in ({"clientId": "client-9"} | a_wish(), wish | {"message": "another"}):
        assert (await desk("POST", PATH, other, headers=key)).status == 422
    # the same words of a client of their own are another key
    assert (await client("POST", "/api/client/appointments", a_wish(), headers=key)).status == 200


async def test_the_staff_moves_and_cancels_and_the_history_tells_it(
    desk: Client, client: Client, database: Database
) -> None:
    booked = await client.book()
    path = f"{PATH}/{booked['id']}"

    moved = await desk("PATCH", path, a_time() | {"message": "The doctor is late."})
    assert (moved.status, moved.body["client"]["id"]) == (200, "client-1")
    reason = await desk("PATCH", path, {"reason": "Blood test"})
    assert reason.body["reason"] == "Blood test"
    cancelled = await desk("DELETE", path, {"message": "The doctor is ill."})
    again = await desk("DELETE", path, {"message": "Once more."})
    assert (cancelled.body["status"], again.status) == ("cancelled", 200)

    told = await history(desk, booked)
    assert [(each["act"], each["by"], each["via"], each["message"]) for each in told] == [
        ("booked", "client-1", "api", None),
        ("moved", "desk", "staff", "The doctor is late."),
        ("reason_changed", "desk", "staff", None),
        ("cancelled", "desk", "staff", "The doctor is ill."),
    ]
    assert (told[1]["before"]["startsAt"], told[1]["after"]["startsAt"]) == (
        booked["startsAt"],
        moved.body["startsAt"],
    )
    assert (told[3]["before"]["status"], told[3]["after"]["status"]) == ("booked", "cancelled")
    rows = await database.fetch(
        "SELECT kind FROM jobs WHERE appointment_id = $1 AND state <> 'cancelled' ORDER BY id", booked["id"]
    )
    assert [row["kind"] for row in rows] == ["appointment_cancelled_email"]


async def test_an_older_version_is_refused_to_the_staff_too(desk: Client, client: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    seen = {"If-Match": (await desk("GET", path)).headers["ETag"]}
    assert (await desk("PATCH", path, {"reason": "a"}, headers=seen)).status == 200
    assert (await desk("PATCH", path, {"reason": "b"}, headers=seen)).status == 412
    assert (await desk("DELETE", path, headers=seen)).status == 412


async def test_words_that_no_mail_would_carry_are_refused(desk: Client, client: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    answer = await desk("PATCH", path, {"reason": "a", "message": "read by nobody"})
    assert answer.status == 422


async def test_whether_the_client_came_is_recorded_after_the_start(desk: Client, database: Database) -> None:
    booked = await book(desk)
    path = f"{PATH}/{booked['id']}/attendance"
    early = await desk("PUT", path, {"attended": True})
    assert (early.status, early.body["type"]) == (409, "urn:punctual:problem:not-begun")

    await begin(database, booked)
    missed = await desk("PUT", path, {"attended": False})
    assert (missed.status, missed.body["attended"], missed.body["attendance"]) == (200, False, None)
    assert (await desk("PUT", path, {"attended": False})).body["attended"] is False
    [listed] = (await desk("GET", PATH, query={"attended": "false"})).body["items"]
    assert listed["id"] == booked["id"]
    assert (await desk("PUT", path, {"attended": True})).body["attended"] is True

    told = await history(desk, booked)
    assert [each["act"] for each in told] == ["booked", "missed", "attended"]
    assert [each["after"]["attended"] for each in told] == [None, False, True]


async def test_nobody_comes_to_a_cancelled_appointment(desk: Client, database: Database) -> None:
    booked = await book(desk)
    await desk("DELETE", f"{PATH}/{booked['id']}")
    await begin(database, booked)
    answer = await desk("PUT", f"{PATH}/{booked['id']}/attendance", {"attended": True})
    assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:cancelled")


async def test_there_is_no_act_on_an_appointment_that_is_not_there(desk: Client) -> None:
    path = f"{PATH}/{new_id()}"
    assert (await desk("PATCH", path, {"reason": "x"})).status == 404
    assert (await desk("DELETE", path)).status == 404
    assert (await desk("PUT", f"{path}/attendance", {"attended": True})).status == 404
