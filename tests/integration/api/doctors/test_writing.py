"""Operators write doctors; a PUT replaces the whole, and its answer says what that has cleared."""

import pytest

from tests.support.client import Client

OPTIONAL = {
    "specialty": "Cardiology",
    "location": "Hauptstraße 1",
    "slotMinutes": 50,
    "hours": {"mon": [["09:00", "12:00"]]},
    "daysOff": ["2083-12-27"],
    "reminderOffsets": [86400, 3600],
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
    offsets = await operator("PUT", "/api/ops/doctors/w", WHOLE | {"reminderOffsets": None})
    assert (offsets.body["reminderOffsets"], offsets.body["cleared"]) == (None, [])


async def test_a_new_doctor_has_lost_nothing(operator: Client) -> None:
    answer = await operator("PUT", "/api/ops/doctors/new", {"name": "Dr. Ada", "timezone": "Europe/Berlin"})
    assert answer.body["cleared"] == []


@pytest.mark.parametrize("name", [*WHOLE])
async def test_a_patch_changes_what_it_names_and_nothing_else(operator: Client, name: str) -> None:
    other = {
        "name": "Dr. Grace",
        "timezone": "Europe/London",
        "specialty": "",
        "location": "Elsewhere",
        "slotMinutes": 20,
        "hours": None,
        "daysOff": [],
        "reminderOffsets": None,
    }
    await operator("PUT", "/api/ops/doctors/w", WHOLE)
    answer = await operator("PATCH", "/api/ops/doctors/w", {name: other[name]})
    expected = {**WHOLE, name: other[name]}
    assert answer.status == 200
    assert {each: answer.body[each] for each in expected} == expected
    assert (answer.body["cleared"], answer.body["affected"]) == ([], 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"unknown": 1}, ""),
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"timezone": "Nowhere/City"}, "/timezone"),
        ({"hours": {}}, ""),
        ({"slotMinutes": 4}, "/slotMinutes"),
        ({"reminderOffsets": [0]}, "/reminderOffsets/0"),
        ({"reminderOffsets": ["soon"]}, "/reminderOffsets/0"),
        ({"reminderOffsets": ["1h", 3600]}, "/reminderOffsets"),
        ({"reminderOffsets": [1e10]}, "/reminderOffsets/0"),
        ({"reminderOffsets": list(range(1, 12))}, "/reminderOffsets"),
    ],
)
async def test_an_unusable_patch_names_its_fault(operator: Client, body: dict[str, object], pointer: str) -> None:
    await operator("PUT", "/api/ops/doctors/w", WHOLE)
    answer = await operator("PATCH", "/api/ops/doctors/w", body)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)
    assert (await operator("PATCH", "/api/ops/doctors/none", {"name": "A"})).status == 404
