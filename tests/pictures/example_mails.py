"""Mails of `notifier-service preview` as mail programs show them: both modes, narrow and wide, three languages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal
from unittest.mock import patch

from playwright.async_api import Browser

from notifier_service.preview import PreviewSettings, write
from shared.jobs.model import Kind

Scheme = Literal["light", "dark"]
TAKEN: Final[tuple[tuple[Kind, str, Scheme, int], ...]] = (
    (Kind.CREATED, "en", "light", 600),
    (Kind.RESCHEDULED, "de", "light", 320),
    (Kind.CANCELLED, "en", "dark", 600),
    (Kind.REMINDER, "ar", "dark", 320),
)


async def pictures(browser: Browser, clinic: Path, folder: Path) -> AsyncIterator[tuple[str, bytes]]:
    """Names and PNGs. `clinic`: a CLINIC_FILE; its logo, which no server has, is left out. `folder`: for the mails."""
    _write_mails(clinic, folder)
    for kind, locale, scheme, width in TAKEN:
        page = await browser.new_page(viewport={"width": width, "height": 200}, color_scheme=scheme)
        await page.goto((folder / f"{kind}.{locale}.html").as_uri())
        yield f"{kind}-{locale}-{scheme}", await page.screenshot(full_page=True)
        await page.close()


def _write_mails(clinic: Path, folder: Path) -> None:
    lines = clinic.read_text("utf-8").splitlines()
    own = folder / "clinic.toml"
    own.write_text("\n".join(line for line in lines if not line.startswith("logo_url")), "utf-8")
    with patch("sys.stdout.write"):
        write(PreviewSettings(clinic_file=str(own)), None, ["en", "de", "ar"], folder)
