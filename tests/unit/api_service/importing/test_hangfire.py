"""The formats of Hangfire's tables, as its storages write them."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.importing import hangfire
from api_service.importing.faults import FileFaults
from api_service.importing.hangfire import HangfireJobs, Selector, selector
from api_service.importing.table import TableRow
from shared.jobs.model import Kind

TYPE = "Clinic.Jobs.Mails, Clinic, Version=1.0.0.0"
OLD = '{"Type":"TYPE","Method":"Remind","ParameterTypes":"[]","Arguments":null}'.replace("TYPE", TYPE)
NEW = '{"t":"TYPE","m":"Remind","p":["System.Int32"]}'.replace("TYPE", TYPE)
SELECTORS = {
    Kind.REMINDER: [Selector("Mails.Remind")],
    Kind.CREATED: [Selector("Mails.Confirm", 1, ("Appointment", "Id"))],
}
DUE = datetime(2027, 1, 5, 13, 0, tzinfo=UTC)


def a_row(**values: str) -> TableRow:
    said = {"jobId": "41", "state": "Scheduled", "invocationData": NEW, "arguments": '["7"]', "score": "1799154000"}
    return TableRow(2, {name: value for name, value in (said | values).items() if value})


def parsed(*rows: TableRow) -> tuple[HangfireJobs, list[str]]:
    faults = FileFaults()
    return hangfire.parsed(rows, SELECTORS, faults), list(faults.lines())


@pytest.mark.parametrize(
    ("row", "appointment", "due_at"),
    [
        (a_row(), "7", DUE),
        (a_row(invocationData=OLD), "7", DUE),
        (a_row(score="1799154000.0"), "7", DUE),
        (a_row(arguments='["\\"7\\""]'), "7", DUE),
        (
            a_row(arguments='["\\"0F8FAD5B-D9CB-469F-A165-70867728950E\\"","x"]'),
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            DUE,
        ),
        (a_row(arguments="", invocationData=NEW[:-1] + ',"a":["7"]}'), "7", DUE),
        (a_row(arguments="", invocationData=OLD.replace("null", '"[\\"7\\"]"')), "7", DUE),
        (a_row(state="Enqueued", score=""), "7", None),
    ],
)
def test_a_reminder_is_read_in_every_spelling(row: TableRow, appointment: str, due_at: datetime | None) -> None:
    jobs, faults = parsed(row)
    assert not faults
    assert [(job.job_id, job.kind, job.appointment, job.due_at) for job in jobs.pending] == [
        ("41", Kind.REMINDER, appointment, due_at)
    ]


def test_the_id_may_be_a_field_of_an_argument() -> None:
    arguments = orjson.dumps([None, '{"Appointment":{"Id":7}}']).decode()
    jobs, faults = parsed(a_row(invocationData=NEW.replace("Remind", "Confirm"), arguments=arguments))
    assert not faults
    assert [(job.kind, job.appointment) for job in jobs.pending] == [(Kind.CREATED, "7")]


def test_jobs_about_something_else_and_jobs_that_ended_are_counted() -> None:
    jobs, faults = parsed(
        a_row(invocationData=NEW.replace("Remind", "Bill")), a_row(state="Failed"), a_row(state="Deleted")
    )
    assert not faults
    assert (jobs.pending, dict(jobs.others), jobs.ended) == ([], {"Clinic.Jobs.Mails.Bill": 1}, 2)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (a_row(score="1.79873e+09"), "score is no Unix time in seconds with all its digits, such as 1798729200"),
        (a_row(score=""), "score is no Unix time in seconds with all its digits, such as 1798729200"),
        (a_row(score="1798729200000"), "score is no Unix time in seconds with all its digits, such as 1798729200"),
        (a_row(state="Sleeping"), "state is none of Hangfire's"),
        (a_row(invocationData="[]"), "invocationData is no JSON object"),
        (a_row(invocationData="{"), "invocationData is no JSON"),
        (a_row(invocationData="{}"), "invocationData names no type and method"),
        (a_row(arguments="7"), "arguments is no JSON array"),
        (a_row(arguments="[]"), "arguments has 0 arguments; the id should be number 0, from 0"),
        (a_row(arguments="[null]"), "arguments has no id at 0"),
        (a_row(arguments='["true"]'), "arguments has no id at 0"),
        (a_row(arguments='["1.5"]'), "arguments has no id at 0"),
        (a_row(arguments='["\\"\\""]'), "arguments has no id at 0"),
        (a_row(arguments='["{"]'), "arguments is no JSON"),
        (a_row(arguments="[" * 100_000), "arguments is no JSON"),
    ],
)
def test_a_job_that_cannot_be_understood_is_a_fault(row: TableRow, fault: str) -> None:
    jobs, faults = parsed(row)
    assert (jobs.pending, faults) == ([], [f"line 2: {fault}"])


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("tmpa") | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
_VALUE = st.text(max_size=30) | _JSON.map(
    lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode() if _fits(value) else "x"
)


def _fits(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False
    return True


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("jobId", "invocationData", "arguments", "score"), _VALUE)),
    st.sampled_from(["Scheduled", "enqueued", "x"]),
)
def test_a_job_of_any_values_is_read_or_is_a_fault(values: dict[str, str], state: str) -> None:
    for selected in (values, {"invocationData": NEW} | {k: v for k, v in values.items() if k != "invocationData"}):
        jobs, faults = parsed(TableRow(9, {**selected, "state": state}))
        assert len(jobs.pending) + sum(jobs.others.values()) + len(faults) == 1


@pytest.mark.parametrize("text", ["", ":1", "M:", "M:x", "M:1.", "M:1..a", "M N", "M:100"])
def test_a_selector_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a method"):
        selector(text)


def test_a_method_is_named_by_as_much_of_its_type_as_needed() -> None:
    assert Selector("Remind").names("Clinic.Mails, Clinic", "Remind")
    assert Selector("Clinic.Mails.Remind").names("Clinic.Mails, Clinic", "Remind")
    assert not Selector("ails.Remind").names("Clinic.Mails, Clinic", "Remind")
