"""Ids, and the trace that a request id names."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id, new_job_id, stored_traceparent, traceparent_of
from shared.process.tracing import usable

REQUEST_IDS = st.one_of(
    st.none(), st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), st.uuids().map(lambda u: u.hex)
)


def test_an_id_of_ours_names_a_trace() -> None:
    request_id = new_id().hex
    traceparent = traceparent_of(request_id)
    assert traceparent is not None
    assert usable(traceparent)
    assert request_id in traceparent


@given(REQUEST_IDS)
def test_a_trace_is_usable_or_there_is_none(request_id: str | None) -> None:
    traceparent = traceparent_of(request_id)
    assert traceparent is None or usable(traceparent)


@given(REQUEST_IDS, st.booleans(), st.integers(1, 2**128 - 1))
def test_what_is_not_stored_is_known(request_id: str | None, is_own: bool, trace: int) -> None:
    traceparent = traceparent_of(request_id) if is_own else f"00-{trace:032x}-00000000000000ff-01"
    assert (stored_traceparent(traceparent, request_id) or traceparent_of(request_id)) == traceparent


@given(st.uuids())
def test_a_job_ends_like_its_appointment_but_for_the_last_digit(appointment_id: UUID) -> None:
    jobs = [new_job_id(appointment_id) for _ in range(100)]
    assert {str(job)[-8:-1] for job in jobs} == {str(appointment_id)[-8:-1]}
    assert str(appointment_id)[-1] not in {str(job)[-1] for job in jobs}
    assert {job.version for job in jobs} == {7}
    assert len(set(jobs)) == len(jobs)
