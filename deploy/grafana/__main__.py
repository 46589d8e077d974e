"""python -m deploy.grafana writes the JSON of the dashboard for Grafana's provisioning."""

from deploy.grafana import FILE
from deploy.grafana.builder import text_of
from deploy.grafana.rows import ROWS

FILE.write_text(text_of(ROWS), "utf-8")
