"""The model of a panel, before it becomes Grafana's JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "s", "reqps", "ops", "percentunit", "bytes"]
"""The units of Grafana that are used here."""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """A query in PromQL, and the names of its series in the legend."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph, or one figure over the time range.

    `description`: how to read it. `warn_above` and `warn_below` colour a figure, and draw a line in a graph.
    """

    title: str
    description: str
    queries: Sequence[PanelQuery]
    unit: Unit = "short"
    figure: bool = False
    stacked: bool = False
    warn_above: float | None = None
    warn_below: float | None = None


@dataclass(frozen=True, slots=True)
class DashboardRow:
    title: str
    panels: Sequence[Panel]


def percentiles(metric: str, labels: str = "", *, by: str = "") -> tuple[PanelQuery, ...]:
    """p50, p90 and p99 of a histogram; by one label if it is given."""
    group, name = (f"le, {by}", f"{{{{{by}}}}} ") if by else ("le", "")
    rate = f"sum by ({group}) (rate({metric}_bucket{{{labels}}}[$__rate_interval]))"
    return tuple(
        PanelQuery(f"histogram_quantile({share}, {rate})", f"{name}{title}")
        for title, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
    )
