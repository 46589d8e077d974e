"""The clinic's own look and words: what they mean, and how a wrong file is told."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.clinic import Clinic, read
from shared.errors import ConfigurationError
from shared.wording import load
from tests.support.repository import ROOT

EXAMPLE = ROOT / "deploy" / "clinic.example.toml"


def test_the_example_can_be_used() -> None:
    clinic = read(str(EXAMPLE))
    assert set(clinic.model_dump(exclude_unset=True)) == set(Clinic.model_fields)
    assert clinic.telephone_link == "tel:+49301234567"
    assert load(offered=clinic.languages or ())


def test_without_a_file_nothing_is_said() -> None:
    clinic = read(None)
    assert clinic == Clinic()
    assert (clinic.bring_to("1", "de"), clinic.location_of("1", "Room 3"), clinic.telephone_link) == ("", "Room 3", "")


def test_a_doctors_details_stand_in_place_of_the_clinics_in_the_clients_language() -> None:
    clinic = Clinic.model_validate(
        {
            "languages": ["de", "en"],
            "bring": "Health card",
            "doctors": {"1": {"location": "Room 14", "bring": {"en": "Records", "de": "Befunde"}}},
        }
    )
    assert [clinic.bring_to("1", tag) for tag in ("en", "de-CH", "tr")] == ["Records", "Befunde", "Befunde"]
    assert clinic.bring_to("2", "tr") == "Health card"
    assert [clinic.location_of(each, "Room 3") for each in ("1", "2")] == ["Room 14", "Room 3"]


WRONG = {
    "syntax": ('name = "A"\ncolour = #fff\n', 2, "invalid value"),
    "the end is missing": ('name = "A', 1, "unterminated string"),
    "unknown": ('name = "A"\n\ncolor = "#ffffff"\n', 3, "color: there is no such setting"),
    "no text": ("name = 5\n", 1, "name: must be text"),
    "two lines": ('name = "A\\nB"\n', 1, "name: must be one line"),
    "direction": ('name = "A\\u202eB"\n', 1, "name: must be one line"),
    "telephone": ('# x\ntelephone = "call us"\n', 2, "telephone: must be a telephone number"),
    "website": ('website = "javascript:alert(1)"\n', 1, "website: must be an http or https URL"),
    "logo": ('logo_url = "http://clinic.example/logo.png"\n', 1, "logo_url: must be an https URL"),
    "colour": ('colour = "green"\n', 1, "colour: must be a colour"),
    "reply-to": ('reply_to = "a@b.example, c@d.example"\n', 1, "reply_to: must be one e-mail address"),
    "header": ('sender = "A\\r\\nBcc: <a@b.example>"\n', 1, "sender: must be one e-mail address"),
    "language": ('languages = [\n  "en",\n  "klingon",\n]\n', 1, "languages: must be a language tag"),
    "no language": ("languages = []\n", 1, "languages: must have at least one entry"),
    "bring": ('[bring]\nen = "x"\nde = ""\n', 3, "bring.de: must be text of 1 to 2000 characters"),
    "a doctor's": ('[doctors.1]\n[doctors.2]\nroom = "x"\n', 3, "doctors.2.room: there is no such setting"),
    "no table": ('doctors = "x"\n', 1, "doctors: must be"),
    "a doctor that is none": ('[doctors]\n1 = "x"\n', 2, "doctors.1: must be a table"),
    "quoted": ('[doctors."a b"]\nlocation = 5\n', 2, "doctors.a b.location: must be text"),
}


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read(str(path))
    assert f"{path}:{line}: " in str(error.value)
    assert message in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'name = "M\xfcller"\n')
    for name, message in (("none", "no such file"), (".", "is a directory"), ("latin", "is no UTF-8 text")):
        with pytest.raises(ConfigurationError, match=message):
            read(str(tmp_path / name))


@given(place=st.integers(0, 1500), length=st.integers(0, 30), text=st.text(max_size=15))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_damage_is_told_with_a_line_or_harmless(tmp_path: Path, place: int, length: int, text: str) -> None:
    whole = EXAMPLE.read_text("utf-8")
    path = tmp_path / f"{abs(hash((place, length, text)))}.toml"
    path.write_bytes((whole[:place] + text + whole[place + length :]).encode("utf-8", "surrogatepass"))
    try:
        read(str(path))
    except ConfigurationError as error:
        assert str(path) in str(error)
    finally:
        path.unlink()
