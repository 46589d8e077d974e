"""An appointment as an iCalendar object (RFC 5545): the same in mails, from the API and behind links."""

from shared.calendar.event import CalendarEvent, Person
from shared.calendar.feed import FeedEvent, feed
from shared.calendar.writer import CalendarWriter

__all__ = ["CalendarEvent", "CalendarWriter", "FeedEvent", "Person", "feed"]
