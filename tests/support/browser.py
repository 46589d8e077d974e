"""Debian's chromium without a screen, as tests start it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.support.waiting import LONGEST

CHROMIUM: Final = Path("/usr/bin/chromium")
IN_TIME: Final = LONGEST * 1000
"""Milliseconds for one thing to appear; `expect` alone would wait for five seconds."""
_FLAGS: Final = (
    "--no-sandbox",  # root has no namespace of its own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """A browser for the block; the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: as root, `make test` installs it")
    expect.set_options(timeout=IN_TIME)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()
