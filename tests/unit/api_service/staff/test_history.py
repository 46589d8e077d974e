"""The history of an appointment is one chain: what is so after an act is so before the next one."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api_service.appointments.model import Act, Appointment
from api_service.staff.history import KeptAct, history

START = datetime(2027, 1, 5, 14, tzinfo=UTC)
LENGTH = timedelta(minutes=30)


def an_act(act: Act, at: datetime, starts: datetime, previous: datetime | None = None, **columns: object) -> KeptAct:
    values = {
        "via": "api",
        "actor": "desk",
        "ends_at": starts + LENGTH,
        "previous_ends_at": previous + LENGTH if previous else None,
        "message": None,
        "request_id": "r",
    }
    return KeptAct(act=act, at=at, starts_at=starts, previous_starts_at=previous, **(values | columns))  # type: ignore[arg-type]


def an_appointment(starts: datetime) -> Appointment:
    return Appointment(
        id=UUID(int=1),
        doctor_id="1",
        client_id="client-1",
        local_date=starts.date(),
        local_time=starts.time(),
        timezone="UTC",
        starts_at=starts,
        ends_at=starts + LENGTH,
        status="booked",
        reason=None,
        version=1,
        created_at=START - timedelta(days=9),
        updated_at=START,
    )


@given(st.lists(st.sampled_from([act for act in get_args(Act) if act != "booked"]), max_size=8), st.booleans())
def test_each_act_begins_where_the_one_before_has_ended(acts: list[Act], is_old: bool) -> None:
    starts, kept = START, []
    for number, act in enumerate(acts):
        previous = None
        if act == "moved":
            previous, starts = starts, starts + timedelta(days=1)
        old = {"actor": None, "ends_at": None} if is_old else {}
        kept.append(an_act(act, START + timedelta(seconds=number), starts, previous, **old))

    told = history(an_appointment(starts), kept, shows_message=True)

    assert [each["act"] for each in told] == ["booked", *acts]
    assert told[0]["before"] is None
    assert told[0]["after"]["startsAt"] == START
    assert told[-1]["after"]["startsAt"] == starts
    for one, other in pairwise(told):
        before = other["before"]
        assert before is not None
        unknown = {"endsAt": None} if is_old else {}
        assert {**before, **unknown} == {**one["after"], **unknown}
    assert {each["by"] for each in told} <= ({"client-1"} if is_old else {"client-1", "desk"})


def test_words_of_the_staff_are_for_the_staff() -> None:
    acts = [an_act("cancelled", START, START, message="the doctor is ill")]
    shown = [history(an_appointment(START), acts, shows_message=each)[-1]["message"] for each in (True, False)]
    assert shown == ["the doctor is ill", None]
