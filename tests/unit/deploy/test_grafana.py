"""The provisioned dashboard is what its source gives, and what Grafana's own types accept."""

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import FILE
from deploy.grafana.builder import text_of
from deploy.grafana.rows import ROWS


def panels() -> list[dict[str, Any]]:
    return list(json.loads(FILE.read_text("utf-8"))["panels"])


def test_the_json_is_what_its_source_gives() -> None:
    assert FILE.read_text("utf-8") == text_of(ROWS), "run: .venv/bin/python -m deploy.grafana"


def test_grafanas_types_read_it_and_drop_nothing() -> None:
    register_default_plugins()
    read = Dashboard.from_json(json.loads(FILE.read_text("utf-8")))
    assert json.loads(JSONEncoder().encode(read)) == json.loads(FILE.read_text("utf-8"))


def test_panels_have_ids_of_their_own_lie_within_the_grid_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_says_what_to_think_of_it() -> None:
    for panel in panels():
        if panel["type"] != "row":
            assert len(panel["description"]) > 10, panel["title"]
