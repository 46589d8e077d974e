"""Names a zone at a moment in a language: by CLDR's name if it is right, else by the city. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any, Final, Literal

from babel import Locale
from babel.core import get_global

from shared.people import zones

Variant = Literal["standard", "daylight"]
_UNTOLD: Final = "∅∅∅"
"""CLDR's mark for a name that a language does not have."""
_NAMED_IN: Final = 2025
"""The year for which CLDR's names are right. A zone that has left its neighbours since then is named by its city."""
_HALF_YEAR: Final = range(-26, 27)
_WEEK: Final = timedelta(weeks=1)


def name(moment: datetime, locale: Locale) -> str:
    """The name of the zone of `moment`, made by zones.zone: such as "Irish Standard Time" or "Casablanca Time". A zone
    that is only an offset has the offset as its name."""
    key = moment.tzinfo.key  # type: ignore[union-attr]  # ZoneInfo's
    return _name(key, variant(moment), moment.utcoffset(), locale) or offset(moment, locale)


@lru_cache(maxsize=4096)  # every mail names a zone, and CLDR's tables are slow to read
def _name(key: str, kind: Variant, utc_offset: timedelta | None, locale: Locale) -> str:
    """ "" for a zone that is only an offset."""
    for members, names in _candidates(key, locale):
        found = names.get(kind)
        if found and found != _UNTOLD and utc_offset == _meant(members, kind):
            return str(found)
    city = _place(key, locale)
    return "" if city is None else str(locale.zone_formats["region"] % city)


def offset(moment: datetime, locale: Locale) -> str:
    """The offset from UTC of `moment`'s zone, such as "GMT-04:30" (babel 2.18 writes -05:30)."""
    seconds = round((moment.utcoffset() or timedelta()).total_seconds())
    minutes = abs(seconds) // 60
    return str(locale.zone_formats["gmt"] % f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}")


def variant(moment: datetime) -> Variant:
    """Which of a zone's two names is in force, as CLDR counts: daylight time is the time with the clocks ahead.

    tzdb's flag alone does not tell. Dublin, Casablanca and once Windhoek put their clocks back from standard time
    (negative DST), and CLDR calls their standard time daylight time.
    """
    saving = moment.dst() or timedelta()
    if saving:
        return "daylight" if saving > timedelta() else "standard"
    return "daylight" if _is_set_back_near(moment.date(), moment.tzinfo) else "standard"


@lru_cache(maxsize=4096)  # every mail asks, and few days have appointments
def _is_set_back_near(day: date, zone: tzinfo | None) -> bool:
    """Whether the zone puts its clocks back from standard time within half a year of a day, counted at its noon."""
    noon = datetime.combine(day, time(12), zone)
    return any(((noon + week * _WEEK).dst() or timedelta()) < timedelta() for week in _HALF_YEAR)


def _candidates(key: str, locale: Locale) -> Iterator[tuple[tuple[str, ...], Mapping[Any, Any]]]:
    """Names of the zone itself, then of its metazone, each with the zones that show which clocks it means."""
    for each in _ids(key):
        yield (key,), locale.time_zones.get(each, {}).get("long", {})
    for each in _ids(key):
        metazone = get_global("meta_zones").get(each)
        if metazone is not None:
            yield _members()[metazone], locale.meta_zones.get(metazone, {}).get("long", {})


def _place(key: str, locale: Locale) -> str | None:
    """The city; or the country, if it has one zone only; or the last part of the name; None for a zone without a
    place."""
    if all(each.startswith("Etc/") or "/" not in each for each in _ids(key)):
        return None
    territory = next(filter(None, (get_global("zone_territories").get(each) for each in _ids(key))), "")
    for each in _ids(key):
        city = locale.time_zones.get(each, {}).get("city")
        if city:
            return str(city)
    if len(get_global("territory_zones").get(territory, ())) == 1 and territory in locale.territories:
        return str(locale.territories[territory])
    return key.rpartition("/")[2].replace("_", " ")


@cache
def _ids(key: str) -> tuple[str, ...]:
    """A zone's name and its other names: CLDR keeps some data under old names (Asia/Calcutta)."""
    canonical = get_global("zone_aliases").get(key, key)
    others = [alias for alias, target in get_global("zone_aliases").items() if target == canonical]
    return tuple(dict.fromkeys((key, canonical, *others)))


@cache
def _members() -> Mapping[str, tuple[str, ...]]:
    """The zones of each metazone."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, metazone in get_global("meta_zones").items():
        if key in zones.names():
            found[metazone].append(key)
    return {metazone: tuple(keys) for metazone, keys in found.items()}


@cache
def _meant(members: tuple[str, ...], kind: Variant) -> timedelta | None:
    """The offset that a name means: the offset of most of its zones when CLDR's names were made."""
    found = Counter(
        moment.utcoffset()
        for key in members
        for moment in (datetime(_NAMED_IN, month, 1, 12, tzinfo=UTC).astimezone(zones.zone(key)) for month in (1, 3, 7))
        if variant(moment) == kind
    )
    return found.most_common(1)[0][0] if found else None
