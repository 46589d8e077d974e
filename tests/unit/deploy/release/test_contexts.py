"""The build contexts of the images: whatever the Dockerfile copies, nothing else, and the same bytes each time."""

import re
import tarfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.release.building import Source
from deploy.release.contexts import broker, packed, services
from deploy.release.trial import PACKAGES, left_out
from tests.support.repository import ROOT


@given(st.dictionaries(st.text("abc/", min_size=1).filter(lambda name: name.strip("/") == name), st.binary()))
def test_an_archive_depends_on_names_and_contents_alone(files: Mapping[str, bytes]) -> None:
    archive = packed(files, 1_764_000_000)
    assert archive == packed(dict(reversed([*files.items()])), 1_764_000_000)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        assert {entry.name: tar.extractfile(entry).read() for entry in tar} == files  # type: ignore[union-attr]
        assert {(entry.mtime, entry.uid, entry.mode) for entry in tar} <= {(1_764_000_000, 0, 0o644)}


def test_the_services_context_has_what_its_dockerfile_copies() -> None:
    files = services(ROOT)
    dockerfile = files["deploy/docker/Dockerfile"].decode()
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert copied
    assert [each for each in copied if not any(name == each or name.startswith(f"{each}/") for name in files)] == []
    assert {name.partition("/")[0] for name in files} == {
        *PACKAGES,
        "deploy",
        "requirements",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        ".dockerignore",
    }


def test_the_brokers_context_is_its_dockerfile() -> None:
    assert [*broker(ROOT)] == ["Dockerfile"]


def test_a_wheel_without_a_template_is_seen(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "page.html").touch()
    wheel = tmp_path / "punctual.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for package in PACKAGES[1:]:
            archive.writestr(f"{package}/page.html", "")
    assert left_out(Source(tmp_path, 0, "0.2.0"), wheel) == {"api_service/page.html"}
