"""Writes and signs the record of an appointment: what its client was told, when, and what came of it."""

import base64
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.api_jws import PyJWS

from api_service.ops.core import jobs as job_reader
from api_service.ops.core import stories
from api_service.ops.core.jobs import Attempt
from api_service.ops.core.stories import StoryAppointment
from shared.database import Executor
from shared.jobs.model import CLIENT_KINDS, Job

_PURPOSE: Final = b"punctual: records of appointments, 1"
VERSION: Final = 1


class RecordKey:
    """An Ed25519 key (RFC 8032), derived from a secret by HKDF (RFC 5869): the same secret gives the same key."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(public).rstrip(b"=").decode()}
        """The public key (RFC 8037)."""

    def sign(self, record: dict[str, Any]) -> str:
        """A compact JWS (RFC 7515, EdDSA) whose payload is the record as JSON."""
        return PyJWS().encode(
            orjson.dumps(record, option=orjson.OPT_UTC_Z), self._key, algorithm="EdDSA", headers={"typ": "JOSE"}
        )


async def record(executor: Executor, appointment_id: UUID, *, now: datetime | None = None) -> dict[str, Any] | None:
    """As JSON has it, as far as jobs, notifications and reports are still kept; None where there is no such
    appointment. Addresses and the reason of the visit are not in it."""
    found = await stories.appointment(executor, appointment_id)
    if found is None:
        return None
    jobs = [job for job in await stories.jobs_of(executor, appointment_id) if job.kind in CLIENT_KINDS]
    attempts: dict[UUID, list[Attempt]] = defaultdict(list)
    for each in await job_reader.attempts(executor, [job.id for job in jobs]):
        attempts[each.job_id].append(each)
    reports: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for report in await stories.returned(executor, appointment_id):
        reports[report.job_id].append({"event": report.event, "status": report.status, "at": report.at})
    return {
        "version": VERSION,
        "writtenAt": now or datetime.now(UTC),
        "appointment": _appointment(found),
        "told": [_told(job, attempts[job.id], reports[job.id]) for job in jobs],
        "inApp": [
            {"kind": each.kind, "at": each.created_at, "readAt": each.read_at}
            for each in await stories.told(executor, found)
        ],
        "clientActs": [
            {"act": each.act, "via": each.via, "at": each.at, "startsAt": each.starts_at}
            for each in await stories.acts_of(executor, appointment_id)
        ],
    }


def _appointment(found: StoryAppointment) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "clientId": found.client_id,
        "doctor": found.doctor,
        "status": found.status,
        "startsAt": found.starts_at,
        "endsAt": found.ends_at,
        "appointmentDate": found.local_date.isoformat(),
        "appointmentTime": f"{found.local_time:%H:%M}",
        "timezone": found.timezone,
        "createdAt": found.created_at,
    }


def _told(job: Job, attempts: Sequence[Attempt], reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`replyCode` is the mail server's: its own words may echo an address."""
    return {
        "jobId": str(job.id),
        "kind": job.kind,
        "channel": job.channel,
        "state": job.state,
        "reason": job.reason,
        "resendOf": None if job.resend_of is None else str(job.resend_of),
        "createdAt": job.created_at,
        "dueAt": job.due_at,
        "endedAt": job.finished_at,
        "attempts": [
            {
                "attempt": each.attempt,
                "startedAt": each.started_at,
                "finishedAt": each.finished_at,
                "outcome": each.outcome,
                "replyCode": each.reply_code,
            }
            for each in attempts
        ],
        "reports": list(reports),
    }
