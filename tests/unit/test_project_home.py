"""The files for the project's home: its CI, its issue forms, the hooks before a commit."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.repository import ROOT

HOME: Final = ROOT / ".github"
WORKFLOW: Final = HOME / "workflows" / "ci.yml"
SCHEMAS: Final = {
    "workflows/ci.yml": ("vendor.github-workflows", "custom.github-workflows-require-timeout"),
    "ISSUE_TEMPLATE/config.yml": ("vendor.github-issue-config",),
    "ISSUE_TEMPLATE/bug.yml": ("vendor.github-issue-forms",),
    "ISSUE_TEMPLATE/wish.yml": ("vendor.github-issue-forms",),
    "dependabot.yml": ("vendor.dependabot",),
}


def jobs() -> dict[str, Any]:
    return dict(yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"])


def test_every_file_is_checked_here() -> None:
    assert {str(each.relative_to(HOME)) for each in HOME.rglob("*.yml")} == set(SCHEMAS)


@pytest.mark.parametrize("file", SCHEMAS)
def test_it_is_of_its_schema(file: str) -> None:
    for schema in SCHEMAS[file]:
        command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", schema, str(HOME / file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_runs_the_gate_that_developers_run() -> None:
    steps = [step.get("run", "") for step in jobs()["debian"]["steps"]]
    assert ".ci/run" in steps
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_it_tries_each_python_that_the_lock_is_for() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    tried = jobs()["python"]["strategy"]["matrix"]["python"]
    assert f">={tried[0]}" == oldest
    assert tried == sorted(tried, key=lambda version: int(version.split(".")[1]))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z][a-z-]*)", WORKFLOW.read_text("utf-8").replace("make procps", "")))
    assert named <= targets


def test_hooks_run_tools_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for repository in hooks:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            tool = hook["entry"].split()[0]
            assert tool.startswith(".venv/bin/")
            assert (Path(sys.executable).parent / Path(tool).name).exists(), tool
