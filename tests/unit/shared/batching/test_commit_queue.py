"""Each item gets the answer of its own commit, once, whatever the commits of its batch were answered."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.batching.commit_queue import CommitQueue
from shared.batching.group_commit import GroupCommit
from shared.errors import DatabaseUnavailable, ItemRefused, Unavailable


class Table:
    """Commits all of a batch or nothing. Some items are refused whenever they come, some commits meet an outage."""

    def __init__(self, refused: set[int], outages: list[bool]) -> None:
        self.rows: list[int] = []
        self.batches: list[int] = []
        self._refused = refused
        self._outages = outages

    async def write(self, items: Sequence[int]) -> list[str]:
        await asyncio.sleep(0)
        self.batches.append(len(items))
        if self._outages and self._outages.pop(0):
            raise DatabaseUnavailable("away")
        if culprits := self._refused.intersection(items):
            raise ItemRefused(str(culprits))
        self.rows += items
        return [f"row {item}" for item in items]


_tables = st.builds(Table, st.sets(st.integers(0, 29)), st.lists(st.booleans(), max_size=8))


@given(table=_tables, size=st.integers(0, 30), batch=st.integers(1, 12))
def test_what_is_put_back_at_an_outage_is_committed_later_in_its_order(table: Table, size: int, batch: int) -> None:
    async def all_of_it() -> list[object]:
        queue = CommitQueue(table.write, batch=batch)
        answers = [queue.add(item) for item in range(size)]
        while queue:
            taken = queue.take()
            try:
                await queue.settle(taken)
            except Unavailable:
                queue.put_back(taken)
        return list(await asyncio.gather(*answers, return_exceptions=True))

    answers = asyncio.run(all_of_it())
    good = [item for item in range(size) if item not in table._refused]
    assert table.rows == good
    assert [answers[item] for item in good] == [f"row {item}" for item in good]
    assert all(isinstance(answers[item], ItemRefused) for item in range(size) if item not in good)
    assert max(table.batches, default=0) <= batch


@given(table=_tables, size=st.integers(0, 30), batch=st.integers(1, 12), writers=st.integers(1, 3))
def test_a_group_commit_answers_everybody_with_the_row_or_the_reason(
    table: Table, size: int, batch: int, writers: int
) -> None:
    async def all_of_it() -> list[object]:
        commits = GroupCommit(table.write, writers=writers, batch=batch)
        answers = await asyncio.gather(*(commits.commit(item) for item in range(size)), return_exceptions=True)
        await commits.drain()
        return list(answers)

    answers = asyncio.run(all_of_it())
    for item, answer in enumerate(answers):
        if item in table.rows:
            assert answer == f"row {item}"
        else:
            assert isinstance(answer, DatabaseUnavailable | ItemRefused)
    assert len(table.rows) == len(set(table.rows))
    assert not any(isinstance(answers[item], ItemRefused) for item in range(size) if item not in table._refused)


async def test_the_item_of_a_caller_who_waits_no_longer_is_committed_all_the_same() -> None:
    table = Table(set(), [])
    queue = CommitQueue(table.write, batch=10)
    queue.add(1).cancel()
    kept = queue.add(2)
    await queue.settle(queue.take())
    assert table.rows == [1, 2]
    assert await kept == "row 2"
