"""The Prometheus of a local stack, where Debian's is installed."""

from collections.abc import Mapping
from pathlib import Path

_CONFIGURATION = """\
global:
  scrape_interval: 5s
scrape_configs:
"""


def command(binary: str, home: Path, port: int, targets: Mapping[str, int]) -> list[str]:
    """Writes its configuration, one job a target, and says how to start it."""
    home.mkdir(parents=True, exist_ok=True)
    jobs = (
        f"  - job_name: {name}\n    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
        for name, target in targets.items()
    )
    (home / "prometheus.yml").write_text(_CONFIGURATION + "".join(jobs), "utf-8")
    return [
        binary,
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=2d",
    ]
