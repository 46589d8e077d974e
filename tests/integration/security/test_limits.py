"""How much one caller may ask for."""

from typing import Any

import pytest
from pydantic import SecretStr

from api_service.web.limits.rate import Rate
from shared.database import Database
from tests.integration.security.conftest import Serve
from tests.support.client import Answer, Client, a_wish
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

PATH = "/api/client/appointments"
MINUTE = Rate(1, "min")


def a_client(url: str, subject: str = "client-1") -> Client:
    return Client(url, a_token(subject, "client", email=f"{subject}@patients.example"))


def is_too_many(answer: Answer) -> bool:
    assert answer.status == 429, answer.body
    assert answer.body["type"] == "urn:punctual:problem:too-many-requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    return True


async def test_a_client_beyond_its_rate_waits_and_the_others_do_not(serve: Serve) -> None:
    async with serve(rate_limit=MINUTE, rate_burst=3) as url:
        client, stranger = a_client(url), a_client(url, "client-2")
        assert [(await client("GET", PATH)).status for _ in range(3)] == [200] * 3
        assert is_too_many(await client("GET", PATH))
        assert is_too_many(await client("POST", PATH, a_wish()))
        assert (await stranger("GET", PATH)).status == 200


async def test_operators_and_probes_are_not_limited(serve: Serve) -> None:
    async with serve(rate_limit=MINUTE, address_rate_limit=MINUTE, rate_burst=1) as url:
        for role in ("ops", "ops:read"):
            operator = Client(url, a_token("operator", role))
            assert [(await operator("GET", "/api/ops/jobs")).status for _ in range(3)] == [200] * 3
        assert [(await Client(url, None)("GET", "/livez")).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("token", [None, "forged"])
async def test_who_has_no_valid_token_is_limited_by_address_and_nobody_else_there(
    serve: Serve, token: str | None
) -> None:
    async with serve(address_rate_limit=MINUTE, rate_burst=2) as url:
        nobody = Client(url, token)
        assert [(await nobody("GET", PATH)).status for _ in range(2)] == [401] * 2
        assert is_too_many(await nobody("GET", PATH))
        assert is_too_many(await nobody("GET", "/no/such/page"))
        assert (await a_client(url)("GET", PATH)).status == 200


async def test_unguarded_routes_are_limited_whatever_token_comes_with_them(serve: Serve) -> None:
    async with serve(address_rate_limit=MINUTE, rate_burst=2) as url:
        client = a_client(url)
        assert [(await client("GET", "/no/such/page")).status for _ in range(2)] == [404] * 2
        assert is_too_many(await client("GET", "/no/such/page"))


async def test_the_dashboard_without_a_session_is_limited_by_address(serve: Serve) -> None:
    paths = ("/ops", "/ops/sign-in", "/ops/jobs", "/ops/static/x/ops.css", "/ops/no-such-page", "/hangfire")
    for path in paths:
        async with serve(address_rate_limit=MINUTE, rate_burst=2) as url, Visitor.at(url) as visitor:
            seen = [await visitor.get(path, follow=False) for _ in range(3)]
            assert [each.status == 429 for each in seen] == [False, False, True], path
            assert int(seen[2].headers["Retry-After"]) >= 1
            assert (await visitor.post("/ops/sign-in", {"token": "guessed"})).status == 429


async def test_an_operator_who_is_signed_in_is_not_limited(serve: Serve) -> None:
    async with serve(address_rate_limit=MINUTE, rate_burst=3) as url, Visitor.at(url, a_token("o", "ops")) as visitor:
        assert [(await visitor.get("/ops/jobs")).status for _ in range(5)] == [200] * 5


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(serve: Serve) -> None:
    async def statuses(**settings: Any) -> list[int]:
        async with serve(address_rate_limit=MINUTE, rate_burst=1, **settings) as url:
            hops = ("203.0.113.1", "203.0.113.2", "evil, 203.0.113.2", "203.0.113.9, 203.0.113.1")
            asked = [Client(url, None)("GET", PATH, headers={"X-Forwarded-For": hop}) for hop in hops]
            return [(await each).status for each in asked]

    assert await statuses() == [401, 429, 429, 429]
    assert await statuses(trusted_proxies=("127.0.0.0/8",)) == [401, 401, 429, 429]


async def test_a_client_holds_no_more_than_so_many_appointments_ahead(serve: Serve, database: Database) -> None:
    async with serve(open_bookings=2) as url, serve(open_bookings=2) as other_instance:
        client = a_client(url)
        first = await client.book()
        await a_client(other_instance).book()

        answer = await client("POST", PATH, a_wish())
        assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:too-many-bookings")
        assert len(await database.fetch("SELECT FROM appointments")) == 2

        await a_client(url, "client-2").book()
        await client("DELETE", f"{PATH}/{first['id']}")
        await client.book()


async def test_pages_of_links_are_limited_by_address_and_say_so_to_people(serve: Serve) -> None:
    async with serve(address_rate_limit=MINUTE, rate_burst=2, unsubscribe_key=SecretStr("k" * 32)) as url:
        nobody = Client(url, None)
        assert [(await nobody("GET", f"/a/{each}")).status for each in ("x", "y")] == [404] * 2
        for method in ("GET", "POST"):
            answer = await nobody(method, "/a/x")
            assert answer.status == 429
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            assert "Too many requests" in answer.body


async def test_the_staff_may_book_beyond_a_clients_limit_but_not_beyond_its_own_rate(serve: Serve) -> None:
    path, client = "/api/staff/appointments", {"id": "client-9", "email": "nine@patients.example"}
    async with serve(open_bookings=1, rate_limit=MINUTE, rate_burst=3) as url:
        desk, other = (Client(url, a_token(name, "staff")) for name in ("desk-1", "desk-2"))
        assert [(await desk("POST", path, a_wish() | {"client": client})).status for _ in range(3)] == [200] * 3
        assert is_too_many(await desk("POST", path, a_wish() | {"client": client}))
        assert (await other("POST", path, a_wish() | {"client": client})).status == 200
