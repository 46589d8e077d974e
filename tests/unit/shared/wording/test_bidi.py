"""Names and times keep their own direction, and leave the sentence around them its own: shown by python-bidi."""

import re
import sys
import unicodedata
from typing import Literal

import pytest
from bidi import get_display
from hypothesis import example, given
from hypothesis import strategies as st

from shared.jobs.model import CLIENT_KINDS
from shared.wording import builtin
from shared.wording.bidi import FSI, PDI, isolated

LANGUAGES = builtin()
KEYS = [f"{kind}.{part}" for kind in CLIENT_KINDS for part in ("subject", "preheader", "in-app")]
KEYS += ["mail.greeting", "both", "now-and-before", "calendar.summary", "clinic-message.subject"]
VALUES = (
    st.text(st.sampled_from("abcZ äß Ω 123 :.-–() ,/ د.سارة ١٢ שלום"), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)


def shown(text: str, base: Literal["L", "R"]) -> str:
    """The characters from left to right as a reader sees them."""
    return re.sub("[\u2066-\u2069]", "", str(get_display(text, base_dir=base)))


def own_direction(value: str) -> Literal["L", "R"]:
    kinds = map(unicodedata.bidirectional, value)
    return "R" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "L"


@pytest.mark.parametrize("tag", ["ar", "en", "fr"])
@pytest.mark.parametrize("key", KEYS)
@given(value=VALUES)
@example("Dr. Ada Weber (MD)")
@example("15:00")
@example("د. سارة (1)")
@example("(")
def test_values_and_sentences_do_not_disturb_each_other(tag: str, key: str, value: str) -> None:
    language = LANGUAGES.of(tag)
    variables = LANGUAGES.texts(tag)[key].variables
    text = language.text(key, **dict.fromkeys(variables, value))
    base: Literal["L", "R"] = "R" if language.direction == "rtl" else "L"
    marked = language.text(key, **dict.fromkeys(variables, "\ue000"))
    literals = [shown(part, base) for part in re.sub(f"[{FSI}{PDI}]", "", marked).split("\ue000")]
    seen = shown(value, own_direction(value))
    assert shown(text, base) == seen.join(literals if base == "L" else reversed(literals))


def test_whatever_is_written_from_right_to_left_is_isolated() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
            assert isolated(character, "ltr") == f"{FSI}{character}{PDI}", hex(code)


@given(st.text(max_size=30), st.sampled_from(["ltr", "rtl"]))
def test_no_value_reaches_behind_its_end(value: str, direction: Literal["ltr", "rtl"]) -> None:
    """Older rows hold texts that today's rules refuse: each line opens and closes as often, and nothing overrides."""
    for line in isolated(value, direction).split("\n"):
        assert line.count(FSI) == line.count(PDI) <= 1
        assert not re.search("[\u202a-\u202e\u2066\u2067]", line)
