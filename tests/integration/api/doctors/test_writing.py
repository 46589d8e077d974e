"""Operators write doctors; a PUT replaces the whole, and its answer says what that has cleared."""

import pytest

from tests.support.client import Client

OPTIONAL = {
    "specialty": "Cardiology",
    "location": "Hauptstraße 1",
    "slotMinutes": 50,
    "hours": {"mon": [["09:00", "12:00"]]},
    "daysOff": ["2083-12-27"],
}
WHOLE = {"name": "Dr. Ada", "timezone": "Europe/Berlin", **OPTIONAL}


@pytest.mark.parametrize("left_out", [(), *((name,) for name in OPTIONAL), tuple(OPTIONAL)])
async def test_the_answer_names_what_was_left_out_and_had_a_value(operator: Client, left_out: tuple[str, ...]) -> None:
    await operator("PUT", "/api/ops/doctors/w", WHOLE)
    kept = {name: value for name, value in WHOLE.items() if name not in left_out}
    answer = await operator("PUT", "/api/ops/doctors/w", kept)
    assert (answer.status, answer.body["cleared"]) == (200, list(left_out))
    again = await operator("PUT", "/api/ops/doctors/w", kept)
    assert again.body["cleared"] == []


async def test_a_value_that_is_taken_back_by_name_is_no_surprise(operator: Client) -> None:
    await operator("PUT", "/api/ops/doctors/w", WHOLE)
    answer = await operator("PUT", "/api/ops/doctors/w", WHOLE | {"specialty": "", "hours": None, "daysOff": []})
    assert (answer.body["specialty"], answer.body["hours"], answer.body["cleared"]) == ("", None, [])


async def test_a_new_doctor_has_lost_nothing(operator: Client) -> None:
    answer = await operator("PUT", "/api/ops/doctors/new", {"name": "Dr. Ada", "timezone": "Europe/Berlin"})
    assert answer.body["cleared"] == []
