"""The built-in texts: whole in every language, with the same values, and every one of them used as it may be."""

import re
from datetime import UTC, date, datetime, time
from importlib.resources import files

import pytest
from babel import Locale
from fluent.syntax import ast

from shared.jobs.model import CLIENT_KINDS, Kind
from shared.wording import Language, builtin
from shared.wording.bidi import FSI, PDI
from shared.wording.loading import BUILT_IN
from shared.wording.source import entries

LANGUAGES = builtin()


def keys_and_variables(tag: str) -> dict[str, frozenset[str]]:
    return {key: text.variables for key, text in LANGUAGES.texts(tag).items()}


def values(language: Language, key: str) -> dict[str, str | int]:
    return {name: 3 if name == "count" else f"<{name}>" for name in LANGUAGES.texts(language.tag)[key].variables}


def test_each_file_is_a_language() -> None:
    found = {each.name for each in files("shared.wording.texts").iterdir() if each.name.endswith(".ftl")}
    assert found == {f"{tag}.ftl" for tag in BUILT_IN}
    assert set(LANGUAGES.tags) == set(BUILT_IN)


@pytest.mark.parametrize("tag", BUILT_IN)
def test_no_text_and_no_value_is_missing_or_superfluous(tag: str) -> None:
    assert keys_and_variables(tag) == keys_and_variables("en")


@pytest.mark.parametrize("tag", BUILT_IN)
def test_a_file_has_its_texts_in_the_order_of_english(tag: str) -> None:
    """So that two files can be read side by side."""
    order = {each: list(entries((files("shared.wording.texts") / f"{each}.ftl").read_text("utf-8"), "")[0]) for each in
             (tag, "en")}  # fmt: skip
    assert order[tag] == order["en"]


@pytest.mark.parametrize("tag", BUILT_IN)
def test_every_text_is_one_line_that_shows_all_its_values(tag: str) -> None:
    language = LANGUAGES.of(tag)
    for key in LANGUAGES.texts(tag):
        given = values(language, key)
        text = language.text(key, **given)
        assert text.strip() or key == "separator"
        assert "\n" not in text
        assert text.count(FSI) == text.count(PDI)
        for name, value in given.items():
            assert (str(value) in text) or name == "count", (key, text)


@pytest.mark.parametrize("tag", [tag for tag in BUILT_IN if tag != "en"])
def test_no_sentence_is_left_in_english(tag: str) -> None:
    english, language = LANGUAGES.of("en"), LANGUAGES.of(tag)
    same = {
        key
        for key in LANGUAGES.texts(tag)
        if (text := language.text(key, **values(language, key))) == english.text(key, **values(english, key))
        and re.search(r"[a-z]{3,}", re.sub("<.*?>", "", text))
    }
    assert same <= {"label.website"}, same


@pytest.mark.parametrize("tag", BUILT_IN)
@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_each_kind_has_its_texts_and_its_subject_has_date_and_time(tag: str, kind: Kind) -> None:
    language = LANGUAGES.of(tag)
    day, clock = language.day(date(2027, 1, 5)), language.clock(time(15))
    subject = language.text(f"{kind}.subject", doctor="Dr. Ada Weber", day=day, time=clock)
    assert day in subject
    assert clock in subject
    for part in ("preheader", "title", "lead", "in-app"):
        assert f"{kind}.{part}" in LANGUAGES.texts(tag)


@pytest.mark.parametrize("tag", BUILT_IN)
def test_counts_follow_the_plural_rules_of_the_language(tag: str) -> None:
    """Each plural form that the language has is written out, so that none falls back to another one's."""
    read, _ = entries((files("shared.wording.texts") / f"{tag}.ftl").read_text("utf-8"), "")
    forms = {Locale.parse(tag).plural_form(count) for count in range(1, 1_000)}
    [placeable] = read["link.free-times"].pattern.elements
    assert isinstance(placeable, ast.Placeable)
    assert isinstance(placeable.expression, ast.SelectExpression)
    assert forms <= {each.key.name for each in placeable.expression.variants if isinstance(each.key, ast.Identifier)}


def test_date_time_and_zone_are_in_the_language_of_the_sentence() -> None:
    moment = datetime(2027, 1, 5, 14, tzinfo=UTC)
    for tag in ("ja", "xx", "", "tlh-Latn", "zh-Hant-TW"):
        language = LANGUAGES.of(tag)
        zone = language.zone(moment, "Europe/Berlin")
        assert (
            language.when(date(2027, 1, 5), time(15), zone)
            == "Tuesday, 5 January 2027, 15:00 (Central European Standard Time, UTC+01:00)"
        )
