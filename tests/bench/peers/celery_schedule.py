"""Gives Celery the reminders that come in on stdin, as {id: Unix time}, each with its ETA."""

import json
import sys
from datetime import UTC, datetime

from tests.bench.peers.celery_app import remind

for message_id, due in json.load(sys.stdin).items():
    remind.apply_async((message_id,), eta=datetime.fromtimestamp(due, UTC))
