"""The objects of deploy/kubernetes are of the schemas of their kinds, with no field that a schema does not know.

RabbitMQ's kind is in no registry: a table of the fields that its operator documents stands in for its schema.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from tests.support.kustomize import OVERLAYS, Manifest, of_kind, overlay

OLDEST, NEWEST = "1.31", "1.37"
"""Versions of Kubernetes."""
NODE: Final = shutil.which("node") or ""
MODELS: Final = Path(sys.prefix) / "kubernetes-models"
PACKAGES: Final = {
    "keda.sh": "keda",
    "postgresql.cnpg.io": "cloudnative-pg",
    "monitoring.coreos.com": "prometheus-operator",
    "cert-manager.io": "cert-manager",
    "gateway.networking.k8s.io": "gateway-api",
}
RABBITMQ: Final = "rabbitmq.com/v1beta1"
RABBITMQ_FIELDS: Final[dict[str, Any]] = {
    "replicas": int,
    "image": str,
    "persistence": {"storage": str, "storageClassName": str},
    "resources": {"requests": {"cpu": str, "memory": str}, "limits": {"cpu": str, "memory": str}},
    "affinity": dict,
    "tls": {"secretName": str, "caSecretName": str, "disableNonTLSListeners": bool},
    "rabbitmq": {"additionalPlugins": list, "additionalConfig": str, "advancedConfig": str, "envConfig": str},
    "terminationGracePeriodSeconds": int,
}
"""https://www.rabbitmq.com/kubernetes/operator/using-operator"""

needs_models = pytest.mark.skipif(
    not (MODELS / ".packages").exists() or not NODE,
    reason="npm has not brought the schemas (deploy/local/kubernetes_models.sh)",
)
by_overlay = pytest.mark.parametrize("name", OVERLAYS)


def everything() -> list[Manifest]:
    """The objects of all overlays, each once."""
    texts = {json.dumps(each) for name in OVERLAYS for each in overlay(name)}
    return [json.loads(text) for text in sorted(texts)]


def group(manifest: Manifest) -> str:
    return str(manifest["apiVersion"]).rpartition("/")[0]


def is_of_kubernetes(manifest: Manifest) -> bool:
    return group(manifest) not in PACKAGES and manifest["apiVersion"] != RABBITMQ


def unknown(fields: dict[str, Any], known: dict[str, Any], at: str = "spec") -> list[str]:
    """The paths of fields that are not in a table, or that are of another type."""
    faults = []
    for name, value in fields.items():
        kind = known.get(name)
        if isinstance(kind, dict) and isinstance(value, dict):
            faults += unknown(value, kind, f"{at}.{name}")
        elif not isinstance(kind, type) or not isinstance(value, kind):
            faults.append(f"{at}.{name}")
    return faults


def compiled(objects: list[Manifest], folder: Path) -> str:
    """The findings of the TypeScript compiler, which knows every field of a kind and its type; empty when all is well.
    It finds fields that do not exist. Schemas alone do not find them, and a cluster drops them in silence."""
    lines = []
    for number, each in enumerate(objects):
        kind, (api_group, _, version) = each["kind"], each["apiVersion"].partition("/")
        module = f"@kubernetes-models/{PACKAGES[api_group]}/{api_group}/{version}/{kind}"
        lines.append(f'import type {{ I{kind} as K{number} }} from "{module}";')
        lines.append(f"export const o{number}: K{number} = {json.dumps(each)};")
    (folder / "node_modules").symlink_to(MODELS / "node_modules")
    (folder / "objects.mts").write_text("\n".join(lines), "utf-8")
    compiler = MODELS / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"]
    done = subprocess.run(
        [NODE, compiler, *options, "objects.mts"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def validated(objects: list[Manifest], folder: Path) -> str:
    """The findings of the schemas themselves: ranges, patterns, what must be there."""
    lines = []
    for number, each in enumerate(objects):
        kind, (api_group, _, version) = each["kind"], each["apiVersion"].partition("/")
        module = f"@kubernetes-models/{PACKAGES[api_group]}/{api_group}/{version}/{kind}"
        lines.append(f'import {{ {kind} as K{number} }} from "{module}";')
        lines.append(f"new K{number}({json.dumps(each)}).validate();")
    (folder / "node_modules").symlink_to(MODELS / "node_modules")
    (folder / "objects.mjs").write_text("\n".join(lines), "utf-8")
    done = subprocess.run([NODE, "objects.mjs"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_its_own_kinds_and_every_field_of_them(version: str) -> None:
    for each in filter(is_of_kubernetes, everything()):
        kubernetes_validate.validate(each, version, strict=True)


@needs_models
def test_kinds_of_others_have_these_fields(tmp_path: Path) -> None:
    assert compiled([each for each in everything() if group(each) in PACKAGES], tmp_path) == ""


@needs_models
def test_kinds_of_others_are_of_their_schemas(tmp_path: Path) -> None:
    assert validated([each for each in everything() if group(each) in PACKAGES], tmp_path) == ""


@needs_models
def test_a_field_that_does_not_exist_is_found(tmp_path: Path) -> None:
    [wrong, *_] = of_kind(overlay("production"), "ScaledObject")
    wrong["spec"]["minReplicas"] = 2
    assert "minReplicas" in compiled([wrong], tmp_path)


@by_overlay
def test_rabbitmqs_fields_are_documented(name: str) -> None:
    [cluster] = of_kind(overlay(name), "RabbitmqCluster")
    assert unknown(cluster["spec"], RABBITMQ_FIELDS) == []


def test_an_undocumented_field_is_found() -> None:
    assert unknown({"replicas": "3", "tls": {"secret": "a"}}, RABBITMQ_FIELDS) == ["spec.replicas", "spec.tls.secret"]


@by_overlay
def test_names_are_unique_and_in_one_namespace(name: str) -> None:
    objects = overlay(name)
    keys = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert len(set(keys)) == len(keys)
    assert {each["metadata"].get("namespace") for each in objects if each["kind"] != "Namespace"} == {"punctual"}
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,62}", each["metadata"]["name"]) for each in objects)


@by_overlay
def test_a_policy_linter_finds_nothing_high_and_the_profile_restricted(name: str, tmp_path: Path) -> None:
    file = tmp_path / "objects.yaml"
    file.write_text(yaml.safe_dump_all(overlay(name)), "utf-8")
    linter = Path(sys.executable).with_name("policy-guard")
    done = subprocess.run(
        [linter, "scan", "--fail-on", "high", file], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Compliant Level: RESTRICTED" in done.stdout
