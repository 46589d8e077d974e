"""The API behind nginx with the configuration of deploy/nginx: TLS, addresses, events, and no byte kept back."""

import asyncio
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from deploy.local.ports import free_port
from deploy.local.processes import accepts
from tests.support.authority import Authority
from tests.support.client import a_wish
from tests.support.repository import DEPLOY, DOCS
from tests.support.waiting import eventually
from tests.support.world import World

NGINX: Final = shutil.which("nginx") or ""
SOURCE: Final = DEPLOY / "nginx" / "punctual.conf"
AROUND: Final = """
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/punctual.conf;
}}
"""

pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed: as root, `make test` installs it")


@dataclass(frozen=True, slots=True)
class Front:
    """`url` is TLS; `plain` is the port that leads there."""

    url: str
    plain: str
    trust: ssl.SSLContext


def delivered() -> str:
    """The file as docs/install.md says to install it: nginx before 1.25.1 knows no directive `http2`."""
    said = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    assert found, said
    text = SOURCE.read_text("utf-8")
    if tuple(int(part) for part in found.groups()) >= (1, 25, 1):
        return text
    line = re.search(r"^sed -i (-e '.*http2.*) /etc/nginx", (DOCS / "install.md").read_text("utf-8"), re.MULTILINE)
    assert line, "docs/install.md has no line for an old nginx"
    return subprocess.run(
        ["/usr/bin/sed", *shlex.split(line[1])], input=text, capture_output=True, text=True, check=True
    ).stdout


def configuration(api: int, https: int, http: int, authority: Authority) -> str:
    """The file as it is delivered, with the ports and the certificate of a test."""
    text = delivered()
    for pattern, replacement in (
        (r"listen \[::\]:\d+[^;]*;", ""),
        (r"listen 443 ", f"listen 127.0.0.1:{https} "),
        (r"listen 80;", f"listen 127.0.0.1:{http};"),
        (r"server 127\.0\.0\.1:5000", f"server 127.0.0.1:{api}"),
        (r"ssl_certificate [^;]+;", f"ssl_certificate {authority.good.chain};"),
        (r"ssl_certificate_key [^;]+;", f"ssl_certificate_key {authority.good.key};"),
        (r"server_name [^;]+;", "server_name localhost;"),
    ):
        text, found = re.subn(pattern, replacement, text)
        assert found, f"{SOURCE.name} has no {pattern}"
    return text


@asynccontextmanager
async def front(api: str, folder: Path) -> AsyncIterator[Front]:
    authority = Authority.made_in(folder / "authority")
    https, http = free_port(), free_port()
    text = configuration(int(api.rpartition(":")[2]), https, http, authority)
    (folder / "punctual.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), "utf-8")
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checking = await asyncio.create_subprocess_exec(*command, "-t", stderr=asyncio.subprocess.PIPE)
    _, said = await checking.communicate()
    assert checking.returncode == 0, said.decode()
    assert b"[warn]" not in said, said.decode()
    process = await asyncio.create_subprocess_exec(*command, "-g", "daemon off;")
    try:
        await eventually(lambda: accepts(https))
        trust = ssl.create_default_context(cafile=str(authority.file))
        yield Front(f"https://localhost:{https}", f"http://localhost:{http}", trust)
    finally:
        process.terminate()
        await process.wait()


async def test_a_booking_goes_through_and_its_events_come_at_once(world: World, tmp_path: Path) -> None:
    async with (
        world.api(TRUSTED_PROXIES="127.0.0.1/32", PUBLIC_URL="https://localhost") as api,
        world.notifier(),
        front(api.url, tmp_path) as nginx,
        aiohttp.ClientSession(
            headers=world.client(api).headers, connector=aiohttp.TCPConnector(ssl=nginx.trust)
        ) as http,
    ):
        async with http.get(nginx.plain + "/ops", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, "https://localhost/ops")
        async with http.get(nginx.url + "/metrics") as answer:
            assert answer.status == 404

        async with http.get(nginx.url + "/api/client/notifications/stream") as stream:
            assert stream.status == 200
            async with http.post(nginx.url + "/api/client/appointments", json=a_wish()) as answer:
                assert answer.status == 200
                assert "Strict-Transport-Security" in answer.headers
            async with asyncio.timeout(60):
                while b"notification" not in await stream.content.readline():
                    pass
        await eventually(lambda: len(world.mails()) == 1)


async def test_an_address_that_a_client_claims_counts_for_nothing(world: World, tmp_path: Path) -> None:
    async with (
        world.api(TRUSTED_PROXIES="127.0.0.1/32", ADDRESS_RATE_LIMIT="1/h", RATE_BURST="3") as api,
        front(api.url, tmp_path) as nginx,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=nginx.trust)) as http,
    ):
        statuses = []
        for number in range(5):
            claimed = {"X-Forwarded-For": f"203.0.113.{number}"}
            async with http.get(nginx.url + "/api/doctors", headers=claimed) as answer:
                statuses.append(answer.status)
    assert statuses == [401, 401, 401, 429, 429]


def test_its_largest_body_is_that_of_the_api() -> None:
    assert "client_max_body_size 64k;" in SOURCE.read_text("utf-8")
