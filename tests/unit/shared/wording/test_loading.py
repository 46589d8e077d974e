"""A clinic's own texts: they replace ours, add languages, and stop the start by file and line where they are wrong."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import ConfigurationError
from shared.wording import load
from shared.wording.source import entries

ENGLISH = (files("shared.wording.texts") / "en.ftl").read_text("utf-8")


def test_a_text_of_ones_own_replaces_ours_and_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "de.ftl").write_text("-praxis = Praxis am See\nmail =\n    .closing = Ihre { -praxis }\n", "utf-8")
    languages = load(str(tmp_path))
    assert languages.of("de").text("mail.closing") == "Ihre Praxis am See"
    assert languages.of("de").text("mail.greeting", name="Alex") == "Guten Tag Alex,"
    assert languages.of("en").text("mail.closing") == "Kind regards"


def test_a_region_has_the_texts_of_its_language_but_for_its_own(tmp_path: Path) -> None:
    (tmp_path / "de-CH.ftl").write_text("mail =\n    .closing = Freundliche Grüsse\n", "utf-8")
    languages = load(str(tmp_path))
    assert [languages.of(tag).text("mail.closing") for tag in ("de-CH", "de-AT")] == [
        "Freundliche Grüsse",
        "Freundliche Grüße",
    ]
    assert languages.of("de-CH").tag == "de-CH"
    assert languages.of("de-CH").text("mail.greeting-unnamed") == "Guten Tag,"


def test_a_language_can_be_added(tmp_path: Path) -> None:
    (tmp_path / "sv.ftl").write_text(ENGLISH.replace("Kind regards", "Vänliga hälsningar"), "utf-8")
    swedish = load(str(tmp_path)).of("sv-FI")
    assert (swedish.tag, swedish.locale, swedish.text("mail.closing")) == ("sv", "sv_FI", "Vänliga hälsningar")


WRONG = {
    "a file that cannot be read": ("mail =\n    .closing = Ihre\nmail\n", 3, "cannot be read"),
    "a text that there is not": ("\nmail =\n    .closign = Bye\n", 3, "mail.closign: there is no such text"),
    "a value that it does not get": ("mail =\n    .greeting = Hi { $nmae }\n", 2, "uses $nmae"),
    "a term that there is not": ("mail =\n    .closing = { -clinic }\n", 2, "refers to -clinic"),
    "a text that refers to itself": ("when = { when }\n", 1, "refers to itself"),
    "a function": ("when = { DATETIME($day) }\n", 1, "uses a function"),
    "a text twice": ("separator = a\nseparator = b\n", 2, "stands already in line 1"),
    "a line break": ("mail =\n    .closing =\n        Bye\n        bye\n", 2, "must be one line"),
    "a control": ("mail =\n    .closing = Bye\x07\n", 2, "a character that texts must not have"),
    "a mark of direction": ("mail =\n    .closing = Bye\u202e\n", 2, "a character that texts must not have"),
    "no text at all": ('appointment_reminder =\n    .subject = { "" }\n', 2, "is empty"),
}


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_file_and_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "en.ftl"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as error:
        load(str(tmp_path))
    assert f"{path}:{line}: " in str(error.value)
    assert message in str(error.value)


def test_an_added_language_must_be_whole(tmp_path: Path) -> None:
    path = tmp_path / "sv.ftl"
    path.write_text(ENGLISH.replace("    .closing = Kind regards\n", "").replace("Hello { $name }", "Hej"), "utf-8")
    with pytest.raises(ConfigurationError) as error:
        load(str(tmp_path))
    assert f"{path}:1: mail.closing is missing" in str(error.value)
    assert "mail.greeting: does not use $name" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("klingon.ftl", b"", "is no language tag"),
        ("de.ftl", b"\xff\xfe", "is no UTF-8 text"),
        ("readme.txt", b"", "has no file of texts"),
    ],
)
def test_files_that_are_none(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        load(str(tmp_path))


def test_a_directory_that_is_none_and_an_offered_language_without_texts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: no such file"):
        load(str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match=r"a file sv\.ftl is missing"):
        load(offered=("en", "sv"))


@given(place=st.integers(0, len(ENGLISH)), length=st.integers(0, 40), text=st.text(max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_damage_is_told_or_harmless(tmp_path: Path, place: int, length: int, text: str) -> None:
    damaged = ENGLISH[:place] + text + ENGLISH[place + length :]
    (tmp_path / "en.ftl").write_bytes(damaged.encode("utf-8", "surrogatepass"))
    try:
        languages = load(str(tmp_path))
    except ConfigurationError as error:
        assert f"{tmp_path / 'en.ftl'}" in str(error)
    else:
        assert languages.of("en").text("mail.greeting", name="Alex")


def test_line_ends_of_windows_are_fine() -> None:
    assert entries("a = b\r\nc =\r\n    .d = e\r\n", "x")[1] == []
