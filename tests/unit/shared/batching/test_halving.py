"""Of a batch with culprits, each culprit fails alone and everybody else is done, once."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.batching.halving import in_halves
from shared.errors import Contention, DatabaseUnavailable, ItemRefused

Errors = st.sampled_from([ItemRefused("it"), ValueError("it")])
Batch = st.lists(st.tuples(st.integers(), st.none() | Errors))


@given(Batch)
async def test_each_culprit_fails_alone_and_its_neighbours_are_done_once(
    batch: list[tuple[int, Exception | None]],
) -> None:
    done: list[int] = []
    calls = 0

    async def work(part: Sequence[tuple[int, Exception | None]]) -> int:
        nonlocal calls
        calls += 1
        if fault := next((error for _, error in part if error), None):
            raise fault
        done.extend(number for number, _ in part)
        return len(part)

    answers = [(part, answer) async for part, answer in in_halves(batch, work)]
    assert [item for part, _ in answers for item in part] == batch
    assert done == [number for number, error in batch if error is None]
    for part, answer in answers:
        if isinstance(answer, Exception):
            assert [error for _, error in part] == [answer]
        else:
            assert answer == len(part)
    culprits = sum(error is not None for _, error in batch)
    assert calls <= 1 + 2 * culprits * math.ceil(math.log2(max(len(batch), 2)))


@given(st.integers(1, 64), st.integers(0, 200), st.sampled_from([DatabaseUnavailable("away"), Contention("again")]))
async def test_what_speaks_of_no_item_is_raised_and_what_was_done_by_then_is_known(
    size: int, after: int, error: Exception
) -> None:
    """With item 0 at fault there are many parts; one of them meets an outage."""
    done: list[int] = []
    calls = 0

    async def work(part: Sequence[int]) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise error
        if 0 in part:
            raise ItemRefused("it")
        done.extend(part)

    told: list[int] = []
    try:
        async for part, answer in in_halves(range(size), work):
            if answer is None:
                told += part
    except (DatabaseUnavailable, Contention) as met:
        assert met is error
    assert told == done
