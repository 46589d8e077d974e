"""Every locale is written as CLDR says, and loading all languages reads the data of none."""

import subprocess
import sys

from babel import Locale, localedata
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.wording.direction import direction_of

RIGHT_TO_LEFT = (
    "ar",
    "az_Arab",
    "ckb",
    "dv",
    "fa",
    "he",
    "ks",
    "pa_Arab",
    "ps",
    "sd",
    "syr",
    "ug",
    "ur",
    "uz_Arab",
    "yi",
)


@given(st.sampled_from(RIGHT_TO_LEFT) | st.sampled_from(localedata.locale_identifiers()))
@example("pa_PK")
@example("sd_Deva")
@settings(max_examples=60, deadline=None)  # each reads a locale's data
def test_a_locale_has_the_direction_that_cldr_gives(name: str) -> None:
    assume(localedata.exists(name))
    locale = Locale.parse(name)
    assert direction_of(locale) == ("rtl" if locale.text_direction == "rtl" else "ltr")


def test_texts_are_loaded_without_the_data_of_their_locales() -> None:
    """Dates and numbers of a language are read once a client has it. In a process of its own: others have read them."""
    script = (
        "from unittest.mock import patch\n"
        "from babel import localedata\n"
        "with patch.object(localedata, 'load', side_effect=AssertionError('locale data were read')):\n"
        "    from shared.wording import builtin\n"
        "    assert len(builtin().tags) == 10\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
