"""When a claim waits for more deliveries."""

import pytest

from notifier_service.consuming.intake import BUSY, FULL, waits_for_more


@pytest.mark.parametrize("waiting", [1, FULL - 1, FULL, 200])
@pytest.mark.parametrize("in_work", range(BUSY))
def test_a_process_that_has_little_to_do_claims_at_once(in_work: int, waiting: int) -> None:
    assert not waits_for_more(in_work=in_work, waiting=waiting)


@pytest.mark.parametrize(("waiting", "waits"), [(1, True), (FULL - 1, True), (FULL, False), (200, False)])
def test_a_busy_process_waits_until_a_batch_is_full(waiting: int, waits: bool) -> None:
    assert waits_for_more(in_work=BUSY, waiting=waiting) is waits
