"""Gives procrastinate the reminders that come in on stdin, as {id: Unix time}, each with its schedule_at."""

import asyncio
import json
import sys
from datetime import UTC, datetime

from tests.bench.peers.procrastinate_app import app, remind


async def main() -> None:
    async with app.open_async():
        for message_id, due in json.load(sys.stdin).items():
            moment = datetime.fromtimestamp(due, UTC)
            await remind.configure(schedule_at=moment).defer_async(message_id=message_id)


asyncio.run(main())
