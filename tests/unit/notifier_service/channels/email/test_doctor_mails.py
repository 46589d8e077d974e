"""Mails to doctors: who and when in the doctor's language, never why, and nothing that is the client's alone."""

from datetime import UTC, datetime

import pytest

from notifier_service.channels.email.rendering import Renderer, UnusableAddress
from notifier_service.channels.notice import Notice
from shared.jobs.model import DOCTOR_KINDS, Kind
from shared.wording import builtin
from shared.wording.loading import BUILT_IN
from tests.unit.notifier_service.channels.email.test_rendering import LINKING, RENDERER, a_notice, part, read

BEFORE = {
    "previous_starts_at": datetime(2027, 1, 4, 9, tzinfo=UTC),
    "previous_ends_at": datetime(2027, 1, 4, 9, 30, tzinfo=UTC),
}


def to_doctor(**changes: object) -> Notice:
    fields = {"kind": str(Kind.DOCTOR_NOTICE), "doctor_email": "ada@clinic.example", "doctor_locale": "en"}
    return a_notice(**(fields | changes))


@pytest.mark.parametrize("tag", BUILT_IN)
@pytest.mark.parametrize(
    ("facts", "news"),
    [
        ({}, "booked"),
        (BEFORE, "moved"),
        ({"is_cancelled": True}, "cancelled"),
        (BEFORE | {"is_cancelled": True}, "cancelled"),
    ],
)
def test_it_says_what_happened_to_whom_and_when(tag: str, facts: dict[str, object], news: str) -> None:
    notice = to_doctor(doctor_locale=tag, client_locale="xx", **facts)
    mail, language = read(RENDERER.render(notice)), builtin().of(tag)
    day, clock = language.day(notice.local_date), language.clock(notice.local_time)
    assert mail["To"] == "ada@clinic.example"
    assert mail["Subject"] == language.text(f"doctor_notice_email.{news}", day=day, time=clock)
    for text in (part(mail, "plain"), part(mail, "html")):
        for fact in (language.text(f"doctor_notice_email.{news}-title"), day, clock, "Alex Example"):
            assert fact in text
        assert (language.text("label.previously") in text) == ("previous_starts_at" in facts)


@pytest.mark.parametrize("kind", sorted(DOCTOR_KINDS))
def test_no_doctor_gets_a_reason_a_link_a_file_or_the_clients_address(kind: str) -> None:
    mail = read(
        LINKING.render(to_doctor(kind=kind, reason="Panic attacks", doctor_specialty="Psychiatry", message="Zq"))
    )
    whole = "".join(str(each.get_content()) for each in mail.walk() if not each.is_multipart())
    for secret in ("Panic", "Psychiatry", "Zq", "https://", "patients.example", "BEGIN:VCALENDAR"):
        assert secret not in whole
    assert "patients.example" not in str(mail)


def test_a_name_stays_in_its_place() -> None:
    mail = read(RENDERER.render(to_doctor(client_name="<b>Alex</b>\r\nWhen: never")))
    assert "<b>" not in part(mail, "html")
    assert "\nWhen: never" not in part(mail, "plain").replace("\r", "")
    assert "Patient" not in part(read(RENDERER.render(to_doctor(client_name=None))), "plain")


@pytest.mark.parametrize("address", [None, "", "nobody"])
def test_an_address_that_is_none_is_refused(address: str | None, renderer: Renderer = RENDERER) -> None:
    with pytest.raises(UnusableAddress):
        renderer.render(to_doctor(doctor_email=address))
