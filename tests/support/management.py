"""Calls RabbitMQ's management API."""

from typing import Any

import aiohttp

from deploy.local.rabbitmq import RabbitMQ


async def management(rabbitmq: RabbitMQ, method: str, path: str, body: object = None) -> Any:
    """The answer's JSON, None where it has none. Raises AssertionError for anything but success."""
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, rabbitmq.management_url + path, json=body) as answer,
    ):
        assert answer.status < 300, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json() if answer.status == 200 else None
