"""The pods of deploy/kubernetes: closed, bounded, probed, stopped gracefully, spread; their settings exist."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import trustme

from api_service.settings import ApiSettings
from notifier_service.settings import NotifierSettings
from shared.process.backoff import parse_duration
from shared.process.environment import Environment, load
from tests.support.kustomize import OVERLAYS, Manifest, of_kind, overlay, pod_templates
from tests.support.repository import DEPLOY, DOCS, ROOT

SETTINGS: Final[dict[str, type[Environment]]] = {
    "punctual-api": ApiSettings,
    "punctual-relay": ApiSettings,
    "punctual-migrate": ApiSettings,
    "punctual-notifier": NotifierSettings,
}
HELPERS: Final = {"POSTGRES_USER", "POSTGRES_PASSWORD", "RABBITMQ_USER", "RABBITMQ_PASSWORD"}
"""Variables that are no settings: parts of URLs."""
REQUESTS_UNDER_WAY: Final = 10.0
"""Seconds that the API gives them after SHUTDOWN_DELAY (api_service/app.py)."""
MARGIN: Final = 15.0
"""Seconds for commits, the relay, and closing connections."""

Pod = tuple[str, str, Manifest]


def pods() -> Iterator[Pod]:
    for name in OVERLAYS:
        for owner, template in pod_templates(overlay(name)).items():
            yield name, owner, template


PODS: Final = list(pods())
OURS: Final = [each for each in PODS if each[1] in SETTINGS]
by_pod = pytest.mark.parametrize("pod", PODS, ids=lambda pod: f"{pod[0]}-{pod[1]}")
by_service = pytest.mark.parametrize("pod", OURS, ids=lambda pod: f"{pod[0]}-{pod[1]}")


def containers(pod: Pod) -> list[dict[str, Any]]:
    spec = pod[2]["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def environment(pod: Pod) -> dict[str, str]:
    """The variables of the pod's container, with a stand-in for each secret. References are followed as by kubelets."""
    [container] = containers(pod)
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(overlay(pod[0]), "ConfigMap")}
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        found |= maps[source["configMapRef"]["name"]]
    for each in container["env"]:
        text = each.get("value", "s" * 40)
        found[each["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], text)
    return found


def memory(text: str) -> float:
    """MiB of a quantity."""
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"Mi": 1, "Gi": 1024}[unit]


@by_pod
def test_a_pod_may_do_little(pod: Pod) -> None:
    spec = pod[2]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False, "a service's address would be a variable, as API_PORT=tcp://..."
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert (security["runAsUser"], security["runAsGroup"]) == (10001, 10001)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert all(set(volume) <= {"name", "emptyDir", "secret", "configMap"} for volume in spec["volumes"])


def test_the_user_is_the_images() -> None:
    assert "\nUSER 10001:10001" in (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")


@by_pod
def test_a_container_is_bounded_and_its_image_is_of_one_version(pod: Pod) -> None:
    for container in containers(pod):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert set(requests) == set(limits) == {"cpu", "memory"}
        assert memory(requests["memory"]) <= memory(limits["memory"])
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", container["image"])


@by_service
def test_our_images_are_of_this_version(pod: Pod) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    [container] = containers(pod)
    assert container["image"].rpartition(":")[2] == version


@by_pod
def test_what_stays_is_probed(pod: Pod) -> None:
    if pod[1] == "punctual-migrate":
        return
    [container] = containers(pod)
    ports = {port["name"] for port in container["ports"]}
    paths = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    for probe, path in paths.items():
        assert container[probe]["httpGet"]["path"] == path
        assert container[probe]["httpGet"]["port"] in ports


@by_service
def test_memory_fits_what_was_measured(pod: Pod) -> None:
    """docs/scaling.md: MiB of an API and of a notifier after a quarter of a million jobs."""
    text = " ".join((DOCS / "scaling.md").read_text("utf-8").split())
    sizes = re.search(r"API stayed between \d+ and (\d+) MiB, a notifier between \d+ and (\d+)", text)
    assert sizes is not None
    measured = max(map(float, sizes.groups()))
    [container] = containers(pod)
    resources = container["resources"]
    assert memory(resources["requests"]["memory"]) > 1.5 * measured
    assert memory(resources["limits"]["memory"]) > 3 * measured


@by_service
def test_settings_exist_and_start_the_service(pod: Pod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = SETTINGS[pod[1]]
    names = set(environment(pod)) - HELPERS
    assert names <= {name.upper() for name in model.model_fields}
    authority = tmp_path / "ca.crt"
    trustme.CA().cert_pem.write_to_path(authority)
    for name, value in environment(pod).items():
        monkeypatch.setenv(name, re.sub(r"/etc/punctual/\w+/ca.crt", str(authority), value))
    monkeypatch.chdir(tmp_path)
    load(model)


@by_service
def test_files_that_settings_name_are_mounted(pod: Pod) -> None:
    [container] = containers(pod)
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod[2]["spec"]["volumes"]}
    for file in re.findall(r"file=(/[\w/.]+)|cert=(/[\w/.]+)", str(environment(pod))):
        path = Path(next(filter(None, file)))
        items = volumes[mounts[str(path.parent)]]["secret"]["items"]
        assert path.name in {item["path"] for item in items}, "and no private key beside it"
        assert {item["key"] for item in items} == {"ca.crt"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_secrets_are_named_and_never_written(name: str) -> None:
    objects = overlay(name)
    assert not of_kind(objects, "Secret")
    secret = {
        field.upper()
        for model in (ApiSettings, NotifierSettings)
        for field, info in model.model_fields.items()
        if "SecretStr" in str(info.annotation)
    }
    for each in of_kind(objects, "ConfigMap"):
        assert not secret & set(each["data"])
    for template in pod_templates(objects).values():
        for container in template["spec"]["containers"]:
            for variable in container.get("env", []):
                if variable["name"] in secret | {helper for helper in HELPERS if helper.endswith("PASSWORD")}:
                    value = variable.get("value", "")
                    assert "secretKeyRef" in variable.get("valueFrom", {}) or "_PASSWORD)@" in value


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_migration_is_a_job_that_asks_postgresql_directly(name: str) -> None:
    for owner, template in pod_templates(overlay(name)).items():
        if owner not in SETTINGS:
            continue
        [container] = template["spec"]["containers"]
        url = next(each["value"] for each in container["env"] if each["name"] == "DATABASE_URL")
        server = "punctual-postgres-rw" if owner == "punctual-migrate" else "punctual-pooler"
        assert f"@{server}:5432/" in url
    settings = environment((name, "punctual-api", pod_templates(overlay(name))["punctual-api"]))
    assert settings["MIGRATE_ON_START"] == "false"


@by_service
def test_a_pod_has_more_time_to_stop_than_it_takes(pod: Pod) -> None:
    settings = environment(pod)
    takes = {
        "punctual-api": parse_duration(settings.get("SHUTDOWN_DELAY", "0s")) + REQUESTS_UNDER_WAY,
        "punctual-notifier": parse_duration(settings.get("STOP_DEADLINE", "0s")),
    }.get(pod[1], 0.0)
    assert pod[2]["spec"]["terminationGracePeriodSeconds"] >= takes + MARGIN


@by_service
def test_a_stopping_api_outlasts_a_failing_probe(pod: Pod) -> None:
    if pod[1] != "punctual-api":
        return
    [container] = containers(pod)
    probe = container["readinessProbe"]
    assert parse_duration(environment(pod)["SHUTDOWN_DELAY"]) > probe["periodSeconds"] * probe["failureThreshold"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_deployments_are_spread_and_keep_most_of_their_pods(name: str) -> None:
    objects = overlay(name)
    budgets = [each["spec"] for each in of_kind(objects, "PodDisruptionBudget")]
    for each in of_kind(objects, "Deployment"):
        if each["metadata"]["name"] not in SETTINGS:
            continue
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert each["spec"]["selector"]["matchLabels"] == labels
        [budget] = [budget for budget in budgets if budget["selector"]["matchLabels"] == labels]
        assert budget["maxUnavailable"] == 1
        spread = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {constraint["topologyKey"] for constraint in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        assert all(constraint["labelSelector"]["matchLabels"] == labels for constraint in spread)
        assert each["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
