"""The units for systemd: understood by it, closed to attackers, with settings that the services know."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from api_service.settings import ApiSettings
from notifier_service.settings import NotifierSettings
from shared.process.environment import load
from tests.support.repository import DEPLOY, DOCS

UNITS: Final = DEPLOY / "systemd"
SERVICES: Final = sorted(UNITS.glob("*.service"))
EXAMPLE: Final = UNITS / "punctual.env.example"
LARGEST_EXPOSURE: Final = 2.0

ANALYZE: Final = shutil.which("systemd-analyze") or ""

needs_systemd = pytest.mark.skipif(not ANALYZE, reason="systemd is not installed")


def environment(text: str) -> dict[str, str]:
    found = re.findall(r"^(?:Environment=)?((?:[A-Z_]+=\S+ ?)+)$", text, re.MULTILINE)
    return dict(word.split("=", 1) for line in found for word in line.split())


def example() -> dict[str, str]:
    lines = (line.split("=", 1) for line in EXAMPLE.read_text("utf-8").splitlines() if re.match(r"[A-Z_]+=", line))
    return {name: value.strip('"').replace("CHANGE_ME", "s" * 32) for name, value in lines}


@needs_systemd
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace("/opt/punctual/bin/api-service", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("/opt/punctual/bin/notifier-service", "/bin/true"), "utf-8")
    units = [str(each) for each in tmp_path.iterdir() if each.suffix in (".service", ".socket", ".target")]
    done = subprocess.run([ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "punctual" in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_can_do_little_beside_its_work(unit: Path) -> None:
    done = subprocess.run(
        [
            ANALYZE,
            "security",
            "--offline=yes",
            "--no-pager",
            f"--threshold={LARGEST_EXPOSURE * 10:.0f}",
            unit,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_its_own_settings_are_known_by_name(unit: Path) -> None:
    known = {name.upper() for model in (ApiSettings, NotifierSettings) for name in model.model_fields}
    assert set(environment(unit.read_text("utf-8"))) <= known


@pytest.mark.parametrize("model", [ApiSettings, NotifierSettings])
def test_the_example_starts_the_services_once_it_is_filled_in(
    model: type[ApiSettings | NotifierSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {name.upper() for each in (ApiSettings, NotifierSettings) for name in each.model_fields}
    assert set(example()) <= both
    for name, value in example().items():
        monkeypatch.setenv(name, value)
    load(model)


def test_systemd_waits_longer_than_a_stop_may_take() -> None:
    deadline = NotifierSettings.model_fields["stop_deadline"].default
    for unit in SERVICES:
        waits = re.search(r"^TimeoutStopSec=(\d+)s$", unit.read_text("utf-8"), re.MULTILINE)
        assert waits is None or int(waits[1]) > deadline + 10


def enabled_units() -> set[str]:
    """The units that an operator may enable, as systemctl takes them."""
    texts = {unit: unit.read_text("utf-8") for unit in UNITS.iterdir()}
    return {unit.name.removesuffix(".service") for unit, text in texts.items() if "[Install]" in text}


def words_after(command: str, script: str) -> set[str]:
    [line] = re.findall(rf"^ *systemctl {command} (.*) \|\| :$", script, re.MULTILINE)
    return set(line.replace("'", "").split())


def test_the_package_takes_every_unit_with_it_when_it_is_removed() -> None:
    """systemctl stops the instances of a template by a pattern, and disables them by the name of the template."""
    script = (DEPLOY / "debian" / "prerm").read_text("utf-8")
    assert enabled_units() == words_after("disable", script)
    assert {name.replace("@", "@*") for name in enabled_units()} == words_after("stop", script)


def test_the_package_says_how_to_start_the_services_as_the_page_does() -> None:
    found = re.search(r"systemctl enable --now [^\"]+", (DEPLOY / "debian" / "postinst").read_text("utf-8"))
    assert found
    assert "punctual.target" in found[0]
    assert f"\n{found[0]}\n" in (DOCS / "install.md").read_text("utf-8")
