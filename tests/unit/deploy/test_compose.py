"""The compose file: of its schema, with settings that the services know, and with nothing that is not there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from api_service.settings import ApiSettings
from notifier_service.settings import NotifierSettings
from shared.process.environment import Environment, load
from tests.support.repository import DEPLOY

COMPOSE: Final = DEPLOY / "compose.yaml"
TOOLS: Final = Path(sys.executable).parent
SETTINGS: Final[dict[str, type[Environment]]] = {"api": ApiSettings, "notifier": NotifierSettings}


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text("utf-8")))


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def run(tool: str, *arguments: str | Path) -> str:
    done = subprocess.run([TOOLS / tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_of_the_compose_schema() -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


@pytest.mark.parametrize("file", ["Dockerfile", "rabbitmq.Dockerfile"])
def test_hadolint_has_nothing_to_say_about(file: str) -> None:
    run("hadolint", DEPLOY / "docker" / file)


@pytest.mark.parametrize("service", SETTINGS)
def test_its_settings_are_known_by_name_and_start_the_service(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = SETTINGS[service]
    environment = services()[service]["environment"]
    assert set(environment) <= {name.upper() for name in model.model_fields}
    for name, value in environment.items():
        if value is not None:
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:\?\}", "s" * 32, value))
    load(model)


def test_what_must_be_filled_in_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?\}", COMPOSE.read_text("utf-8")))
    example = dict(
        line.split("=", 1) for line in (DEPLOY / "compose.env.example").read_text("utf-8").splitlines() if "=" in line
    )
    assert asked == set(example) - {"COMPOSE_PROFILES"}
    assert not [name for name in asked if example[name]], "no known password"
    profiles = {profile for service in services().values() for profile in service.get("profiles", [])}
    assert example["COMPOSE_PROFILES"] in profiles


def test_images_are_pinned_and_what_is_mounted_is_there() -> None:
    for name, service in services().items():
        if "image" in service:
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", service["image"]), name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            there = (DEPLOY / source).exists() if source.startswith(".") else source in compose()["volumes"]
            assert there, (name, source)


@pytest.mark.parametrize("service", SETTINGS)
def test_our_services_are_no_root_and_write_nothing(service: str) -> None:
    entry = services()[service]
    assert entry["read_only"] is True
    assert entry["cap_drop"] == ["ALL"]
    stages = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8").split("\nFROM ")
    runtime = next(stage for stage in stages if "AS runtime" in stage.splitlines()[0])
    target = next(stage for stage in stages if f"AS {service}" in stage.splitlines()[0])
    assert "\nUSER 10001:10001" in runtime
    assert "USER" not in target
    assert "HEALTHCHECK" in target


def test_only_loopback_is_published() -> None:
    for name, service in services().items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_prometheus_scrapes_the_names_that_compose_gives() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    hosts = {target.partition(":")[0] for job in jobs for each in job["static_configs"] for target in each["targets"]}
    assert hosts <= set(services())
