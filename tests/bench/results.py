"""The results of a run in a file of JSON: written after each step, so that a run that was interrupted goes on."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from tests.bench.calm import Beside
from tests.bench.plan import Key
from tests.support.repository import ROOT

_PACKAGES: Final = ("api_service", "notifier_service", "shared")
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """A phase of one setup in one round. `cpu`: CPU milliseconds a mail, by part; of the kernel's threads and of
    strangers, too. `tries`: how often it was measured; the calmest counts. `took`: seconds, with all tries."""

    phase: str
    name: str
    round: int
    figures: Mapping[str, float]
    cpu: Mapping[str, float]
    beside: Beside
    tries: int
    took: float
    at: str

    @property
    def key(self) -> Key:
        return self.phase, self.name, self.round


@dataclass
class Results:
    """`best`: milliseconds of the fixed work at the calmest moment of the run. `code`: digest of the measured code."""

    code: str
    machine: Mapping[str, str]
    best: float = float("inf")
    samples: dict[Key, Sample] = field(default_factory=dict)

    @classmethod
    def new(cls) -> Self:
        return cls(digest_of_code(), this_machine())

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """None when there is no such file, or it is of another version of this program."""
        try:
            values = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        if values.get("version") != _VERSION:
            return None
        samples = (Sample(**{**each, "beside": Beside(**each["beside"])}) for each in values["samples"])
        return cls(values["code"], values["machine"], values["best"], {each.key: each for each in samples})

    def save(self, file: Path) -> None:
        """Replaces the file in one step."""
        values = {
            "version": _VERSION,
            "code": self.code,
            "machine": dict(self.machine),
            "best": self.best,
            "samples": [asdict(each) for each in self.samples.values()],
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(rounded(values), indent=1) + "\n", "utf-8")
        partial.replace(file)

    def add(self, sample: Sample) -> None:
        self.samples[sample.key] = sample

    def of(self, phase: str, name: str) -> list[Sample]:
        """The rounds of one setup in a phase."""
        return [each for each in self.samples.values() if (each.phase, each.name) == (phase, name)]

    def names(self, phase: str) -> list[str]:
        """Who was measured in a phase, in the order of the first round."""
        return list(dict.fromkeys(each.name for each in sorted(self._in(phase), key=lambda each: each.round)))

    def figures(self, phase: str, name: str, figure: str) -> dict[int, float]:
        """A figure by round."""
        return {each.round: each.figures[figure] for each in self.of(phase, name) if figure in each.figures}

    def cpu(self, phase: str, name: str, parts: Iterable[str]) -> dict[int, float]:
        """CPU milliseconds a mail of some parts together, by round."""
        wanted = set(parts)
        return {each.round: sum(each.cpu.get(part, 0.0) for part in wanted) for each in self.of(phase, name)}

    def restless(self) -> list[Sample]:
        """Those whose machine was not calm."""
        return [each for each in self.samples.values() if not each.beside.is_calm(self.best)]

    def _in(self, phase: str) -> Iterator[Sample]:
        return (each for each in self.samples.values() if each.phase == phase)


def rounded(value: Any) -> Any:
    """Floats with six digits that count: more of them is noise."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {key: rounded(each) for key, each in value.items()}
        case list():
            return [rounded(each) for each in value]
    return value


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def digest_of_code() -> str:
    """Of every file of both services and of what they share: results of different code are not mixed."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for file in sorted((ROOT / package).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def this_machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "python": platform.python_version(),
        "linux": platform.release().partition("-")[0],
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
