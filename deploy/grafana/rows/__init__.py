"""What the dashboard asks, row by row: the source of dashboards/punctual.json, written by `python -m deploy.grafana`.

`$__rate_interval` and `$__range` are Grafana's. What only one instance shows (punctual_jobs, the oldest due job) is
read by max: while the lead changes hands, two may show it.
"""

from typing import Final

from deploy.grafana.rows import api, fails, late, queues, saturation, told

ROWS: Final = (told.ROW, late.ROW, queues.ROW, fails.ROW, api.ROW, saturation.ROW)
