"""Renders the overlays of deploy/kubernetes as Kustomize does, in so far as they use it: resources, patches by name, a
namespace, names of images. It refuses everything else, so that no file means more than tests see."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.repository import DEPLOY

Manifest = dict[str, Any]

KUBERNETES: Final = DEPLOY / "kubernetes"
OVERLAYS: Final = sorted(each.name for each in (KUBERNETES / "overlays").iterdir())
_KNOWN: Final = {"apiVersion", "kind", "namespace", "resources", "patches", "images"}
_CLUSTER_WIDE: Final = {"Namespace"}
_BY_NAME: Final = {"containers", "env", "volumes"}
"""Lists that are merged by `name`. Others are replaced as a whole, and so is every list of other projects' kinds."""


def rendered(folder: Path) -> list[Manifest]:
    """The objects that `kubectl apply -k folder` would send."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    assert set(kustomization) <= _KNOWN, "more of Kustomize than this renders"
    objects = [each for name in kustomization["resources"] for each in _resource(folder / name)]
    for patch in kustomization.get("patches", []):
        assert set(patch) == {"path"}, "more of Kustomize than this renders"
        for each in documents(folder / patch["path"]):
            _patch(objects, each)
    for each in objects:
        if "namespace" in kustomization and each["kind"] not in _CLUSTER_WIDE:
            each["metadata"]["namespace"] = kustomization["namespace"]
        for image in kustomization.get("images", []):
            _rename(each, image["name"], image["newName"])
    return objects


def overlay(name: str) -> list[Manifest]:
    """The objects of an overlay of deploy/kubernetes/overlays, for the caller alone."""
    return deepcopy(_overlay(name))


@cache
def _overlay(name: str) -> list[Manifest]:
    return rendered(KUBERNETES / "overlays" / name)


def documents(file: Path) -> list[Manifest]:
    """The objects of a file of YAML."""
    return list(yaml.load_all(file.read_text("utf-8"), Loader=yaml.CSafeLoader))


def of_kind(objects: list[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in objects if each["kind"] in kinds]


def pod_templates(objects: list[Manifest]) -> dict[str, Manifest]:
    """The pods that objects of ours make, by the name of their object. Operators' pods are not among them."""
    return {
        each["metadata"]["name"]: each["spec"]["template"] for each in of_kind(objects, "Deployment", "Job", "CronJob")
    }


def merged(base: Any, patch: Any, *, by_name: bool) -> Any:
    """A patch of Kustomize laid over an object.

    >>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": None, "e": 4}}, by_name=True)
    {'a': 1, 'b': {'d': 3, 'e': 4}}
    """
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif by_name and key in _BY_NAME and key in base:
            result[key] = _merged_list(base[key], value)
        else:
            result[key] = merged(base.get(key, {} if isinstance(value, dict) else None), value, by_name=by_name)
    return result


def _merged_list(base: list[Manifest], patch: list[Manifest]) -> list[Manifest]:
    found = {each["name"]: each for each in base}
    for each in patch:
        if each.get("$patch") == "delete":
            del found[each["name"]]
        else:
            found[each["name"]] = merged(found.get(each["name"], {}), each, by_name=True)
    return list(found.values())


def _resource(path: Path) -> Iterator[Manifest]:
    yield from rendered(path) if path.is_dir() else documents(path)


def _patch(objects: list[Manifest], patch: Manifest) -> None:
    """Raises ValueError for a patch without a target, as Kustomize refuses it."""
    for place, each in enumerate(objects):
        if _key(each) == _key(patch):
            objects[place] = merged(each, patch, by_name="." not in patch["apiVersion"].partition("/")[0])
            return
    raise ValueError(f"nothing to patch: {_key(patch)}")


def _key(manifest: Manifest) -> tuple[str, str, str]:
    return manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"]


def _rename(manifest: Manifest, name: str, new: str) -> None:
    for template in pod_templates([manifest]).values():
        for container in template["spec"]["containers"]:
            old, _, tag = container["image"].rpartition(":")
            if old == name:
                container["image"] = f"{new}:{tag}"
