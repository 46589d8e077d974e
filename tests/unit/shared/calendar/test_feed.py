"""A feed, read by two libraries beside the writer: vobject and icalendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import FeedEvent, feed
from shared.ids import new_id
from shared.wording import builtin

NOW = datetime(2027, 1, 5, 14, tzinfo=UTC)
ENGLISH = builtin().of("en")
moments = st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
names = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
events = st.builds(
    lambda starts, minutes, name, version: FeedEvent(
        new_id(), version, starts, starts + timedelta(minutes=minutes), starts, name
    ),
    moments,
    st.integers(1, 1440),
    names,
    st.integers(1, 1000),
)


@given(names.map(lambda each: each or ""), st.text(max_size=100), st.lists(events, max_size=5))
def test_any_feed_is_read_by_both(doctor: str, location: str, listed: list[FeedEvent]) -> None:
    content = feed(doctor, location.encode("utf-8", "replace").decode(), listed, ENGLISH)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    found: list[Any] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert [str(each["UID"]) for each in found] == [str(each.id) for each in listed]
    assert [each["DTSTART"].dt for each in found] == [each.starts_at.replace(microsecond=0) for each in listed]
    assert len(list(vobject.readComponents(content.decode()))) == 1


@pytest.mark.parametrize("tag", builtin().tags)
def test_every_language_has_its_words(tag: str) -> None:
    event = FeedEvent(new_id(), 1, NOW, NOW + timedelta(minutes=30), NOW, None)
    content = feed("Dr. Ada", "", [event], builtin().of(tag))
    calendar = icalendar.Calendar.from_ical(content)
    assert "Dr. Ada" in str(calendar["NAME"])
    assert str(calendar.walk("VEVENT")[0]["SUMMARY"])


def test_the_same_events_are_the_same_bytes() -> None:
    event = FeedEvent(new_id(), 3, NOW, NOW + timedelta(minutes=30), NOW, "Alex")
    assert feed("Dr. Ada", "Berlin", [event], ENGLISH) == feed("Dr. Ada", "Berlin", [event], ENGLISH)
