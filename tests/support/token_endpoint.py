"""An OAuth 2.0 token endpoint on loopback that answers as a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class TokenEndpoint:
    """`answers` are given in turn, the last of them for ever: a status and a JSON body, or bytes as they are; of a
    tuple of bytes each is a piece that comes a moment after the one before."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(body, tuple):
            return await _in_pieces(request, body)
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status)


async def _in_pieces(request: web.Request, pieces: tuple[bytes, ...]) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for piece in pieces:
        await answer.write(piece)
        await asyncio.sleep(0.02)
    return answer


@asynccontextmanager
async def a_token_endpoint(*answers: tuple[int, Any]) -> AsyncIterator[TokenEndpoint]:
    endpoint = TokenEndpoint(answers=list(answers))
    app = web.Application()
    app.router.add_post("/token", endpoint.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        yield endpoint
    finally:
        await runner.cleanup()
