"""When the agenda of a day is due, on the clock of the clinic. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def due(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant in UTC at which the clinic's clock shows this time on the day. Where it shows it twice, the first
    one; where the clocks are put forward over it, the instant at which that happens.

    >>> from shared.people.zones import zone
    >>> berlin = zone("Europe/Berlin")
    >>> due(date(2027, 3, 28), time(2, 30), berlin).isoformat()
    '2027-03-28T01:00:00+00:00'
    >>> due(date(2027, 10, 31), time(2, 30), berlin).isoformat()
    '2027-10-31T00:30:00+00:00'
    """
    local = datetime.combine(day, clock, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # PEP 495: in a gap, fold 0 reads the time by the offset before it, and fold 1 by the one behind it; the clocks were
    # changed between the two
    after, before = moment, local.replace(fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def days(now: datetime, zone: tzinfo, ahead: timedelta) -> list[date]:
    """The clinic's days whose agendas may have to be planned now: today, and tomorrow where that begins within `ahead`.
    Days that are over are not among them: nobody wants old agendas after an outage."""
    today, soon = now.astimezone(zone).date(), (now + ahead).astimezone(zone).date()
    return [today] if today == soon else [today, soon]
