"""One language as a client reads it: its texts, and its dates, times, numbers and zone names."""

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache

from shared.wording import formats
from shared.wording.bidi import Direction, Phrase, isolated
from shared.wording.text import Fill, Text


class Language:
    """Texts and formats of the same language, for clients of one locale."""

    def __init__(self, tag: str, locale: str, direction: Direction, texts: Mapping[str, Text]) -> None:
        """`tag`: the language of the texts (BCP 47), for Content-Language and HTML's lang. `locale`: Babel's name of
        the locale for formats, of the same language, such as "de_AT"."""
        self.tag = tag
        self.locale = locale
        self.direction: Direction = direction
        self._texts = texts
        self.zone = lru_cache(maxsize=1024)(self._zone)
        self.appointment = lru_cache(maxsize=4096)(self._appointment)

    def text(self, key: str, /, **values: str | int) -> Phrase:
        """The text of a key such as "mail.closing", filled. Values that are no Phrase are isolated where they could
        disturb the direction of the text. Raises KeyError for a key or a value that there is not."""
        return self._texts[key].fill(values)

    def prepared(self, key: str) -> Fill:
        """The text of a key, to be filled often: a function of the values by name. Raises KeyError."""
        return self._texts[key].fill

    def isolated(self, value: str) -> str:
        """A value for a line of its own, such as a fact, in plain text."""
        return isolated(value, self.direction)

    def day(self, moment: date) -> str:
        """Such as "Tuesday, 5 January 2027"."""
        return formats.day(moment, self.locale)

    def clock(self, moment: time) -> str:
        """Such as "15:00"."""
        return formats.clock(moment, self.locale)

    def when(self, day: date, clock: time, zone: Phrase, until: time | None = None) -> Phrase:
        """Date, time and zone; with `until` from then till then."""
        if until is None:
            return self.text("when", day=self.day(day), time=self.clock(clock), zone=zone)
        return self.text("when.until", day=self.day(day), time=self.clock(clock), until=self.clock(until), zone=zone)

    def _appointment(self, day: date, clock: time, starts_at: datetime, timezone: str) -> Phrase:
        """Date, time and zone of an appointment, by its zone's clocks; `timezone` is an IANA name."""
        return self.when(day, clock, self.zone(starts_at, timezone, datetime.combine(day, clock)))

    def _zone(self, starts_at: datetime, timezone: str, local: datetime | None = None) -> Phrase:
        """The name of an IANA zone and its offset at a moment, such as "Central European Standard Time, UTC+01:00".
        `local`: what the zone's clocks show then; it tells a zone that our zone data do not have."""
        name, offset = formats.zone(starts_at, timezone, self.locale, local)
        if name and offset:
            return self.text("zone", name=name, offset=offset)
        return Phrase(self.isolated(name or offset))
