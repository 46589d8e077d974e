"""What a report says, whatever text it comes with."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.deliveries.model import LONGEST_DETAIL, DeliveryEvent, blames_address, report_of, status_in

JOB = UUID("01a20b61-8d9e-762d-a1a5-40892a7d2830")


@pytest.mark.parametrize(
    ("status", "blamed"),
    [
        ("5.1.1", True),
        ("5.1.10", True),
        ("5.2.1", True),
        ("5.0.0", True),
        ("5.4.4", True),  # no such domain
        ("5.1.8", False),  # our sender
        ("5.2.2", False),  # full
        ("5.4.7", False),
        ("5.4.44", False),
        ("5.7.1", False),
        ("4.4.7", False),
        ("2.0.0", False),
        (None, False),
    ],
)
def test_a_status_says_whether_the_address_is_at_fault(status: str | None, blamed: bool) -> None:
    assert blames_address(status) is blamed


def test_a_status_is_found_in_the_detail() -> None:
    report = report_of(
        JOB, DeliveryEvent.RETURNED, source="api", detail="smtp; 550 5.1.1 <ada@patients.example> unknown"
    )
    assert (report.status, report.is_permanent) == ("5.1.1", True)


def test_an_address_of_numbers_is_no_status() -> None:
    assert status_in("host 192.4.5.1.1 said no") is None
    assert status_in("host 5.1.1.7 said no") is None


@given(st.text(), st.text(), st.text(), st.sampled_from(DeliveryEvent), st.sampled_from([True, False, None]))
def test_any_text_becomes_a_report_that_can_be_stored(
    status: str, detail: str, recipient: str, event: DeliveryEvent, permanent: bool | None
) -> None:
    report = report_of(
        JOB, event, source="api", status=status, detail=detail, recipient=recipient, is_permanent=permanent
    )

    for text in (report.status or "", report.detail, report.recipient or ""):
        assert "\x00" not in text
        text.encode()
    assert len(report.detail) <= LONGEST_DETAIL
    assert report.status is None or status_in(report.status) == report.status
