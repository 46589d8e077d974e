"""Answers are compressed where it pays, for those who take it."""

import gzip
from typing import Any

import aiohttp
import orjson

from api_service.web.compression import LEAST
from tests.support.client import Client

PATH = "/api/client/appointments"


async def raw(client: Client, path: str, accepted: str | None) -> tuple[Any, bytes]:
    """Headers and the body as it came over the wire."""
    headers = client.headers if accepted is None else client.headers | {"Accept-Encoding": accepted}
    skipped = ["Accept-Encoding"] if accepted is None else []
    async with (
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=skipped) as http,
        http.get(client.url + path, headers=headers) as answer,
    ):
        assert answer.status == 200
        return answer.headers, await answer.read()


async def test_a_long_list_is_compressed_for_who_takes_it(client: Client) -> None:
    for _ in range(4):
        await client.book()
    _, plain = await raw(client, PATH, "identity")
    for accepted in ("gzip", "br, gzip, deflate", "*", "deflate;q=0.1, GZIP;q=0.5"):
        headers, packed = await raw(client, PATH, accepted)
        assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(packed) == plain
        assert int(headers["Content-Length"]) == len(packed) < len(plain) / 2
    for refused in (None, "", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "deflate", "gzip;x"):
        headers, body = await raw(client, PATH, refused)
        assert "Content-Encoding" not in headers, refused
        assert headers["Vary"] == "Accept-Encoding"
        assert body == plain


async def test_small_answers_and_tagged_ones_stay_as_they_are(client: Client) -> None:
    booked = await client.book(reason="x " * 249)
    for path in ("/api/client/notifications/unread-count", "/api/doctors", f"{PATH}/{booked['id']}"):
        headers, plain = await raw(client, path, "gzip")
        assert "Content-Encoding" not in headers
        assert orjson.loads(plain)
    assert len(plain) > LEAST
    assert "ETag" in headers
