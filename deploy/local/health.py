"""Asks a process of the stack how it is."""

from typing import Final

import aiohttp

READY: Final = "ready"


async def asked(url: str) -> str:
    """`ready`, `degraded` (an API without RabbitMQ), the status of another answer, or `no answer` within 5 s."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as client,
            client.get(url) as answer,
        ):
            if answer.status != 200:
                return f"{answer.status}"
            return "degraded" if b'"degraded"' in await answer.read() else READY
    except (aiohttp.ClientError, TimeoutError):
        return "no answer"
