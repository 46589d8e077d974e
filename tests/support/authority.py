"""A certificate authority of a test's own, with servers' certificates: a good one, and some that must be refused."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files that a server can be given."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server in this process."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Authority:
    """`file` is what clients trust. Its servers are called localhost: 127.0.0.1 is another name."""

    file: Path
    good: Certificate
    expired: Certificate
    other_host: Certificate

    @classmethod
    def made_in(cls, folder: Path) -> Self:
        folder.mkdir(mode=0o755, parents=True)
        authority = trustme.CA()
        file = folder / "authority.pem"
        authority.cert_pem.write_to_path(file)
        yesterday = datetime.now(UTC) - timedelta(days=1)

        def certificate(name: str, host: str, expires: datetime | None = None) -> Certificate:
            begins = None if expires is None else expires - timedelta(days=1)
            issued = authority.issue_cert(host, not_before=begins, not_after=expires)
            made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
            for number, blob in enumerate(issued.cert_chain_pems):
                blob.write_to_path(made.chain, append=number > 0)
            issued.private_key_pem.write_to_path(made.key)
            made.key.chmod(0o600)
            return made

        return cls(
            file,
            certificate("good", "localhost"),
            certificate("expired", "localhost", yesterday),
            certificate("other", "elsewhere.example"),
        )
