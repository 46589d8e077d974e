"""Items gather while a commit is under way, and an item that comes alone waits for nobody."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.batching.group_commit import GroupCommit
from tests.support.waiting import eventually

FOR_EVER = 3600.0


class Writer:
    """Commits a batch when the test says so."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.ends: list[asyncio.Event] = []

    async def write(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.ends.append(asyncio.Event())
        await self.ends[-1].wait()
        return items


def group(writer: Writer, *, gather: float) -> GroupCommit[int, int]:
    return GroupCommit(writer.write, writers=2, batch=3, gather=gather)


async def in_turn(group: GroupCommit[int, int], *items: int) -> list[asyncio.Task[int]]:
    """Commits the items, each in a later turn of the event loop than the one before it."""
    tasks = []
    for item in items:
        tasks.append(asyncio.create_task(group.commit(item)))
        for _ in range(5):
            await asyncio.sleep(0)
    return tasks


async def test_items_that_come_during_a_commit_go_together_at_its_end() -> None:
    writer = Writer()
    committing = await in_turn(group(writer, gather=FOR_EVER), 1, 2, 3)
    assert writer.batches == [[1]]
    writer.ends[0].set()
    await eventually(lambda: writer.batches == [[1], [2, 3]])
    writer.ends[1].set()
    assert await asyncio.gather(*committing) == [1, 2, 3]


async def test_a_full_batch_does_not_wait_for_the_commit_under_way() -> None:
    writer = Writer()
    committing = await in_turn(group(writer, gather=FOR_EVER), 1, 2, 3, 4)
    assert writer.batches == [[1], [2, 3, 4]]
    for end in writer.ends:
        end.set()
    assert await asyncio.gather(*committing) == [1, 2, 3, 4]


async def test_a_commit_that_takes_long_holds_up_others_only_for_a_moment() -> None:
    writer = Writer()
    committing = await in_turn(group(writer, gather=0.01), 1, 2)
    await eventually(lambda: writer.batches == [[1], [2]])
    writer.ends[1].set()
    assert await committing[1] == 2
    writer.ends[0].set()
    assert await committing[0] == 1


async def test_draining_waits_for_what_gathers() -> None:
    writer = Writer()
    commits = group(writer, gather=FOR_EVER)
    committing = await in_turn(commits, 1, 2)
    draining = asyncio.create_task(commits.drain())
    writer.ends[0].set()
    await eventually(lambda: len(writer.ends) == 2)
    assert not draining.done()
    writer.ends[1].set()
    await draining
    assert await asyncio.gather(*committing) == [1, 2]


@pytest.mark.parametrize("gather", [0.0, FOR_EVER])
async def test_an_item_alone_is_committed_in_the_same_turn(gather: float) -> None:
    writer = Writer()
    commits = group(writer, gather=gather)
    for item in (1, 2):
        committing = await in_turn(commits, item)
        assert writer.batches[-1] == [item]
        writer.ends[-1].set()
        assert await committing[0] == item
        await commits.drain()
