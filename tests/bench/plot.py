"""The plot in README: three rows of bars."""

from pathlib import Path
from typing import Final

from tests.bench.contenders import US
from tests.bench.cpu import MEASURED
from tests.bench.figures import Spread, brief
from tests.bench.results import Results

_COLOURS: Final = ("#0b6e4f", "#9aa3af")


def plot(results: Results, file: Path) -> None:
    """Booked and mailed a second, mails a second from a backlog, CPU. Nothing where these were not measured."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    names = [name for name in results.names("post") if name in results.names("drain")][::-1]
    if not names:
        return
    charts = {
        "booked and mailed/s": [Spread.of([*results.figures("post", name, "through").values()]) for name in names],
        "mails/s from a backlog": [Spread.of([*results.figures("drain", name, "rate").values()]) for name in names],
        "CPU ms a booking and its mail": [Spread.of([*results.cpu("post", name, MEASURED).values()]) for name in names],
    }
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "punctual", "font.family": "sans-serif"})
    figure, axes = pyplot.subplots(1, 3, figsize=(9.5, 0.6 + 0.3 * len(names)), layout="constrained")
    for axis, (title, values) in zip(axes, charts.items(), strict=True):
        medians = [value.median for value in values]
        errors = [[each.median - each.lowest for each in values], [each.highest - each.median for each in values]]
        bars = axis.barh(
            names, medians, xerr=errors, color=[_COLOURS[name != US.name] for name in names], ecolor="#4b5563"
        )
        axis.bar_label(bars, [brief(value) for value in medians], padding=10)
        axis.set_title(title, loc="left", fontsize=9, fontweight="bold")
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_xticks([])
        axis.set_xlim(0, max(medians) * 1.35)
        if axis is not axes[0]:
            axis.set_yticks([])
    figure.savefig(file, format="svg", metadata={"Date": None})
    pyplot.close(figure)
