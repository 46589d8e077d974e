"""Every kind of answer at every stage, with and without PIPELINING: one outcome each, nothing left in the session."""

import asyncio
from dataclasses import replace

import pytest

from tests.integration.email.conformance.answers import KINDS, Kind
from tests.integration.email.conformance.converse import (
    PATIENT,
    a_delivery,
    a_mail,
    a_mailer,
    converse,
    end_of,
    waits_briefly_at,
)
from tests.integration.email.conformance.table import ENDS_LATER, PLAIN, TABLE, expected, spelled
from tests.support.scripted_smtp import EXTENSIONS, STAGES, Stage, scripted


async def seen(kind: Kind, stage: Stage, *, pipelining: bool) -> str:
    """What came of one mail. The next one, on whatever connection, must arrive whole and alone."""
    answer = kind.make(stage)
    async with scripted({stage: answer}) as server:
        server.extensions = EXTENSIONS if pipelining else EXTENSIONS[1:]
        is_too_late = answer.late or answer.then == "hangs"
        async with a_mailer(server, timeouts=waits_briefly_at(stage) if is_too_late else PATIENT) as mailer:
            what = await converse(server, mailer, hangs_up=answer.then == "hangs up")
            server.script = lambda _: {}
            before = len(server.taken)
            other = replace(a_mail("other@patients.example"), message=b"Subject: second\r\n\r\nother\r\n")
            assert end_of(await a_delivery(mailer).hand_over(other)) == "sent"
            assert server.taken[before:] == [(b"other@patients.example", other.message)]
    return str(what)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.strip("`"))
async def test_whatever_is_answered_one_outcome_is_right(kind: Kind, library_internals: str) -> None:
    plain = library_internals == "off"
    cases = [(stage, pipelining) for stage in STAGES for pipelining in (True, False)]
    came = await asyncio.gather(*(seen(kind, stage, pipelining=pipelining) for stage, pipelining in cases))
    wrong = {}
    for (stage, pipelining), outcome in zip(cases, came, strict=True):
        right = [expected(kind.name, stage, pipelining=pipelining, plain=plain)]
        right += [spelled(code) for place, code in ENDS_LATER.items() if place == (kind.name, stage)]
        if outcome not in right:
            wrong[stage, pipelining] = (outcome, right)
    assert not wrong


def test_the_table_has_each_kind_of_answer_once() -> None:
    names = [kind.name for kind in KINDS]
    assert names == list(TABLE)
    assert len(names) * len(STAGES) >= 120


def test_a_difference_of_the_plain_way_is_one() -> None:
    for kind, stage in PLAIN:
        assert expected(kind, stage, pipelining=False, plain=True) != expected(kind, stage, pipelining=False)
