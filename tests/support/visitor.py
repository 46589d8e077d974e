"""Looks at the dashboard as a browser without scripts: keeps cookies, follows redirects, sends forms."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

import aiohttp

_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_TAG: Final = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page after all redirects; `path` with its query."""

    status: int
    path: str
    html: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        """What stands on it, in one line."""
        return " ".join(_TAG.sub(" ", self.html).split())

    @property
    def csrf(self) -> str:
        found = _CSRF.search(self.html)
        assert found, self.text
        return found[1]

    @property
    def keys(self) -> list[str]:
        """The rows of its list, in order."""
        return re.findall(r'<tr role="row" data-key="([^"]+)"', self.html)

    @property
    def next(self) -> str | None:
        """Where its next page is."""
        found = re.search(r'<a href="([^"]+)" rel="next">', self.html)
        return found[1].replace("&amp;", "&") if found else None


class Visitor:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, token: str | None = None) -> AsyncIterator[Self]:
        """Signed in where a token is given."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            visitor = cls(url, session)
            if token is not None:
                assert (await visitor.post("/ops/sign-in", {"token": token, "next": "/ops/log"})).status == 200
            yield visitor

    async def get(self, path: str, headers: Mapping[str, str] | None = None, *, follow: bool = True) -> Seen:
        async with self.session.get(self.url + path, headers=headers, allow_redirects=follow) as answer:
            return await _seen(answer)

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Seen:
        """Sends a form as a browser would: with the Origin of its page."""
        sent = {"Origin": self.url} if headers is None else headers
        data = aiohttp.FormData(list(fields.items()) if isinstance(fields, Mapping) else list(fields))
        async with self.session.post(
            self.url + path, data=data() if not fields else data, headers=sent, allow_redirects=follow
        ) as answer:
            return await _seen(answer)

    async def submit(self, path: str, fields: Sequence[tuple[str, str]] | Mapping[str, str] = ()) -> Seen:
        """The same with the token of the session."""
        csrf = (await self.get("/ops/log")).csrf
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        return await self.post(path, [("csrf", csrf), *pairs])


async def _seen(answer: aiohttp.ClientResponse) -> Seen:
    return Seen(answer.status, answer.url.raw_path_qs, await answer.text(), answer.headers)
