"""Asks another server for a JSON object, whatever it answers: the size and the time are bounded."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import aiohttp
import orjson

TIMEOUT: Final = 5.0
"""Seconds for a whole answer."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer's body."""
FAULTS: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""Raised when a server cannot be asked, or its answer breaks off."""


class JsonAnswer(NamedTuple):
    """`body` is empty where the answer is no JSON object, or too large."""

    status: int
    body: dict[str, Any]


async def ask(
    url: str, form: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
) -> JsonAnswer:
    """The answer to a GET, or to a POST of `form`. Redirects are not followed. Raises FAULTS."""
    async with (
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json", **(headers or {})},
        ) as http,
        http.request("GET" if form is None else "POST", url, data=form, allow_redirects=False) as answer,
    ):
        return JsonAnswer(answer.status, await _object(answer))


async def _object(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            return {}
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
