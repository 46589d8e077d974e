"""A process of the stack is ready when it says so, and an API only once it has reached RabbitMQ."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local.health import READY, asked


@pytest.mark.parametrize(
    ("status", "body", "health"),
    [
        (200, {"status": "ok", "checks": {"broker": "ok"}}, READY),
        (200, {"status": "degraded", "checks": {"broker": "unavailable"}}, "degraded"),
        (503, {"status": "unavailable"}, "503"),
    ],
)
async def test_its_answer_says_how_it_is(status: int, body: dict[str, object], health: str) -> None:
    async def readyz(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    async with TestServer(app) as server:
        assert await asked(str(server.make_url("/readyz"))) == health


async def test_nobody_answers(unused_tcp_port: int) -> None:
    assert await asked(f"http://127.0.0.1:{unused_tcp_port}/readyz") == "no answer"
