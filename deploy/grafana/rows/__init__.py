"""The rows of the dashboard and their queries: the source of dashboards/punctual.json, written by `python -m
deploy.grafana`.

`$__rate_interval` and `$__range` are Grafana's variables. Metrics that only the leader shows (punctual_jobs, the oldest
due job) are read by max, since two instances may show them while the lead changes.
"""

from typing import Final

from deploy.grafana.rows import api, fails, late, queues, saturation
from deploy.grafana.rows import timeliness as told

ROWS: Final = (told.ROW, late.ROW, queues.ROW, fails.ROW, api.ROW, saturation.ROW)
