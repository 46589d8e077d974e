"""The Grafana dashboard: rows/ has the panels and their queries, builder.py turns them into Grafana's JSON."""

from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "dashboards" / "punctual.json"
