"""The Prometheus of a local stack, if it is installed: the jobs and rules of deploy/prometheus, on our ports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

_SOURCE: Final = Path(__file__).parents[1] / "prometheus"


def configuration(targets: Mapping[str, int], *, every: str = "5s") -> dict[str, Any]:
    """The configuration with the ports of `targets` (by host name in the source). Jobs of other hosts are left out."""
    source: dict[str, Any] = yaml.safe_load((_SOURCE / "prometheus.yml").read_text("utf-8"))
    jobs = []
    for job in source["scrape_configs"]:
        [host] = {target.partition(":")[0] for each in job["static_configs"] for target in each["targets"]}
        if host in targets:
            jobs.append(job | {"static_configs": [{"targets": [f"127.0.0.1:{targets[host]}"]}]})
    return {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": [str(_SOURCE / file) for file in source["rule_files"]],
        "scrape_configs": jobs,
    }


def command(binary: str, home: Path, port: int, targets: Mapping[str, int], *, every: str = "5s") -> list[str]:
    """Writes its configuration. Returns the command that starts it."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "prometheus.yml").write_text(yaml.safe_dump(configuration(targets, every=every), sort_keys=False), "utf-8")
    return [
        binary,
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=2d",
    ]
