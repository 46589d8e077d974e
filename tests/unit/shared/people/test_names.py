"""Names of real people in their scripts stay whole; what plays with a page is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.people import names

REAL = {
    "Persian, ZWNJ": "علی\u200cرضا نوری\u200cزاده",
    "Malayalam, ZWJ for a chillu": "അവന\u0d4d\u200d",
    "Malayalam": "കാർത്തിക",
    "Sinhala, ZWJ": "ශ\u0dca\u200dරී",
    "Bengali, ZWNJ": "র\u200c\u09cdয",
    "Arabic, ALM and RLM": "\u061cمحمد\u200f عبد الله",
    "Hebrew with points, LRM": "שִׁרְלִי\u200e כֹּהֵן",
    "Urdu": "زہرہ نگاہ",
    "Syriac abbreviation mark": "\u070fܡܪ",
    "Hindi": "क्षितिज शर्मा",
    "Tamil": "மு. கருணாநிதி",
    "Khmer, break hint": "សុខ\u200bវណ្ណា",
    "Thai": "สมชาย ใจดี",
    "Tibetan": "བསྟན་འཛིན་རྒྱ་མཚོ",
    "Burmese": "အောင်ဆန်းစုကြည်",
    "Mongolian, variation selector and vowel separator": "ᠮᠣᠩᠭ\u180bᠣᠯ\u180eᠠ",
    "Japanese, ideographic variation": "渡邊\U000e0101 葛\U000e0100飾",
    "Chinese outside the BMP": "𠮷野家",
    "Chinese, private use of Hong Kong": "陳\ue000",
    "Korean": "김\u3164민준",
    "Korean, decomposed": unicodedata.normalize("NFD", "박지성"),
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Nguyễn Thị Hồng"),
    "Lithuanian with an accent on a dot": "Joki\u0307\u0301bas",
    "Yoruba": "Ọláńrewájú Ṣówándé",
    "Cherokee": "ᏍᏏᏉᏯ",
    "N'Ko": "ߛߟߏߡߊߣߊ ߞߊ߲ߕߍ߫",
    "Adlam": "𞤀𞤣𞤤𞤢𞤥",
    "Ethiopic": "አበበ ቢቂላ",
    "Georgian": "შოთა რუსთაველი",
    "Armenian": "Արամ Խաչատրյան",
    "Cyrillic": "Ёлкина-Щербакова Ольга",
    "Greek, polytonic": "Ἀριστοτέλης",
    "Irish": "Seán Ó Súilleabháin",
    "Hawaiian, okina": "Kaʻiulani",
    "apostrophes": "D’Angelo O'Brien",
    "with a number and a sign": "X Æ A-12 Jr. (née Müller) & Söhne, 3rd",
    "emoji, ZWJ and variation selector": "Ada 👩🏽\u200d⚕\ufe0f",
    "flag of Scotland, tags": "Ewan \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "one letter": "O",
    "a script of tomorrow": "\U0003fff0",
}
REFUSED = {
    "NUL": "a\x00b",
    "bell": "a\x07",
    "tab": "a\tb",
    "line feed": "a\nb",
    "line feed at the end": "a\n",
    "delete": "a\x7f",
    "next line": "a\x85b",
    "C1": "a\x9b31m",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029",
    **{f"direction {code:x}": f"a{chr(code)}b" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    "deprecated format": "a\u206e",
    "annotation": "a\ufff9b\ufffac\ufffb",
    "noncharacter": "a\uffff",
    "lone surrogate": "a\ud800",
    "tags that hide text": "Ada\U000e0041\U000e0042",
    "language tag": "\U000e0001Ada",
    "tags without an end": "\U0001f3f4\U000e0067Ada",
}


@pytest.mark.parametrize("name", REAL.values(), ids=REAL.keys())
def test_a_real_name_stays_as_it_is(name: str) -> None:
    assert names.line(name) == names.prose(name) == names.claimed(name) == name


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_plays_with_a_page_is_refused_and_taken_out_of_a_claim(text: str) -> None:
    with pytest.raises(ValueError, match="control how text is shown"):
        names.line(text)
    kept = names.claimed(text)
    assert kept is not None
    assert names.line(kept) == kept
    assert set(kept) <= set(text) | {" "}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  Ada   Weber ", "Ada Weber"),
        ("Ada\u00a0\u2009\u3000Weber", "Ada Weber"),
        ("\ufeffAda", "Ada"),
        ("   ", ""),
        ("\u200c\u200d\ufe0f", ""),
        ("\u0301", ""),
    ],
)
def test_white_space_is_folded_and_what_cannot_be_seen_is_nothing(given: str, shown: str) -> None:
    assert names.line(given) == shown


@pytest.mark.parametrize("claim", [None, "", "  ", "\x00", 5, ["Ada"], {"n": "Ada"}, "x" * 201, True])
def test_a_claim_that_is_no_name_is_none(claim: object) -> None:
    assert names.claimed(claim) is None


def test_lines_and_tabs_of_prose_stay() -> None:
    assert names.prose("\n a\nb\tc  d\n") == "a\nb\tc  d"
    for text in ("a\x00", "a\r\nb", "a\u2028b", "a\u202eb", "a\x0bb", "\ud800"):
        with pytest.raises(ValueError, match="control how text is shown"):
            names.prose(text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs", "Cn", "Co"))))
def test_letters_marks_and_signs_of_every_script_stay(text: str) -> None:
    assert names.line(text) in (text, "")


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_refused_or_becomes_one_that_stays(text: str) -> None:
    try:
        once = names.line(text)
    except ValueError:
        once = names.claimed(text) or ""
    assert names.line(once) == once
    once.encode()
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in once)
