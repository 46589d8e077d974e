"""The Grafana dashboard: rows/ says what it asks, builder.py turns that into Grafana's JSON."""

from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "dashboards" / "punctual.json"
