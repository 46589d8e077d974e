"""Two PostgreSQL, one following the other, promoted under load: its primary dies, stops, or only becomes read-only."""

import asyncio
import signal
from typing import Final

from deploy.cluster.replication import follow, promote
from deploy.local.postgres import Postgres
from tests.drills.arena import Arena
from tests.drills.recovery import Recovery
from tests.drills.servers import process_of
from tests.support.databases import administer

BACK: Final = 10.0
"""Seconds from a promotion within which the service is back."""


async def promoted(arena: Arena) -> None:
    """The primary is killed, its standby is promoted. The dead one comes back as the standby of the new one; then both
    change places in an orderly way, and the demoted one answers again, and takes no writes."""
    one, two = arena.servers.postgres, arena.servers.standby
    assert two is not None
    await arena.pause(3, 4)
    await _takes_over(arena, two, one, how=signal.SIGKILL)
    await follow(one, two)
    await arena.pause(2, 3)
    await _takes_over(arena, one, two, how=signal.SIGINT)
    await follow(two, one)
    await arena.pause(2, 3)


async def demoted(arena: Arena) -> None:
    """Both servers answer all the time: the standby is promoted, and the old primary takes no writes from then on."""
    one, two = arena.servers.postgres, arena.servers.standby
    assert two is not None
    await arena.pause(3, 4)
    recovery = Recovery(arena)
    await administer(one.url, "ALTER SYSTEM SET default_transaction_read_only = on")
    await administer(one.url, "SELECT pg_reload_conf()")
    arena.faults += 1
    await promote(two)
    # the drill itself reads what it counts from the new primary too
    await administer(one.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    arena.expect(f"service within {BACK:.0f} s of the promotion", await recovery.measured() <= BACK)


async def _takes_over(arena: Arena, heir: Postgres, old: Postgres, *, how: signal.Signals) -> None:
    await asyncio.to_thread(process_of(old).stop, within=10, first=how)
    arena.faults += 1
    await asyncio.sleep(1)
    recovery = Recovery(arena)
    await promote(heir)
    arena.expect(f"service within {BACK:.0f} s of the promotion", await recovery.measured() <= BACK)
