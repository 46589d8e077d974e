"""aio-pika, asyncpg and aiosmtplib by hand. `python -m … built` builds each mail, `… prebuilt` fills one."""

import asyncio
import os
import sys
from uuid import UUID, uuid4

import aio_pika
import asyncpg

from tests.bench.peers import letter
from tests.bench.peers.mailing import Mailers
from tests.bench.peers.plain_api import QUEUE
from tests.bench.peers.schema import READ, TELL, numbered

PREFETCH = 50


async def main(form: str) -> None:
    mailers = Mailers(int(os.environ["SMTP_PORT"]))
    prebuilt = letter.Prebuilt() if form == "prebuilt" else None
    async with (
        asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool,
        await aio_pika.connect_robust(os.environ["AMQP_URL"]) as connection,
        connection.channel() as channel,
    ):

        async def confirm(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            async with message.process():
                appointment_id = UUID(message.body.decode())
                async with pool.acquire() as database:
                    facts = letter.fields(tuple(await database.fetchrow(numbered(READ), appointment_id) or ()))
                    await database.execute(
                        numbered(TELL), uuid4(), appointment_id, "Your appointment is booked", facts["when"]
                    )
                async with mailers.one() as mailer:
                    if prebuilt is None:
                        await mailer.send_message(letter.built(facts))
                    else:
                        await mailer.sendmail(letter.SENDER, [letter.RECIPIENT], prebuilt.fill(facts))

        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.consume(confirm)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
