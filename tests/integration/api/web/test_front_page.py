"""Where / leads to."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def http(api_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(api_url) as session:
        yield session


async def test_a_person_is_led_to_the_documentation_and_the_dashboard(http: aiohttp.ClientSession) -> None:
    async with http.get("/", headers=HTML) as answer:
        text = await answer.text()
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert answer.headers["Vary"] == "Accept"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for target in ("/docs", "/ops"):
        assert f'href="{target}"' in text
        async with http.get(target, headers=HTML) as there:
            assert there.status == 200


async def test_a_program_is_told_the_same_as_json(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as answer:
        said = await answer.json()
    assert said["documentation"] == "/docs"
    async with http.get(said["openapi"]) as document:
        assert (await document.json())["info"]["version"] == said["version"]


async def test_other_methods_are_refused_in_words(http: aiohttp.ClientSession) -> None:
    async with http.post("/") as answer:
        assert answer.status == 405
        assert answer.content_type == "application/problem+json"
