"""Fetching the delayed-message plugin, from a real HTTP server with whatever it can answer."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local import delayed_plugin
from deploy.local.fetch_plugin import LARGEST, RELEASES, NotFetched, PluginRequest, fetch

SERVER = Path("/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8")
FILE = "rabbitmq_delayed_message_exchange-3.10.2.ez"


def archive(name: str = "rabbitmq_delayed_message_exchange-3.10.2/ebin/rabbitmq_delayed_message_exchange.app") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as writer:
        writer.writestr(name, "{application, rabbitmq_delayed_message_exchange, []}.")
    return content.getvalue()


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


GOOD = archive()
SHA256 = hashlib.sha256(GOOD).hexdigest()
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Releases:
    """A server of releases that answers as the test wants, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer = self.good
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return await self.answer(request)

    async def good(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=GOOD)


@pytest_asyncio.fixture
async def releases() -> AsyncIterator[Releases]:
    found = Releases()
    application = web.Application()
    application.router.add_get("/{path:.*}", found.serve)
    async with TestServer(application) as server:
        found.url = str(server.make_url("/download"))
        yield found


async def test_the_release_of_the_series_is_fetched_once_and_then_found(releases: Releases, tmp_path: Path) -> None:
    wish = PluginRequest(releases.url, SHA256)
    assert SHA256 in await fetch(SERVER, tmp_path, wish)
    assert releases.asked == [f"/download/3.10.2/{FILE}"]
    assert delayed_plugin.find(SERVER, {}, tmp_path) == str(tmp_path / "plugins" / "3.10")
    assert "is there" in await fetch(SERVER, tmp_path, wish)
    assert len(releases.asked) == 1


async def test_without_a_wanted_checksum_the_line_shows_the_checksum(releases: Releases, tmp_path: Path) -> None:
    line = await fetch(SERVER, tmp_path, PluginRequest(releases.url, None))
    assert SHA256 in line
    assert "DELAYED_PLUGIN_SHA256 is not set" in line


async def test_a_redirection_is_followed(releases: Releases, tmp_path: Path) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        releases.answer = releases.good
        raise web.HTTPFound("/objects/1")

    releases.answer = elsewhere
    await fetch(SERVER, tmp_path, PluginRequest(releases.url, SHA256))
    assert releases.asked[-1] == "/objects/1"


async def answers_404(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def answers_something_else(request: web.Request) -> web.StreamResponse:
    return web.Response(body=archive("other-1.0/ebin/other.app"))


async def answers_a_page(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>Sign in</html>", content_type="text/html")


async def answers_half_an_archive(request: web.Request) -> web.StreamResponse:
    return web.Response(body=GOOD[: len(GOOD) // 2])


async def answers_too_much(request: web.Request) -> web.StreamResponse:
    return web.Response(body=bytes(LARGEST + 1))


async def hangs_up(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(GOOD[:10])
    assert request.transport is not None
    request.transport.close()
    return answer


async def redirects_for_ever(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(request.path)


async def redirects_to_nowhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://[")


@pytest.mark.parametrize(
    "answer",
    [
        answers_404,
        answers_something_else,
        answers_a_page,
        answers_half_an_archive,
        answers_too_much,
        hangs_up,
        redirects_for_ever,
        redirects_to_nowhere,
    ],
)
async def test_any_other_answer_is_told_in_one_line_and_changes_nothing(
    releases: Releases, tmp_path: Path, answer: Answer
) -> None:
    releases.answer = answer
    with pytest.raises(NotFetched) as refused:
        await fetch(SERVER, tmp_path, PluginRequest(releases.url, None))
    assert "\n" not in str(refused.value)
    assert files(tmp_path) == []


async def test_a_wrong_checksum_is_refused_and_an_earlier_file_is_fetched_again(
    releases: Releases, tmp_path: Path
) -> None:
    await fetch(SERVER, tmp_path, PluginRequest(releases.url, None))
    with pytest.raises(NotFetched, match="wanted was 0000"):
        await fetch(SERVER, tmp_path, PluginRequest(releases.url, "0" * 64))
    assert len(releases.asked) == 2


async def test_no_network_is_one_line(tmp_path: Path, unused_tcp_port: int) -> None:
    with pytest.raises(NotFetched, match="cannot be fetched"):
        await fetch(SERVER, tmp_path, PluginRequest(f"http://127.0.0.1:{unused_tcp_port}", None))


async def test_no_release_fits_a_broker_without_mnesia(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="no release"):
        await fetch(
            Path("/usr/lib/rabbitmq/lib/rabbitmq_server-4.3.6"), tmp_path, PluginRequest("http://127.0.0.1:1", None)
        )


@pytest.mark.parametrize("series", RELEASES)
def test_the_file_of_a_release_is_named_after_it(series: str) -> None:
    release = RELEASES[series]
    assert release.tag.removeprefix("v").startswith(f"{series}.")
    assert release.file == f"rabbitmq_delayed_message_exchange-{release.version}.ez"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"DELAYED_PLUGIN": "yes"}, "DELAYED_PLUGIN: must be fetch"),
        ({"DELAYED_PLUGIN": "fetch", "DELAYED_PLUGIN_SHA256": "12"}, "DELAYED_PLUGIN_SHA256: must be 64"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        PluginRequest.of(environment)
