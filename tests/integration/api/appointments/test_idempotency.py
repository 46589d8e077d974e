"""The same Idempotency-Key books once, and answers the same every time."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from api_service.appointments import idempotent_answers as answers
from shared.database import Database
from tests.support.client import Answer, Client, a_wish
from tests.support.tokens import a_token

PATH = "/api/client/appointments"
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def told(answer: Answer) -> tuple[Any, ...]:
    """What a repeat has to have in common with the first answer."""
    return answer.status, answer.body, answer.headers.get("Location"), answer.headers.get("ETag")


async def rows(database: Database, table: str) -> int:
    return len(await database.fetch(f"SELECT FROM {table}"))


async def test_a_repeat_has_the_first_answer(client: Client, database: Database) -> None:
    wish = a_wish()

    first = await client("POST", PATH, wish, headers=KEY)
    again = await client("POST", PATH, wish, headers=KEY)

    assert first.status == 200
    assert told(again) == told(first)
    assert (await rows(database, "appointments"), await rows(database, "jobs")) == (1, 2)


async def test_a_key_is_the_same_with_and_without_quotes(client: Client, database: Database) -> None:
    wish = a_wish()
    first = await client("POST", PATH, wish, headers={"Idempotency-Key": '"one"'})
    again = await client("POST", PATH, wish, headers={"Idempotency-Key": "one"})
    assert told(again) == told(first)


async def test_a_body_that_means_the_same_is_the_same(client: Client) -> None:
    wish = a_wish()
    first = await client("POST", PATH, wish, headers=KEY)
    longer = {"unknown": 1, **dict(reversed(wish.items()))}
    assert told(await client("POST", PATH, longer, headers=KEY)) == told(first)


async def test_another_body_is_refused_and_books_nothing(client: Client, database: Database) -> None:
    wish = a_wish()
    await client("POST", PATH, wish, headers=KEY)
    changes: list[dict[str, Any]] = [{"reason": "Other"}, {"reason": None}, {"appointmentDate": "2101-01-01"}]
    for change in changes:
        other = await client("POST", PATH, wish | change, headers=KEY)
        assert other.status == 422, change
        assert [error["pointer"] for error in other.body["errors"]] == ["Idempotency-Key"]
    assert await rows(database, "appointments") == 1


async def test_a_key_belongs_to_its_client(client: Client, stranger: Client) -> None:
    wish = a_wish()
    first = await client("POST", PATH, wish, headers=KEY)
    theirs = await stranger("POST", PATH, wish, headers=KEY)
    assert (first.status, theirs.status) == (200, 409)
    assert first.body["id"] not in str(theirs.body)
    assert (await stranger("POST", PATH, a_wish(), headers=KEY)).status == 200


async def test_many_at_once_book_once(client: Client, database: Database) -> None:
    wish = a_wish()
    given = await asyncio.gather(*(client("POST", PATH, wish, headers=KEY) for _ in range(30)))
    assert [told(answer) for answer in given] == [told(given[0])] * 30
    assert given[0].status == 200
    assert (await rows(database, "appointments"), await rows(database, "jobs")) == (1, 2)


async def test_of_different_bodies_at_once_one_books_and_neighbours_do_not_suffer(
    client: Client, stranger: Client, database: Database
) -> None:
    calls = [client("POST", PATH, a_wish(), headers=KEY) for _ in range(10)]
    neighbours = [stranger("POST", PATH, a_wish()) for _ in range(10)]
    given = await asyncio.gather(*calls, *neighbours)
    assert sorted(answer.status for answer in given[:10]) == [200] + [422] * 9
    assert {answer.status for answer in given[10:]} == {200}
    assert await rows(database, "appointments") == 11


async def test_the_first_answer_stays_whatever_has_become_of_the_appointment(
    client: Client, operator: Client, stranger: Client, database: Database
) -> None:
    wish = a_wish()
    first = await client("POST", PATH, wish, headers=KEY)
    await client("DELETE", first.headers["Location"])
    assert told(await client("POST", PATH, wish, headers=KEY)) == told(first)
    # the time has another owner now, and the doctor is never there any more
    assert (await stranger("POST", PATH, wish)).status == 200
    assert told(await client("POST", PATH, wish, headers=KEY)) == told(first)
    closed = {"name": "Dr. Ada", "timezone": "Europe/Berlin", "daysOff": [wish["appointmentDate"]]}
    assert (await operator("PUT", "/api/ops/doctors/1", closed)).status == 200
    # also once the API has read the doctor again, and would refuse the wish by itself
    assert (await stranger("POST", PATH, wish)).status == 422
    assert told(await client("POST", PATH, wish, headers=KEY)) == told(first)
    assert await rows(database, "appointments") == 2


async def test_a_refusal_is_not_remembered(client: Client, stranger: Client, database: Database) -> None:
    wish = a_wish()
    theirs = await stranger("POST", PATH, wish)
    assert (await client("POST", PATH, wish, headers=KEY)).status == 409
    assert (await client("POST", PATH, wish | {"doctorId": "nobody"}, headers=KEY)).status == 404
    assert (await client("POST", PATH, wish | {"appointmentDate": "2020-01-01"}, headers=KEY)).status == 422
    assert await rows(database, "idempotency_keys") == 0

    await stranger("DELETE", theirs.headers["Location"])

    assert (await client("POST", PATH, wish, headers=KEY)).status == 200


async def test_a_client_without_address_may_try_again_with_the_same_key(api_url: str, operator: Client) -> None:
    client, wish = Client(api_url, a_token("silent", "client")), a_wish()
    assert (await client("POST", PATH, wish, headers=KEY)).status == 422
    await operator("PUT", "/api/ops/clients/silent", {"email": "silent@patients.example"})
    assert (await client("POST", PATH, wish, headers=KEY)).status == 200


async def test_skipped_jobs_are_repeated_as_they_were(client: Client) -> None:
    soon = a_wish(datetime.now().astimezone().replace(microsecond=0) + timedelta(minutes=20))
    first = await client("POST", PATH, soon, headers=KEY)
    assert [job["state"] for job in first.body["jobs"]] == ["skipped", "scheduled"]
    assert told(await client("POST", PATH, soon, headers=KEY)) == told(first)


async def test_a_malformed_key_is_named_and_nothing_is_booked(client: Client, database: Database) -> None:
    for key in ("", '""', "x" * 256, f'"{"x" * 256}"', "a,b", '"open', 'in"side', "a b", "ä", '"a\\"b"', "a\tb"):
        answer = await client("POST", PATH, a_wish(), headers={"Idempotency-Key": key})
        assert answer.status == 422, key
        assert [error["pointer"] for error in answer.body["errors"]] == ["Idempotency-Key"]
    assert await rows(database, "appointments") == 0


async def test_the_longest_key_and_every_visible_character_are_keys(client: Client) -> None:
    for key in ("x" * 255, "!#$%&'()*+-./:;<=>?@[]^_`{|}~", '"with a space, and a comma"'):
        assert (await client("POST", PATH, a_wish(), headers={"Idempotency-Key": key})).status == 200, key


async def test_two_keys_are_refused(client: Client) -> None:
    answer = await client("POST", PATH, a_wish(), headers=[("Idempotency-Key", "one"), ("Idempotency-Key", "two")])
    assert answer.status == 422


async def test_answers_are_forgotten_after_a_day_in_batches(client: Client, database: Database) -> None:
    wishes = [a_wish() for _ in range(5)]
    for number, wish in enumerate(wishes):
        await client("POST", PATH, wish, headers={"Idempotency-Key": f"key-{number}"})
    await database.execute("UPDATE idempotency_keys SET created_at = now() - interval '24 h 1 s' WHERE key <> 'key-0'")

    assert [await answers.forget(database, limit=3) for _ in range(3)] == [3, 1, 0]

    assert [row["key"] for row in await database.fetch("SELECT key FROM idempotency_keys")] == ["key-0"]
    # the key means nothing any more; that the slot is the caller's own, the booking itself still says
    again = await client("POST", PATH, wishes[1], headers={"Idempotency-Key": "key-1"})
    assert (again.status, "ownAppointmentId" in again.body) == (409, True)
