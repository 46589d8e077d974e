"""An erased person is found in no table, their rows are still counted, and their old tokens bring nothing back."""

import asyncio
import itertools
from typing import Any
from uuid import UUID

import pytest

from deploy.local.postgres import Postgres
from shared.database import DanglingReference, Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Outcome
from tests.support.client import Client, a_wish
from tests.support.conformity import the_document
from tests.support.personal_data import CLIENT, EMAIL, MARKERS, found_in, where
from tests.support.rows import a_doctor, a_suppression
from tests.support.waiting import eventually

ONE = f"/api/ops/clients/{CLIENT}"
BOOK = "/api/client/appointments"
COUNTED = ("appointments", "jobs", "appointment_acts", "in_app_notifications", "delivery_reports", "recorded_attempts")


SESSION = "/api/client/notifications/stream/session"
HARMLESS = ("GET", "DELETE")
EMPTY = ("/api/client/notifications/read-all",)
"""Changes what there is of the client: nothing."""
TOKENS_OWN = {"id", "name", "email"}
"""Names the token has, and its owner's profile repeats them."""


def client_calls() -> list[tuple[str, str]]:
    """Every call of the client API but the stream itself, which keeps nothing and ends with the token."""
    paths = {path: said for path, said in the_document()["paths"].items() if path.startswith("/api/client/")}
    stream = ("GET", "/api/client/notifications/stream")
    return sorted({(method.upper(), path) for path, said in paths.items() for method in said} - {stream})


async def erase(operator: Client) -> dict[str, Any]:
    answer = await operator("DELETE", ONE)
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def counts(database: Database) -> dict[str, int]:
    return {name: (await database.fetch(f"SELECT count(*) FROM {name}"))[0][0] for name in COUNTED}  # noqa: S608


async def waiters(database: Database, number: int) -> bool:
    """Whether so many statements wait for a lock."""
    rows = await database.fetch(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return len(rows) >= number


async def test_an_erased_person_is_found_in_no_table(
    operator: Client, database: Database, history: dict[str, Any]
) -> None:
    left = set[str]().union(*(await where(database)).values())
    assert left == set(MARKERS) - {"note"}  # else the search proves nothing
    group = (await database.fetch("SELECT error_group FROM jobs WHERE error_group IS NOT NULL"))[0][0]
    await database.execute(
        "INSERT INTO failure_notes (error_group, note, written_by) VALUES ($1, $2, 'o')",
        *(group, f"{MARKERS['note']}: ask {EMAIL}"),
    )
    before = await counts(database)

    erased = await erase(operator)

    assert await where(database) == {}
    assert await counts(database) == before
    assert erased["counts"] == {
        "appointments": 2,
        "jobs": 5,
        "notifications": 1,
        "acts": 2,
        "deliveryReports": 1,
        "cancelledJobs": 3,
    }
    theirs = await database.fetch("SELECT DISTINCT client_id FROM appointments")
    assert [row[0] for row in theirs] == [erased["erasedAs"]]


async def test_what_waits_is_cancelled_and_future_times_are_free(
    operator: Client, stranger: Client, database: Database, history: dict[str, Any]
) -> None:
    await erase(operator)
    rows = await database.fetch("SELECT id::text, status FROM appointments")
    assert dict(tuple(row) for row in rows) == {history["past"]["id"]: "booked", history["coming"]["id"]: "cancelled"}
    states = await database.fetch("SELECT DISTINCT state FROM jobs WHERE kind <> 'doctor_agenda_email'")
    assert {row[0] for row in states} == {"cancelled"}
    assert not await database.fetch("SELECT FROM jobs WHERE kind = 'appointment_cancelled_email'")
    time = {name: history["coming"][name] for name in ("appointmentDate", "appointmentTime")}
    assert (await stranger("POST", BOOK, a_wish() | time)).status == 200


async def test_the_record_says_who_erased_whom_by_id_only(
    operator: Client, database: Database, history: dict[str, Any]
) -> None:
    erased = await erase(operator)
    [action] = (await operator("GET", "/api/ops/actions", query={"action": "erase"})).body["items"]
    assert (action["operator"], action["target"]["clientId"]) == ("operator", erased["erasedAs"])
    assert action["reason"] is None


async def test_erased_twice_is_the_first_answer(operator: Client, history: dict[str, Any]) -> None:
    first = await erase(operator)
    assert await erase(operator) == first
    assert len((await operator("GET", "/api/ops/actions", query={"action": "erase"})).body["items"]) == 1
    assert (await operator("GET", ONE)).status == 404
    assert (await operator("GET", f"{ONE}/export")).status == 404


async def test_two_at_once_erase_once(operator: Client, history: dict[str, Any]) -> None:
    first, second = await asyncio.gather(erase(operator), erase(operator))
    assert first == second


async def test_nobody_is_no_client(operator: Client) -> None:
    assert (await operator("DELETE", "/api/ops/clients/nobody")).status == 404
    assert (await operator("GET", "/api/ops/clients/nobody/export")).status == 404


async def test_a_token_of_an_erased_person_finds_and_brings_nothing(
    operator: Client, person: Client, database: Database, history: dict[str, Any]
) -> None:
    await erase(operator)
    for method, path, body in (("POST", BOOK, a_wish()), ("PUT", "/api/client/profile", {"name": MARKERS["name"]})):
        answer = await person(method, path, body)
        assert (answer.status, answer.body["type"]) == (403, "urn:punctual:problem:erased")
    key = {"Idempotency-Key": MARKERS["key"]}
    assert (await person("POST", BOOK, a_wish(), headers=key)).status == 403
    for path in (BOOK, "/api/client/notifications"):
        assert (await person("GET", path)).body["items"] == []
    for each in history.values():
        assert (await person("GET", f"{BOOK}/{each['id']}")).status == 404
        assert (await person("DELETE", f"{BOOK}/{each['id']}")).status == 404
    assert await where(database) == {}


async def test_no_call_of_a_client_stores_an_erased_person_again(
    operator: Client, person: Client, database: Database, history: dict[str, Any]
) -> None:
    """A call either finds nothing of the person, or is refused. Nothing of the token is kept."""
    await erase(operator)
    bodies = (None, a_wish(), {"name": MARKERS["name"]}, {"reason": MARKERS["reason"]})
    for method, path in client_calls():
        for body, number in itertools.product(bodies, (history["coming"]["id"], str(UUID(int=7)))):
            answer = await person(method, path.replace("{id}", number), None if method == "GET" else body)
            assert answer.status < 500, (method, path)
            assert found_in([str(answer.body)]) <= TOKENS_OWN, (method, path)
            assert await where(database) == {}, (method, path)
        assert answer.status in (403, 404, 422) or method in HARMLESS or path in EMPTY, answer


async def test_an_erased_person_opens_no_stream_session(
    operator: Client, person: Client, history: dict[str, Any]
) -> None:
    assert (await person("POST", SESSION)).status == 204
    await erase(operator)
    answer = await person("POST", SESSION)
    assert (answer.status, answer.body["type"]) == (403, "urn:punctual:problem:erased")


async def test_a_stream_session_that_waits_for_the_erasure_is_refused(
    operator: Client, person: Client, database: Database
) -> None:
    await person.book()
    async with asyncio.timeout(60):
        async with database.transaction() as session:  # holds what the erasure needs last
            await session.execute("LOCK TABLE operator_actions IN EXCLUSIVE MODE")
            erasing = asyncio.create_task(operator("DELETE", ONE))
            await eventually(lambda: waiters(database, 1))
            opening = asyncio.create_task(person("POST", SESSION))
            await eventually(lambda: waiters(database, 2))
        assert (await erasing).status == 200
        assert (await opening).status == 403
    assert await where(database) == {}


async def test_the_clinic_may_admit_the_person_again(
    operator: Client, person: Client, desk: Client, history: dict[str, Any]
) -> None:
    await erase(operator)
    by_id = await desk("POST", "/api/staff/appointments", a_wish() | {"clientId": CLIENT})
    assert by_id.status == 404
    again = await desk("POST", "/api/staff/appointments", a_wish() | {"client": {"id": CLIENT, "email": EMAIL}})
    assert again.status == 200
    assert (await person("POST", BOOK, a_wish())).status == 200
    second = await erase(operator)
    assert second["counts"]["appointments"] == 2
    assert (await operator("PUT", ONE, {"email": EMAIL})).status == 200
    assert (await person("POST", BOOK, a_wish())).status == 200


async def test_the_id_of_erased_rows_is_nobodys(operator: Client, desk: Client, history: dict[str, Any]) -> None:
    stand_in = (await erase(operator))["erasedAs"]
    assert (await operator("PUT", f"/api/ops/clients/{stand_in}", {"name": "Ada"})).status == 404
    assert (await operator("DELETE", f"/api/ops/clients/{stand_in}")).status == 404
    wish = a_wish() | {"client": {"id": stand_in, "email": "ada@patients.example"}}
    assert (await desk("POST", "/api/staff/appointments", wish)).status == 404


async def test_a_suppressed_address_stays_blocked(
    operator: Client, person: Client, database: Database, history: dict[str, Any]
) -> None:
    await erase(operator)
    [kept] = (await operator("GET", "/api/ops/suppressions")).body["items"]
    assert kept["address"].startswith("erased:")
    [found] = (await operator("GET", "/api/ops/suppressions", query={"address": EMAIL})).body["items"]
    assert found == kept
    assert (await operator("DELETE", f"/api/ops/suppressions/{EMAIL}")).status == 204
    assert (await operator("GET", "/api/ops/suppressions")).body["items"] == []


async def test_an_address_that_another_client_has_stays_theirs(
    operator: Client, person: Client, database: Database
) -> None:
    await person.book()
    await database.execute("INSERT INTO clients (id, email) VALUES ('child', $1)", EMAIL.upper())
    await a_suppression(database, EMAIL)
    await erase(operator)
    [kept] = (await operator("GET", "/api/ops/suppressions")).body["items"]
    assert kept["address"] == EMAIL


@pytest.mark.parametrize("address", ["other@patients.example", EMAIL])
async def test_a_booking_that_waits_for_the_erasure_is_refused(
    operator: Client, person: Client, database: Database, address: str
) -> None:
    """Also one whose token has another address than the row, so that it would write the client again."""
    await person.book()
    await database.execute("UPDATE clients SET email = $1", address)
    async with asyncio.timeout(60):
        async with database.transaction() as session:  # holds what the erasure needs last
            await session.execute("LOCK TABLE operator_actions IN EXCLUSIVE MODE")
            erasing = asyncio.create_task(operator("DELETE", ONE))
            await eventually(lambda: waiters(database, 1))
            booking = asyncio.create_task(person("POST", BOOK, a_wish()))
            await eventually(lambda: waiters(database, 2))
        assert (await erasing).status == 200
        assert (await booking).status == 403
    assert await where(database) == {}


async def test_a_booking_that_came_first_is_erased_too(operator: Client, person: Client, database: Database) -> None:
    await person.book()
    async with asyncio.timeout(60):
        async with database.transaction() as session:  # holds the booking at its last step
            await session.execute("LOCK TABLE job_changes IN EXCLUSIVE MODE")
            key = {"Idempotency-Key": MARKERS["key"]}
            wish = a_wish() | {"reason": MARKERS["reason"]}
            booking = asyncio.create_task(person("POST", BOOK, wish, headers=key))
            await eventually(lambda: waiters(database, 1))
            erasing = asyncio.create_task(operator("DELETE", ONE))
            await eventually(lambda: waiters(database, 2))
        assert (await booking).status == 200
        erased = await erasing
    assert (erased.status, erased.body["counts"]["appointments"]) == (200, 2)
    assert await where(database) == {}


async def test_whoever_may_only_read_erases_and_exports_nobody(
    reader: Client, desk: Client, person: Client, history: dict[str, Any]
) -> None:
    for one in (reader, desk, person):
        assert (await one("DELETE", ONE)).status == 403
        assert (await one("GET", f"{ONE}/export")).status == 403


async def test_an_error_that_comes_after_the_erasure_is_not_kept(
    operator: Client, person: Client, database: Database
) -> None:
    booked = await person.book()
    job = next(each["id"] for each in booked["jobs"] if each["kind"] == "appointment_created_email")
    await database.execute(
        "UPDATE jobs SET state = 'processing', attempt = 1, started_at = now(), lease_owner = 'w',"
        " lease_until = now() + interval '1 minute' WHERE id = $1",
        job,
    )
    await erase(operator)
    ended = await job_store.finish(
        database,
        [Finish(UUID(job), 1, Outcome.FAILED, error=f"550 5.1.1 <{EMAIL}>: {MARKERS['error']}", reply_code=550)],
        owner="w",
    )
    assert [each.state for each in ended.values()] == ["cancelled"]
    assert await where(database) == {}


async def test_the_log_of_postgresql_names_no_client(database: Database, postgres: Postgres) -> None:
    await a_doctor(database)
    with pytest.raises(DanglingReference):
        await database.execute(
            "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)"
            " VALUES ($1, '1', $2, now(), '09:00', 'UTC', now(), now() + interval '1 hour')",
            *(new_id(), "zq-refused"),
        )
    await eventually(lambda: said(postgres, "violates foreign key constraint"))
    assert "zq-refused" not in postgres.log.read_text(errors="replace")


async def said(postgres: Postgres, words: str) -> bool:
    return words in postgres.log.read_text(errors="replace")
