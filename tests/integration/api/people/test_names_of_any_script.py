"""A person is found by name in words that people wrote, in any script; PostgreSQL and Python agree."""

import re

import pytest

from api_service.ops.core.mentions import Mentions
from shared.database import Database

NAMED = [
    ("王小明", "给王小明打电话"),
    ("王伟", "王伟先生来电"),
    ("김민수", "김민수에게 전화"),
    ("田中太郎", "患者の田中太郎さんから電話"),
    ("สมชาย ใจดี", "โทรหาสมชาย ใจดีแล้ว"),
    ("محمد علي", "اتصل ومحمد علي"),
    ("דוד לוי", "שלחתי לדוד לוי"),
    ("José Nuñez", "Jose\u0301 Nun\u0303ez rang"),
    ("Jose\u0301 Nun\u0303ez", "José Nuñez rang"),
    ("Weiß Groß", "WEISS GROSS rang"),
    ("Jörg Müller", "JÖRG MÜLLER rang"),
    ("Ada Lovelace", "_Ada Lovelace_ rang"),
    ("Ada Lovelace", "(Ada Lovelace's)"),
]
OTHERS = [
    ("Adam", "Adamson rang"),
    ("Weber", "the Weberei"),
    ("Li", "Li"),
    ("+49 30 1", "+49 30 12"),
    ("7777", "17777"),
]


@pytest.mark.parametrize(
    ("name", "words", "is_named"), [(*each, True) for each in NAMED] + [(*e, False) for e in OTHERS]
)
async def test_words_name_a_person(database: Database, name: str, words: str, is_named: bool) -> None:
    pattern = Mentions.of("some-id", [name]).pattern
    row = await database.fetchrow("SELECT $1::text ~* $2 AS found", words, pattern)
    assert row is not None
    assert (row["found"], re.search(pattern, words, re.IGNORECASE) is not None) == (is_named, is_named)
