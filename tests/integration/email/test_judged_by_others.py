"""Mails judged by the programs that judge them elsewhere: SpamAssassin's own rules, and the Nu HTML checker."""

import asyncio
import json
import re
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest

from notifier_service.preview import PreviewSettings, write
from shared.jobs.model import CLIENT_KINDS
from shared.wording.loading import BUILT_IN
from tests.support.repository import ROOT
from tests.unit.notifier_service.channels.email.test_rendering import read

VNU = ROOT / ".venv" / "vnu.jar"
MOST = 0.1
"""Points; mail programs call a message spam from 5 on."""

pytestmark = pytest.mark.slow


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of each kind in each language, with all details of a clinic."""
    monkeypatch.chdir(tmp_path)
    example = (ROOT / "deploy/clinic.example.toml").read_text("utf-8")
    offered = re.sub("(?m)^languages = .*$", "", example)
    (tmp_path / "clinic.toml").write_text(offered, "utf-8")
    write(PreviewSettings(clinic_file="clinic.toml"), None, list(BUILT_IN), tmp_path / "mails")
    return tmp_path / "mails"


def named(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*.{ending}"))


async def output(*command: str, stdin: bytes = b"") -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    return (await process.communicate(stdin))[0]


@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin is not installed")
async def test_spamassassin_finds_nothing(mails: Path) -> None:
    """Its rules alone (-L): the tests ask nothing of the network."""
    scores = {}
    for mail in named(mails, "eml"):
        judged: EmailMessage = read(await output("spamassassin", "-L", stdin=mail.read_bytes()))
        status = str(judged["X-Spam-Status"])
        scores[mail.name] = float(status.split("score=")[1].split()[0])
    assert len(scores) == len(CLIENT_KINDS) * len(BUILT_IN)
    assert {name: score for name, score in scores.items() if score > MOST} == {}


@pytest.mark.timeout(300)
@pytest.mark.skipif(not VNU.exists() or shutil.which("java") is None, reason="npm and Java have not brought vnu")
async def test_the_html_checker_finds_nothing(mails: Path) -> None:
    pages = [str(page) for page in named(mails, "html")]
    assert len(pages) == len(CLIENT_KINDS) * len(BUILT_IN)
    found = json.loads(await output("java", "-jar", str(VNU), "--format", "json", *pages))
    assert found["messages"] == []
