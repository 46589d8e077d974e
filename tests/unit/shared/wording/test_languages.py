"""Which language a client reads, and its formats."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wording import builtin, load


@pytest.mark.parametrize(
    ("asked", "tag", "locale"),
    [
        ("en", "en", "en_GB"),
        ("en-US", "en", "en_US"),
        ("de-AT", "de", "de_AT"),
        ("de_CH", "de", "de_CH"),
        ("DE-at", "de", "de_AT"),
        ("de-Latn-CH-1996", "de", "de_CH"),
        ("de-CH-x-phonebk", "de", "de_CH"),
        ("de-XX", "de", "de"),
        ("ja", "en", "en_GB"),
        ("ja-US", "en", "en_GB"),
        ("x-klingon", "en", "en_GB"),
        ("", "en", "en_GB"),
        ("-", "en", "en_GB"),
    ],
)
def test_lookup_as_in_rfc_4647(asked: str, tag: str, locale: str) -> None:
    language = builtin().of(asked)
    assert (language.tag, language.locale) == (tag, locale)


@given(st.text(max_size=40) | st.from_regex(r"(en|de|sr|zh)([-_][A-Za-z0-9]{1,8}){0,4}", fullmatch=True))
def test_whatever_is_asked_words_and_formats_are_of_one_language(asked: str) -> None:
    language = builtin().of(asked)
    assert language.locale.partition("_")[0] == language.tag.partition("-")[0]


def test_the_first_offered_language_is_for_everybody_else() -> None:
    languages = load(offered=("de",))
    assert [languages.of(tag).tag for tag in ("en", "fr", "de-AT", "")] == ["de"] * 4


@pytest.mark.parametrize(
    ("zone", "local", "told"),
    [
        ("Europe/Berlin", None, "Central European Summer Time, UTC+02:00"),
        ("Asia/Kolkata", None, "India Standard Time, UTC+05:30"),
        ("Etc/GMT+5", None, "UTC-05:00"),
        ("America/Newzone", datetime(2027, 7, 12, 4, 30), "America/Newzone, UTC-04:30"),  # noqa: DTZ001
        ("America/Newzone", None, "America/Newzone"),
        ("America/Newzone", datetime(1, 1, 1), "America/Newzone, UTC-23:59"),  # noqa: DTZ001
    ],
)
def test_a_zone_is_told_with_its_offset(zone: str, local: datetime | None, told: str) -> None:
    assert builtin().of("en").zone(datetime(2027, 7, 12, 9, tzinfo=UTC), zone, local) == told
