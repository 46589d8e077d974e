import gc
from collections.abc import Iterator

import pytest

from shared.process.event_loop import freeze_startup_objects


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_stays_is_looked_at_no_more_and_what_comes_later_is() -> None:
    stays: list[dict[str, int]] = [{} for _ in range(100)]
    freeze_startup_objects()
    later: list[dict[str, int]] = [{}]
    young = gc.get_objects()
    assert not any(each is stays for each in young)
    assert any(each is later for each in young)
    assert gc.isenabled()
