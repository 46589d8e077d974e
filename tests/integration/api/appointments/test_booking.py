"""What the booking calls answer."""

from datetime import UTC, datetime, timedelta

from shared.database import Database
from shared.people import zones
from tests.support.client import Client, a_wish
from tests.support.tokens import a_token

PATH = "/api/client/appointments"


async def test_a_booking_answers_with_the_appointment_and_its_jobs(client: Client) -> None:
    wish = a_wish() | {"appointmentDate": "2083-01-05", "appointmentTime": "15:00"}

    answer = await client("POST", PATH, wish)

    assert answer.status == 200
    assert answer.headers["Location"] == f"{PATH}/{answer.body['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    jobs = answer.body.pop("jobs")
    assert [(job["kind"], job["state"]) for job in jobs] == [
        ("appointment_created_email", "scheduled"),
        ("appointment_reminder", "scheduled"),
    ]
    assert jobs[1]["dueAt"] == "2083-01-05T13:00:00Z"
    body = answer.body
    assert body.pop("createdAt") == body.pop("updatedAt")
    assert (await client("GET", f"{PATH}/{body['id']}")).body | {
        "jobs": 0,
        "createdAt": 0,
        "updatedAt": 0,
    } == (body | {"jobs": 0, "createdAt": 0, "updatedAt": 0})
    del body["id"]
    assert body == {
        "doctorId": "1",
        "clientId": "client-1",
        "appointmentDate": "2083-01-05",
        "appointmentTime": "15:00",
        "startsAt": "2083-01-05T14:00:00Z",
        "endsAt": "2083-01-05T14:30:00Z",
        "timezone": "Europe/Berlin",
        "status": "booked",
        "reason": "Regular checkup",
        "attendance": None,
    }


async def test_a_taken_slot_says_whose_it_is_only_to_its_owner(client: Client, stranger: Client) -> None:
    wish = a_wish()
    own = (await client("POST", PATH, wish)).body["id"]

    again, theirs = await client("POST", PATH, wish), await stranger("POST", PATH, wish)

    assert (again.status, again.body["ownAppointmentId"]) == (409, own)
    assert theirs.status == 409
    assert own not in str(theirs.body)


async def test_a_booking_inside_the_offset_skips_its_reminder(client: Client) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=30)).replace(microsecond=0)
    jobs = {job["kind"]: job for job in (await client.book(soon))["jobs"]}
    assert jobs["appointment_reminder"]["state"] == "skipped"


async def test_a_client_without_any_address_cannot_book_until_ops_sets_one(api_url: str, operator: Client) -> None:
    client = Client(api_url, a_token("silent", "client"))
    assert (await client("POST", PATH, a_wish())).status == 422

    put = await operator("PUT", "/api/ops/clients/silent", {"email": "silent@patients.example"})

    assert put.status == 200
    assert (await client("POST", PATH, a_wish())).status == 200


async def test_an_address_set_by_ops_outranks_the_token(client: Client, operator: Client) -> None:
    await operator("PUT", "/api/ops/clients/client-1", {"email": "new@patients.example"})
    await client.book()
    assert (await client("GET", "/api/client/profile")).body["email"] == "new@patients.example"


async def test_somebody_elses_appointment_does_not_exist(client: Client, stranger: Client) -> None:
    path = f"{PATH}/{(await client.book())['id']}"
    assert (await stranger("GET", path)).status == 404
    assert (await stranger("DELETE", path)).status == 404
    assert (await stranger("GET", PATH)).body["items"] == []


async def test_lists_are_paged_by_start_and_filtered(client: Client) -> None:
    booked = [await client.book() for _ in range(5)]
    newest_first = [each["id"] for each in reversed(booked)]

    first = (await client("GET", PATH, query={"limit": "3"})).body
    rest = (await client("GET", PATH, query={"limit": "3", "cursor": first["nextCursor"]})).body

    assert [each["id"] for each in first["items"] + rest["items"]] == newest_first
    assert rest["nextCursor"] is None
    await client("DELETE", f"{PATH}/{newest_first[0]}")
    cancelled = (await client("GET", PATH, query={"status": "cancelled"})).body["items"]
    assert [each["id"] for each in cancelled] == newest_first[:1]
    early = await client("GET", PATH, query={"to": booked[2]["startsAt"]})
    assert [each["id"] for each in early.body["items"]] == newest_first[3:]


async def test_an_appointment_that_has_begun_cannot_be_cancelled(client: Client, database: Database) -> None:
    appointment = await client.book()
    await database.execute(
        "UPDATE appointments SET starts_at = now() - interval '1 min', ends_at = now() + interval '1 min'"
    )
    assert (await client("DELETE", f"{PATH}/{appointment['id']}")).status == 409


async def test_a_doctors_change_counts_for_the_next_booking(client: Client, operator: Client) -> None:
    await client.book()
    doctor = {"name": "Dr. Ada", "timezone": "Asia/Tokyo", "hours": {"mon": [["09:00", "17:00"]]}}
    assert (await operator("PUT", "/api/ops/doctors/1", doctor)).status == 200

    closed = await client("POST", PATH, a_wish() | {"appointmentDate": "2100-01-05", "appointmentTime": "10:00"})
    off_grid = await client("POST", PATH, a_wish() | {"appointmentDate": "2100-01-04", "appointmentTime": "09:10"})
    fine = await client("POST", PATH, a_wish() | {"appointmentDate": "2100-01-04", "appointmentTime": "09:30"})

    assert [closed.status, off_grid.status, fine.status] == [422, 422, 200]
    assert fine.body["startsAt"] == "2100-01-04T00:30:00Z"


async def test_free_slots_leave_out_what_is_taken(client: Client, operator: Client) -> None:
    hours = {"mon": [["09:00", "10:30"]]}
    await operator("PUT", "/api/ops/doctors/1", {"name": "A", "timezone": "Europe/Berlin", "hours": hours})
    await client.book(datetime(2100, 1, 4, 9, 30, tzinfo=zones.zone("Europe/Berlin")))

    slots = (await client("GET", "/api/doctors/1/slots", query={"date": "2100-01-04"})).body["items"]

    assert [slot["appointmentTime"] for slot in slots] == ["09:00", "10:00"]
    assert (await client("GET", "/api/doctors/1/slots", query={"date": "2100-01-05"})).body["items"] == []
