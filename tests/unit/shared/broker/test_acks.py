"""Acks: how few frames say them, and that none settles what was not settled."""

from hypothesis import given
from hypothesis import strategies as st

from shared.broker.acks import Acks


def an_acks(*tags: int) -> Acks:
    acks = Acks()
    for tag in tags:
        acks.delivered(tag)
    return acks


def test_what_was_settled_from_the_oldest_on_is_one_frame() -> None:
    acks = an_acks(1, 2, 3, 4)
    assert [acks.add(tag) for tag in (2, 1, 3)] == [True, False, False]
    assert acks.take() == [(3, True)]
    assert acks.take() == []
    assert acks.add(4)
    assert acks.take() == [(4, False)]


def test_what_is_above_an_unsettled_one_is_acked_by_itself() -> None:
    acks = an_acks(1, 2, 3)
    acks.add(3)
    acks.add(2)
    assert acks.take() == [(2, False), (3, False)]
    acks.add(1)
    assert acks.take() == [(1, False)]


def test_what_was_rejected_is_in_nobodys_way() -> None:
    acks = an_acks(1, 2, 3)
    acks.settled(1)
    acks.add(2)
    acks.add(3)
    assert acks.take() == [(3, True)]


@given(st.data())
def test_the_broker_and_we_agree_on_what_is_unsettled(data: st.DataObject) -> None:
    acks, last = Acks(), 0
    ours: set[int] = set()  # unsettled, as we see it
    brokers: set[int] = set()
    for _ in range(data.draw(st.integers(0, 30))):
        for _ in range(data.draw(st.integers(0, 5))):
            last += 1
            acks.delivered(last)
            ours.add(last)
            brokers.add(last)
        some = data.draw(st.lists(st.sampled_from(sorted(ours)), unique=True)) if ours else []
        for tag in some:
            if data.draw(st.booleans()):
                acks.settled(tag)
                brokers.remove(tag)
            else:
                acks.add(tag)
            ours.remove(tag)
        for tag, multiple in acks.take():
            assert tag in brokers, "an unknown delivery tag closes the channel"
            brokers -= {each for each in brokers if each <= tag} if multiple else {tag}
        assert brokers == ours
