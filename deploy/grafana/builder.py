"""Turns rows of panels into Grafana's JSON, with the types that Grafana publishes for it."""

from collections.abc import Sequence
from itertools import count
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.model import DashboardRow, Panel, PanelQuery

SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_GRAPH_HEIGHT: Final = 8
_FIGURE_HEIGHT: Final = 4
_PER_LINE: Final = 3
"""Graphs side by side; figures are half as wide."""
_GOOD: Final = "green"
_BAD: Final = "red"


def text_of(rows: Sequence[DashboardRow]) -> str:
    """The JSON of the dashboard for Grafana's provisioning."""
    return JSONEncoder(sort_keys=True, indent=2).encode(_dashboard(rows).build()) + "\n"


def _dashboard(rows: Sequence[DashboardRow]) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard("Punctual")
        .uid("punctual")
        .description("Are people being told, how late, what fails, where it queues.")
        .tags(["punctual"])
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    ids = count(1)
    for row in rows:
        built.with_row(dashboard.Row(row.title).id(next(ids)))
        for panel in row.panels:
            built.with_panel((_figure(panel) if panel.figure else _graph(panel)).id(next(ids)))
    return built


def _figure(panel: Panel) -> stat.Panel:
    built = (
        stat.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .span(24 // _PER_LINE // 2)
        .height(_FIGURE_HEIGHT)
        .unit(panel.unit)
        .color_mode(options.BigValueColorMode.VALUE)
        .graph_mode(options.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(panel))
        .decimals(0 if panel.unit == "short" else 2)
    )
    return built.targets([_query(query, number).instant() for number, query in enumerate(panel.queries)])


def _graph(panel: Panel) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .span(24 // _PER_LINE)
        .height(_GRAPH_HEIGHT)
        .unit(panel.unit)
        .min(0)
        .show_points(options.VisibilityMode.NEVER)
        .fill_opacity(30 if panel.stacked else 5)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(options.LegendDisplayMode.LIST)
            .placement(options.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI))
    )
    if panel.stacked:
        built.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL))
    if panel.warn_above is not None or panel.warn_below is not None:
        built.thresholds(_thresholds(panel))
        built.thresholds_style(common.GraphThresholdsStyleConfig().mode(options.GraphThresholdsStyleMode.DASHED))
    return built.targets([_query(query, number) for number, query in enumerate(panel.queries)])


def _query(query: PanelQuery, number: int) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .ref_id(chr(ord("A") + number))
        .datasource(SOURCE)
        .expr(query.expr)
        .legend_format(query.legend)
    )


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    if panel.warn_below is not None:
        steps = [models.Threshold(value=None, color=_BAD), models.Threshold(value=panel.warn_below, color=_GOOD)]
    else:
        steps = [models.Threshold(value=None, color=_GOOD)]
        if panel.warn_above is not None:
            steps.append(models.Threshold(value=panel.warn_above, color=_BAD))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
