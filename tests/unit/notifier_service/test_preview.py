"""`notifier-service preview`: mails as files, without any server."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from notifier_service.cli import main
from shared.jobs.model import CLIENT_KINDS
from shared.wording.loading import BUILT_IN


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)  # no .env of a developer's
    return tmp_path


def test_all_kinds_in_all_languages(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "--out", "mails"]) == 0
    endings = ("eml", "html", "txt", "ics")
    names = {f"{kind}.{tag}.{ending}" for kind in CLIENT_KINDS for tag in BUILT_IN for ending in endings}
    assert {path.name for path in (nowhere / "mails").iterdir()} == names
    assert set(capsys.readouterr().out.split()) == {f"mails/{name}" for name in names}


def test_a_clinics_own_words_and_details_are_in_it(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "clinic.toml").write_text('telephone = "+49 30 1234567"\nsender = "Praxis <a@b.example>"\n', "utf-8")
    (nowhere / "texts").mkdir()
    (nowhere / "texts/de-CH.ftl").write_text("appointment_reminder =\n    .lead = Bis bald am See.\n", "utf-8")
    monkeypatch.setenv("CLINIC_FILE", "clinic.toml")
    monkeypatch.setenv("WORDINGS_DIR", "texts")
    assert main(["preview", "--kind", "appointment_reminder", "--locale", "de-CH", "--out", "mails"]) == 0
    text = (nowhere / "mails/appointment_reminder.de-CH.txt").read_text("utf-8")
    assert "Bis bald am See." in text
    assert "Telefon: +49 30 1234567" in text
    mail = message_from_bytes((nowhere / "mails/appointment_reminder.de-CH.eml").read_bytes(), policy=default)
    assert (mail["From"], mail["Content-Language"]) == ("Praxis <a@b.example>", "de-CH")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--locale", "../x", "--out", "mails"], "is no locale"),
        (["--out", "/dev/null/mails"], "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_told(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["preview", *arguments]) != 0
    assert message in capsys.readouterr().err + caplog.text
