"""The work queues of a deployment, and the one of a job."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id
from shared.jobs.model import Priority
from shared.jobs.work_queues import WorkQueue, shard_of, work_queues
from shared.process.settings import MOST_SHARDS

COUNTS = st.integers(1, MOST_SHARDS)


@given(st.uuids(), COUNTS)
def test_the_shard_of_an_appointment_is_one_of_its_priority(appointment: UUID, shards: int) -> None:
    assert {WorkQueue(each, shard_of(appointment, shards)) for each in Priority} <= set(work_queues(shards))


@given(COUNTS)
def test_each_queue_is_found_again_by_its_key_and_by_its_name(shards: int) -> None:
    queues = work_queues(shards)
    assert len({queue.name for queue in queues}) == 2 * shards
    assert [WorkQueue.from_key(queue.key) for queue in queues] == list(queues)
    assert [WorkQueue.from_key(queue.name) for queue in queues] == list(queues)


@given(st.text(max_size=30))
def test_no_other_text_names_a_queue(text: str) -> None:
    found = WorkQueue.from_key(text)
    assert found is None or text in (found.key, found.name)


@pytest.mark.parametrize("text", ["dead", "high.0", "high.01", "high.100", "retry.5s", "High", "high.", "high.1\n", ""])
def test_names_that_look_like_a_queue_are_none(text: str) -> None:
    assert WorkQueue.from_key(text) is None
    assert WorkQueue.from_key(f"notifications.{text}") is None


def test_ids_made_together_are_spread_evenly() -> None:
    counts = Counter(shard_of(new_id(), 8) for _ in range(8000))
    assert set(counts) == set(range(1, 9))
    assert max(counts.values()) < 1200  # 1000 are expected; the deviation is about 30
