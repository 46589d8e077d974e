"""Answers are compressed where it pays, for those who take it."""

import gzip
from typing import Any

import aiohttp
import orjson
import pytest

from api_service.compression import LEAST
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


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip, deflate", "*", "deflate;q=0.1, GZIP;q=0.5"])
async def test_a_long_list_is_compressed(client: Client, accepted: str) -> None:
    for _ in range(4):
        await client.book()
    _, plain = await raw(client, PATH, "identity")
    headers, packed = await raw(client, PATH, accepted)
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed) == plain
    assert int(headers["Content-Length"]) == len(packed) < len(plain) / 2


@pytest.mark.parametrize("accepted", [None, "", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "deflate", "gzip;x"])
async def test_who_does_not_take_gzip_gets_none(client: Client, accepted: str | None) -> None:
    for _ in range(4):
        await client.book()
    headers, plain = await raw(client, PATH, accepted)
    assert "Content-Encoding" not in headers
    assert headers["Vary"] == "Accept-Encoding"
    assert len(orjson.loads(plain)["items"]) == 4


async def test_small_answers_and_tagged_ones_stay_as_they_are(client: Client) -> None:
    booked = await client.book(reason="x " * 249)
    for path in ("/api/client/notifications/unread-count", "/api/doctors", f"{PATH}/{booked['id']}"):
        headers, plain = await raw(client, path, "gzip")
        assert "Content-Encoding" not in headers
        assert orjson.loads(plain)
    assert len(plain) > LEAST
    assert "ETag" in headers
