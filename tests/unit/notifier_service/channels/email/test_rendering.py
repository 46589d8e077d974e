"""The e-mails, read back by the standard library's parser."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import html5lib
import icalendar
import pytest
from asyncpg.pgproto.pgproto import UUID as RowUUID  # noqa: N811 - what rows have
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.rendering import Renderer, UnusableAddress
from notifier_service.channels.email.wording import MailWording
from notifier_service.channels.notice import Notice
from shared.clinic import Clinic
from shared.jobs.model import CLIENT_KINDS, Kind
from shared.links.appointments import AppointmentLinks
from shared.wording import builtin
from shared.wording.interval import Interval, written
from shared.wording.loading import BUILT_IN
from tests.support import plain_mail

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SENDER = "Punctual Züri <appointments@punctual.example>"
RENDERER = Renderer(SENDER, now=lambda: NOW)
LINK = "https://punctual.example/unsubscribe/1.a?b=c&d=e"
LINKS = AppointmentLinks(*(f"https://punctual.example/a/1.b{path}" for path in ("", "/cancel", "/calendar.ics")))
WORDING = MailWording(builtin(), shows_reason=True)
LINKING = Renderer(
    SENDER, wording=WORDING, unsubscribe=lambda _: LINK, appointment_links=lambda _: LINKS, now=lambda: NOW
)
JOB = UUID(int=7)


def a_notice(**changes: object) -> Notice:
    fields: dict[str, object] = {
        "job_id": JOB,
        "kind": str(Kind.CREATED),
        "appointment_id": RowUUID(str(UUID(int=8))),
        "local_date": date(2027, 1, 5),
        "local_time": time(15, 0),
        "timezone": "Europe/Berlin",
        "starts_at": datetime(2027, 1, 5, 14, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 5, 14, 30, tzinfo=UTC),
        "reason": "Regular checkup",
        "doctor_name": "Dr. Ada Weber",
        "doctor_specialty": "General practice",
        "doctor_location": "Lindenstraße 12, Berlin",
        "client_id": "client-1",
        "client_name": "Alex Example",
        "client_email": "alex@patients.example",
        "client_locale": "en",
    }
    return Notice(**(fields | changes))  # type: ignore[arg-type]


def parsed(**changes: object) -> EmailMessage:
    return read(RENDERER.render(a_notice(**changes)))


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_every_kind_says_who_when_and_where_in_text_and_html(kind: Kind) -> None:
    message = parsed(kind=str(kind))
    for text in (part(message, "plain"), part(message, "html")):
        for fact in ("Dr. Ada Weber", "Tuesday", "5 January 2027", "15:00", "Central European Standard Time"):
            assert fact in text
        for fact in ("UTC+01:00", "15:00–15:30", "Lindenstraße 12, Berlin", "Alex Example"):
            assert fact in text


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_an_illness_is_told_only_where_the_clinic_says_so(kind: Kind) -> None:
    notice = a_notice(kind=str(kind), doctor_specialty="Psychiatry", reason="Panic attacks")
    message = read(RENDERER.render(notice))
    for content in (part(message, "plain"), part(message, "html"), calendar_of(message), str(message["Subject"])):
        assert "Psychiatry" not in content
        assert "Panic" not in content
    open_mail = read(Renderer(SENDER, wording=MailWording(builtin(), shows_reason=True)).render(notice))
    for content in (part(open_mail, "plain"), part(open_mail, "html")):
        assert "Psychiatry" in content
        assert "Panic attacks" in content
    assert "Psychiatry" not in calendar_of(open_mail) + str(open_mail["Subject"])
    assert "Panic" not in calendar_of(open_mail) + str(open_mail["Subject"])


def test_a_moved_appointment_says_from_when() -> None:
    before = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
    message = parsed(kind=str(Kind.RESCHEDULED), previous_starts_at=before)
    for text in (part(message, "plain"), part(message, "html")):
        assert "Monday, 4 January 2027, 10:30" in text
    assert "Previously" not in part(parsed(kind=str(Kind.RESCHEDULED)), "plain")
    end = before + timedelta(minutes=45)
    whole = parsed(kind=str(Kind.RESCHEDULED), previous_starts_at=before, previous_ends_at=end)
    assert "Previously: Monday, 4 January 2027, 10:30–11:15 (Central European" in part(whole, "plain")


def an_offer(**changes: object) -> Notice:
    starts = [datetime(2027, 3, day, hour, tzinfo=UTC) for day, hour in ((26, 14), (28, 13), (29, 13))]
    offered = tuple(
        Interval(each, each + timedelta(minutes=30), each.date(), time(15), "Europe/Berlin") for each in starts
    )
    fields = {"kind": str(Kind.OFFER), "offered": offered, "held_until": datetime(2027, 3, 25, 17, tzinfo=UTC)}
    return a_notice(**(fields | changes))


def test_an_offer_names_its_times_on_the_clinics_clock_in_text_and_html() -> None:
    """Also where the clocks go forward between two of them."""
    message = read(LINKING.render(an_offer(message="The doctor is ill.")))
    lines = [
        "1. Friday, 26 March 2027, 15:00–15:30 (Central European Standard Time, UTC+01:00)",
        "2. Sunday, 28 March 2027, 15:00–15:30 (Central European Summer Time, UTC+02:00)",
        "3. Monday, 29 March 2027, 15:00–15:30 (Central European Summer Time, UTC+02:00)",
    ]
    text, html = part(message, "plain").replace("\r\n", "\n"), part(message, "html")
    assert "Free times: " + "\n  ".join(lines) in text
    assert "<br>\n".join(lines) in html.replace("\r\n", "\n")
    for content in (text, html):
        assert "Thursday, 25 March 2027, 18:00" in content
        assert "Tuesday, 5 January 2027, 15:00" in content
        assert "The doctor is ill." in content
        assert "Choose a new time" in content
    assert message["Subject"].startswith("New time needed: Tuesday, 5 January 2027, 15:00")
    assert "STATUS:TENTATIVE" in calendar_of(message)


@pytest.mark.parametrize("tag", BUILT_IN)
def test_an_offer_names_its_times_in_every_language(tag: str) -> None:
    message = read(LINKING.render(an_offer(client_locale=tag)))
    language = builtin().of(tag)
    for each in an_offer().offered:
        for content in (part(message, "plain"), part(message, "html")):
            assert written(each, language) in content
    assert language.text("label.held-until") in part(message, "plain")


def test_an_offer_without_times_is_readable() -> None:
    message = parsed(kind=str(Kind.OFFER))
    assert "Free times" not in part(message, "plain")


@pytest.mark.parametrize("tag", ["en", "de", "ar"])
def test_the_app_says_from_when_and_to_when(tag: str) -> None:
    before = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
    fields = {"kind": str(Kind.RESCHEDULED), "client_locale": tag}
    language = builtin().of(tag)
    plain = MailWording(builtin()).in_app(a_notice(**fields))[1]

    body = MailWording(builtin()).in_app(a_notice(**fields, previous_starts_at=before))[1]

    old = language.appointment(date(2027, 1, 4), time(10, 30), before, "Europe/Berlin")
    assert body.startswith(plain)
    assert body.endswith(f"{language.text('label.previously')}: {old}.")


@pytest.mark.parametrize(
    ("timezone", "own"),
    [
        ("America/New_York", "Your time: Tuesday, 5 January 2027, 09:00–09:30 (Eastern Standard Time, UTC-05:00)"),
        ("Asia/Tokyo", "Your time: Tuesday, 5 January 2027, 23:00–23:30 (Japan Standard Time, UTC+09:00)"),
        ("Europe/Paris", None),  # its clocks show the same
        ("Mars/Olympus", None),
        (None, None),
    ],
)
def test_a_client_elsewhere_reads_their_own_time_too(timezone: str | None, own: str | None) -> None:
    text = part(parsed(client_timezone=timezone), "plain")
    assert own in text if own else "Your time" not in text
    assert "15:00–15:30 (Central European Standard Time, UTC+01:00)" in text


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_the_calendar_entry_is_the_last_alternative_and_an_attachment(kind: Kind) -> None:
    method = "CANCEL" if kind == Kind.CANCELLED else "REQUEST"
    message = parsed(kind=str(kind), version=3)
    alternatives, attachment = message.iter_parts()
    assert [each.get_content_type() for each in alternatives.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    invitation = list(alternatives.iter_parts())[-1]
    assert (invitation.get_param("method"), attachment.get_filename()) == (method, "appointment.ics")
    event = icalendar.Calendar.from_ical(calendar_of(message)).walk("VEVENT")[0]
    assert (event["UID"], event["SEQUENCE"]) == (str(UUID(int=8)), 2)
    assert (event["ORGANIZER"], event["ATTENDEE"]) == (
        "mailto:appointments@punctual.example",
        "mailto:alex@patients.example",
    )
    assert invitation.get_payload(decode=True) == attachment.get_content()


def test_the_mails_of_one_appointment_are_one_thread() -> None:
    mails = [parsed(kind=str(kind), job_id=UUID(int=number)) for number, kind in enumerate(CLIENT_KINDS)]
    assert {mail["References"] for mail in mails} == {f"<appointment-{UUID(int=8)}@punctual.example>"}
    assert all(mail["In-Reply-To"] == mail["References"] != mail["Message-ID"] for mail in mails)


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_programs_read_the_reservation(kind: Kind) -> None:
    html = part(read(LINKING.render(a_notice(kind=str(kind), client_name="</script><b>"))), "html")
    [markup] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    reservation = json.loads(markup)
    status = {Kind.CANCELLED: "Cancelled", Kind.OFFER: "Pending"}.get(kind, "Confirmed")
    assert reservation["reservationStatus"] == f"https://schema.org/Reservation{status}"
    assert reservation["reservationFor"]["startDate"] == "2027-01-05T15:00:00+01:00"
    assert reservation["underName"]["name"] == "</script><b>"
    assert reservation["modifyReservationUrl"] == LINKS.manage


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
@pytest.mark.parametrize("locale", builtin().tags)
def test_the_html_has_no_error(kind: Kind, locale: str) -> None:
    html = part(read(OF_CLINIC.render(a_notice(kind=str(kind), client_locale=locale, reason="a\nb"))), "html")
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(html)
    assert f'dir="{builtin().of(locale).direction}"' in html


def calendar_of(message: EmailMessage) -> str:
    *_, attachment = message.iter_parts()
    return bytes(attachment.get_content()).decode()


def test_the_message_id_is_the_jobs() -> None:
    assert parsed()["Message-ID"] == f"<{JOB}@punctual.example>"


def test_a_header_field_of_the_operators_choice_has_the_jobs_id() -> None:
    renderer = Renderer(SENDER, now=lambda: NOW, job_header="X-PM-Metadata-job")
    assert read(renderer.render(a_notice()))["X-PM-Metadata-job"] == str(JOB)


def test_summer_time_has_its_name() -> None:
    moment = datetime(2027, 7, 5, 13, tzinfo=UTC)
    text = part(parsed(local_date=date(2027, 7, 5), starts_at=moment), "plain")
    assert "Central European Summer Time" in text


def test_german_clients_read_german() -> None:
    message = parsed(client_locale="de-AT")
    assert message["Content-Language"] == "de"
    assert "5. Jänner 2027" in part(message, "plain") or "5. Januar 2027" in part(message, "plain")


LINES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n.= %<&"), max_size=200)
HOSTILE = 'x\r\nBcc: victim@patients.example\r\n\r\n<script>alert(1)</script>{{7*7}} "\u2028\x00\x1b='


@pytest.mark.parametrize("field", ["reason", "doctor_name", "doctor_location", "doctor_specialty", "client_name"])
def test_what_people_typed_injects_neither_headers_nor_html(field: str) -> None:
    message = parsed(**{field: HOSTILE})
    assert message["Bcc"] is None
    assert set(message.keys()) == set(parsed().keys())
    assert re.findall("<script[^ ]*", part(message, "html")) == ["<script"]
    assert "alert(1)</script" not in part(message, "html")
    is_shown = field in ("doctor_name", "doctor_location")
    assert "{{7*7}}" in part(message, "plain") or not is_shown
    title, body = MailWording(builtin()).in_app(a_notice(**{field: HOSTILE}))
    assert "\r" not in title + body


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b\r\nRCPT TO:<x@y.example>", "a b@c.example", "<a@b.example>", "a@b.example, c@d.example"],
)
def test_an_unusable_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        RENDERER.render(a_notice(client_email=address))


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_any_text_makes_a_readable_mail_of_short_crlf_lines(name: str, doctor: str, reason: str) -> None:
    raw = RENDERER.render(a_notice(client_name=name, doctor_name=doctor, reason=reason))
    lines = raw.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line or len(line) > 998 or line.startswith(b".") for line in lines)
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert message["Message-ID"] == f"<{JOB}@punctual.example>"
    assert "Tuesday" in part(message, "plain")


def built(**changes: object) -> bytes:
    notice = a_notice(**changes)
    return plain_mail.built(
        notice,
        sender=SENDER,
        domain="punctual.example",
        now=NOW,
        wording=WORDING,
        unsubscribe=LINK if notice.kind == Kind.REMINDER else "",
        links=lambda _: LINKS,
    )


def decoded(raw: bytes) -> list[tuple[list[tuple[str, str]], object]]:
    """The header fields of a mail and of its parts, as they are written, and the content of each part, decoded."""
    return [
        (list(part.items()), None if part.is_multipart() else part.get_payload(decode=True))
        for part in message_from_bytes(raw).walk()
    ]


ODD = [
    "",
    "   ",
    "x" * 75,
    "x" * 76,
    "x" * 77,
    "word " * 400,
    "Müller-Lüdenscheidt, Prof. Dr. Dr. h. c. " * 3,
    "👩‍⚕️🩺" * 60,
    ".",
    "..\n.\n.dots begin\n\n.these lines",
    "ends in a space \n and a tab\t\n",
    "100 % of %s and %(name)s, {0} {{words}} {%",
    "\ue0000\ue001 a mark of ours",
    'quotes " and \\ <b>&amp;</b>',
    "a=3D b=\n=20",
    "\x00\x07\x1b[31m\x7f\x85\x9f",
    "\r\nBcc: somebody@patients.example\r\n\r\nhello",
    "\u2028\u2029\u200b\ufeff",
    "From the beginning",
]


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
@pytest.mark.parametrize("field", ["reason", "doctor_name", "doctor_location", "doctor_specialty", "client_name"])
@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_make_the_mail_that_is_built_without_compiling(text: str, field: str, locale: str) -> None:
    changes: dict[str, object] = {field: text, "client_locale": locale}
    assert decoded(LINKING.render(a_notice(**changes))) == decoded(built(**changes))


@given(
    kind=st.sampled_from(list(CLIENT_KINDS)),
    locale=st.sampled_from([*builtin().tags, "de-CH"]),
    name=st.none() | LINES,
    doctor=LINES,
    location=LINES,
    reason=st.none() | LINES,
)
def test_any_mail_is_the_one_that_is_built_without_compiling(
    kind: Kind, locale: str, name: str | None, doctor: str, location: str, reason: str | None
) -> None:
    changes: dict[str, object] = {
        "kind": str(kind),
        "client_locale": locale,
        "client_name": name,
        "doctor_name": doctor,
        "doctor_location": location,
        "reason": reason,
        "offered": an_offer().offered if kind is Kind.OFFER else (),
    }
    assert decoded(LINKING.render(a_notice(**changes))) == decoded(built(**changes))


CLINIC = Clinic.model_validate(
    {
        "name": "Praxis am Lindenpark",
        "address": "Lindenstraße 12, 10969 Berlin",
        "website": "https://clinic.example",
        "map_link": "https://maps.example/?a=1&b=2",
        "logo_url": "https://clinic.example/logo.png",
        "colour": "#ffe066",
        "telephone": "+49 30 1234567",
        "reply_to": "Empfang Züri <reception@clinic.example>",
        "bring": {"en": "Your health card", "de": "Ihre Versichertenkarte"},
        "doctors": {"7": {"location": "Room 14", "bring": {"de": "Ihre Befunde", "en": "Your findings"}}},
    }
)
OF_CLINIC = Renderer(SENDER, wording=MailWording(builtin(), CLINIC), reply_to=CLINIC.reply_to, now=lambda: NOW)


@pytest.mark.parametrize("kind", list(CLIENT_KINDS))
def test_a_clinics_own_details_are_in_its_mails(kind: Kind) -> None:
    message = read(OF_CLINIC.render(a_notice(kind=str(kind), client_locale="de", doctor_id="7")))
    assert message["Reply-To"] == "Empfang Züri <reception@clinic.example>"
    for text in (part(message, "plain"), part(message, "html")):
        for fact in ("Room 14", "Lindenstraße 12, 10969 Berlin", "+49 30 1234567"):
            assert fact in text
        assert ("Ihre Befunde" in text) == (kind != Kind.CANCELLED)
        assert "antworten Sie nicht" not in text
    assert MailWording(builtin(), CLINIC).in_app(a_notice(doctor_id="7"))[1].endswith(", Room 14")
    html = part(message, "html")
    assert '<a class="link" href="tel:+49301234567"' in html
    assert ("https://maps.example/?a=1&amp;b=2" in html) == (kind != Kind.CANCELLED)
    assert "background-color: #ffe066" in html
    assert 'alt="Praxis am Lindenpark"' in html
    other = read(OF_CLINIC.render(a_notice(kind=str(kind))))
    assert ("Your health card" in part(other, "plain")) == (kind != Kind.CANCELLED)
