"""python -m deploy.local.mailbox: runs the mailbox until SIGTERM."""

import argparse
import asyncio

from deploy.local.mailbox.server import running
from shared.process.lifecycle import stop_signal


async def main() -> None:
    parser = argparse.ArgumentParser("mailbox")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--keep", type=int, default=20_000, help="messages kept; older ones make room")
    options = parser.parse_args()
    stop = stop_signal()
    async with running(
        host=options.host, smtp_port=options.smtp_port, http_port=options.http_port, keep=options.keep
    ) as mailbox:
        print(f"SMTP on {mailbox.host}:{mailbox.smtp_port}, page on {mailbox.url}", flush=True)
        await stop.wait()


asyncio.run(main())
