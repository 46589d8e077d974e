"""Makes mails that come back: delivery reports, complaints, auto-replies."""

from typing import Final

ABSENCE: Final = (
    b"From: ada@patients.example\r\nTo: bounces@clinic.example\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n"
    b"\r\nI am on holiday. 5.1.1\r\n"
)


def a_delivery_report(*, action: str = "failed", status: str = "5.1.1", kind: str = "delivery-status") -> bytes:
    """As Postfix writes it (RFC 3464)."""
    return f"""\
Return-Path: <>
Received: by mail.clinic.example (Postfix) id 4Zx; Wed, 25 Nov 2026 22:00:00 +0000 (UTC)
From: MAILER-DAEMON@mail.clinic.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind};
\tboundary="4Zx.1764108000/mail.clinic.example"

--4Zx.1764108000/mail.clinic.example
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.clinic.example.

--4Zx.1764108000/mail.clinic.example
Content-Description: Delivery report
Content-Type: message/{kind}

Reporting-MTA: dns; mail.clinic.example
Original-Envelope-Id: 01a20b61-8d9e-762d-a1a5-40892a7d2830
Arrival-Date: Wed, 25 Nov 2026 22:00:00 +0000 (UTC)

Final-Recipient: rfc822; ada@patients.example
Original-Recipient: rfc822;ada@patients.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.patients.example
Diagnostic-Code: smtp; 550 {status} <ada@patients.example>: Recipient address
    rejected: User unknown

--4Zx.1764108000/mail.clinic.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Clinic <appointments@clinic.example>
Subject: Appointment confirmed

--4Zx.1764108000/mail.clinic.example--
""".replace("\n", "\r\n").encode()


def a_complaint(sender: str, *, kind: str = "abuse", by_field: bool = True) -> bytes:
    """As the example of RFC 5965, appendix B. `by_field`: it names the envelope sender itself."""
    field = f"Original-Mail-From: <{sender}>\n" if by_field else ""
    return f"""\
From: <abusedesk@example.com>
Date: Thu, 8 Mar 2005 17:40:36 EDT
Subject: FW: Earn money
To: <abuse@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{field}Reported-Domain: example.net

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

Return-Path: <{sender}>
From: <appointments@clinic.example>
To: <ada@patients.example>
Subject: Appointment confirmed

Hello
--part1_13d.2e68ed54_boundary--
""".replace("\n", "\r\n").encode()
