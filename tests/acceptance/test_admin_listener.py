"""Operators on a listener of their own."""

from functools import partial

import aiohttp
from yarl import URL

from deploy.local.ports import free_port
from tests.support.client import Client, a_wish
from tests.support.events import bearer
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World

OPERATORS = ["/api/ops/jobs", "/api/ops/stats", "/api/ops/queues", "/api/ops/clients/client-1", "/metrics"]
CLIENTS = ["/api/client/appointments", "/api/client/notifications", "/api/client/profile", "/api/doctors"]
SPELLINGS = [
    "//api/ops/jobs",
    "/api/%6fps/jobs",
    "/api/%6Fps/jobs",
    "/api/ops%2Fjobs",
    "/api/./ops/jobs",
    "/%61pi/ops/jobs",
]


async def test_operators_and_clients_are_served_on_two_ports_of_one_process(world: World) -> None:
    port = free_port()
    async with world.api(ADMIN_HOST="127.0.0.1", ADMIN_PORT=str(port)) as api, world.notifier():
        client, operator = world.client(api), world.operator(api)
        admin = f"http://127.0.0.1:{port}"
        client_at_admin, operator_at_admin = client.at(admin), operator.at(admin)

        appointment = await client.book()
        for path in OPERATORS:
            assert (await operator("GET", path)).status == 404, path
            assert (await operator_at_admin("GET", path)).status == 200, path
        for path in CLIENTS:
            assert (await client("GET", path)).status == 200, path
            assert (await client_at_admin("GET", path)).status == 404, path
        for where in (client, client_at_admin):
            assert (await where("GET", "/livez")).status == 200
            await eventually(partial(is_ok, where))

        assert await led_to(api.url) == "/docs"
        assert await led_to(admin) == "/ops"
        refused = await client_at_admin("POST", "/api/client/appointments", a_wish())
        assert refused.status == 404
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        job = appointment["jobs"][0]["id"]
        assert (await operator("POST", f"/api/ops/jobs/{job}/cancel")).status == 404
        assert (await operator("PUT", "/api/ops/suppressions/a@b.example", {"reason": "x"})).status == 404
        assert (await operator("PUT", "/api/ops/doctors/2", {"name": "B", "timezone": "UTC"})).status == 404
        assert (await operator_at_admin.job(job))["id"] == job
        for spelling in SPELLINGS:
            assert await status_of(api.url + spelling) == 404, spelling
        assert (await operator("PATCH", "/api/ops/jobs")).status == 404


async def is_ok(client: Client) -> bool:
    """Not "degraded", as it is until the broker is reached."""
    return bool((await client("GET", "/readyz")).body["status"] == "ok")


async def status_of(url: str) -> int:
    """What an operator is answered there, the URL sent as it is spelled."""
    headers = bearer(a_token("operator", "ops"))
    async with aiohttp.ClientSession() as http, http.get(URL(url, encoded=True), headers=headers) as answer:
        return answer.status


async def led_to(url: str) -> str:
    """Where a browser is led to from the first page."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{url}/", headers={"Accept": "text/html"}, allow_redirects=False) as answer,
    ):
        assert answer.status == 303
        return answer.headers["Location"]
