"""Connections to the mail server, kept and shared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib


class Mailers:
    def __init__(self, port: int, most: int = 8) -> None:
        self._port = port
        self._slots = asyncio.Semaphore(most)
        self._idle: list[aiosmtplib.SMTP] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[aiosmtplib.SMTP]:
        async with self._slots:
            if self._idle:
                mailer = self._idle.pop()
            else:
                mailer = aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, start_tls=False)
                await mailer.connect()
            yield mailer
            self._idle.append(mailer)
