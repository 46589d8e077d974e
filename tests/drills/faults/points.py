"""Kills at every point of a job's way that matters, by services that do it themselves (entries/crash_points.py)."""

from collections import Counter

from tests.drills.arena import Arena
from tests.drills.entries import crash_points


async def at_every_point(arena: Arena) -> None:
    """Nothing to do but to wait: they die by themselves for as long as the load lasts."""
    await arena.load.over.wait()
    arena.faults += sum(reached(arena).values())


async def every_point_was_met(arena: Arena) -> None:
    met = reached(arena)
    arena.notes.append("died " + ", ".join(f"{times}x {point}" for point, times in met.items()))
    for point in (*crash_points.API, *crash_points.NOTIFIER):
        arena.expect(f"somebody died {point}", met[point])


def reached(arena: Arena) -> Counter[str]:
    """How often which point was met."""
    files = (keeper.crashes for keeper in arena.kept)
    return Counter(line for file in files if file.exists() for line in file.read_text("utf-8").splitlines())
