"""Both services without a supervisor, through what a day may bring: whatever ends them would end them for good."""

import asyncio

from deploy.local.mailbox.faults import Fault
from tests.drills.arena import Arena
from tests.drills.faults import broker, database, refusals


async def a_bad_day(arena: Arena) -> None:
    """Database, broker and mail server go away one after the other, in an order of the seed's choosing."""
    troubles = [database.killed, refusals.cancelling, refusals.briefly_read_only, broker.killed, mail_server_away]
    arena.chance.shuffle(troubles)
    for trouble in troubles:
        await trouble(arena)


async def mail_server_away(arena: Arena) -> None:
    await arena.pause(1, 2)
    arena.world.mailbox.fail(Fault(down=True))
    arena.faults += 1
    await asyncio.sleep(5)
    await arena.world.mailbox.recover()


async def nobody_ended(arena: Arena) -> None:
    """Each instance is the process that was started."""
    arena.expect("nothing was started again", all(keeper.starts == 1 for keeper in arena.kept))
    arena.expect("every process still runs", all(keeper.service.process.alive for keeper in arena.kept))
