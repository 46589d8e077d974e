"""TLS to PostgreSQL, RabbitMQ and SMTP: on real servers, with an authority of the test's own; what cannot be verified
is refused, before anything secret or personal has been said."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.mailer import Mailer, SmtpConfig
from shared.broker import probe_delayed_exchange
from shared.database import Database
from shared.database.migrations.runner import migrate
from shared.errors import BrokerUnavailable, ConfigurationError, DatabaseUnavailable
from shared.process.tls import for_postgres
from tests.support.authority import Authority
from tests.support.tls_servers import SmtpServer, a_postgres, administer, an_smtp_server, listen_with_tls
from tests.support.waiting import eventually
from tests.support.world import World

TO = "patient@patients.example"
MESSAGE = b"Subject: x\r\n\r\nsecret of a patient\r\n"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the postgres user can read too."""
    made = Path(tempfile.mkdtemp(prefix="punctual-tls-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority.made_in(folder / "ours")


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Authority:
    """Whom we do not trust."""
    return Authority.made_in(folder / "theirs")


@pytest.fixture(scope="module")
async def postgres_with_tls(folder: Path, authority: Authority) -> AsyncIterator[Postgres]:
    async with a_postgres(folder / "server", authority.good) as server:
        yield server


@pytest.fixture(scope="module")
async def amqps(rabbitmq: RabbitMQ, authority: Authority) -> dict[str, int]:
    certificates = {"good": authority.good, "expired": authority.expired, "other": authority.other_host}
    return await listen_with_tls(rabbitmq, certificates)


def database_at(server: Postgres, query: str, host: str = "localhost") -> str:
    return f"{server.url.replace('127.0.0.1', host)}?{query}"


async def is_encrypted(url: str) -> bool:
    database = await Database.connect(url, size=2, name="tls")
    try:
        row = await database.fetchrow("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return bool(row and row["ssl"])
    finally:
        await database.close()


@pytest.mark.parametrize("mode", ["sslmode=verify-full&", "sslmode=require&", "sslmode=verify-ca&", ""])
async def test_postgres_is_verified_wherever_tls_is_asked_for(
    postgres_with_tls: Postgres, authority: Authority, stranger: Authority, mode: str
) -> None:
    assert await is_encrypted(database_at(postgres_with_tls, f"{mode}sslrootcert={authority.file}"))
    with pytest.raises(DatabaseUnavailable, match="certificate verify failed"):
        await is_encrypted(database_at(postgres_with_tls, f"{mode}sslrootcert={stranger.file}"))
    wrong_name = database_at(postgres_with_tls, f"{mode}sslrootcert={authority.file}", "127.0.0.1")
    if mode == "sslmode=verify-ca&":
        assert await is_encrypted(wrong_name)
    else:
        with pytest.raises(DatabaseUnavailable, match="certificate verify failed"):
            await is_encrypted(wrong_name)


async def test_require_alone_trusts_the_systems_authorities_and_nobody_else(postgres_with_tls: Postgres) -> None:
    with pytest.raises(DatabaseUnavailable, match="certificate verify failed"):
        await is_encrypted(database_at(postgres_with_tls, "sslmode=require"))
    assert await is_encrypted(database_at(postgres_with_tls, "sslmode=no-verify"))


async def test_an_expired_certificate_of_postgres_is_refused(postgres_with_tls: Postgres, authority: Authority) -> None:
    chain, key = (postgres_with_tls.home / f"{name}.pem" for name in ("ssl_cert_file", "ssl_key_file"))
    good = chain.read_bytes(), key.read_bytes()
    trusted = database_at(postgres_with_tls, f"sslmode=verify-full&sslrootcert={authority.file}")

    async def is_refused() -> bool:
        try:
            await is_encrypted(trusted)
        except DatabaseUnavailable as error:
            return "certificate has expired" in str(error)
        return False

    try:
        chain.write_bytes(authority.expired.chain.read_bytes())
        key.write_bytes(authority.expired.key.read_bytes())
        await administer(postgres_with_tls.url, "SELECT pg_reload_conf()")
        await eventually(is_refused)
    finally:
        chain.write_bytes(good[0])
        key.write_bytes(good[1])
        await administer(postgres_with_tls.url, "SELECT pg_reload_conf()")

    async def is_well_again() -> bool:
        try:
            return await is_encrypted(trusted)
        except DatabaseUnavailable:
            return False

    await eventually(is_well_again)


async def test_a_server_without_tls_gets_no_password(postgres: Postgres, authority: Authority) -> None:
    with pytest.raises((DatabaseUnavailable, asyncpg.PostgresError, ConnectionError), match=r"SSL|rejected"):
        await is_encrypted(database_at(postgres, f"sslmode=verify-full&sslrootcert={authority.file}"))


@pytest.mark.parametrize("query", ["sslmode=maybe", "sslmode=verify-full&sslrootcert=/no/such/file"])
def test_what_cannot_be_meant_stops_the_start(query: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        for_postgres(f"postgresql://u:secret@h/d?{query}")


def test_a_url_keeps_the_rest_of_what_it_says() -> None:
    url, context = for_postgres("postgresql://u:p%40ss@h:5/d?sslmode=require&application_name=x%20y")
    assert (url, context is None) == ("postgresql://u:p%40ss@h:5/d?application_name=x+y", False)
    assert for_postgres("postgresql://u:p@h/d?sslmode=disable") == ("postgresql://u:p@h/d?sslmode=disable", None)


def broker_at(rabbitmq: RabbitMQ, port: int, query: str, host: str = "localhost") -> str:
    user = urlsplit(rabbitmq.amqp_url).netloc.rpartition("@")[0]
    return f"amqps://{user}@{host}:{port}/?{query}"


async def test_rabbitmq_is_verified(
    rabbitmq: RabbitMQ, amqps: dict[str, int], authority: Authority, stranger: Authority
) -> None:
    trusted = f"cafile={authority.file}"
    assert await probe_delayed_exchange(broker_at(rabbitmq, amqps["good"], trusted), name="tls")
    refused = {
        "another authority": broker_at(rabbitmq, amqps["good"], f"cafile={stranger.file}"),
        "the system's authorities": broker_at(rabbitmq, amqps["good"], ""),
        "another name of the host": broker_at(rabbitmq, amqps["good"], trusted, "127.0.0.1"),
        "somebody else's certificate": broker_at(rabbitmq, amqps["other"], trusted),
        "an expired certificate": broker_at(rabbitmq, amqps["expired"], trusted),
        "no TLS there": broker_at(rabbitmq, rabbitmq.ports["amqp"], trusted),
    }
    password = urlsplit(rabbitmq.amqp_url).password or "-"
    for what, url in refused.items():
        with pytest.raises(BrokerUnavailable) as error:
            await probe_delayed_exchange(url, name="tls")
        assert "no TLS" in what or "certificate verify failed" in str(error.value), what
        assert password not in str(error.value)


def a_mailer(server: SmtpServer, security: str, trusted: Authority | None, host: str = "localhost") -> Mailer:
    return Mailer(
        SmtpConfig(
            host=host,
            port=server.port,
            sender="clinic@punctual.example",
            security=security,  # type: ignore[arg-type]  # from the table below
            username="clinic",
            password="the password of the mail server",
            ca_file=None if trusted is None else str(trusted.file),
            timeout=5.0,
        )
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_mail_server_is_verified(authority: Authority, stranger: Authority, security: str) -> None:
    async def refuses(certificate: str, trusted: Authority | None, host: str = "localhost") -> bool:
        context = getattr(authority, certificate).context()
        async with an_smtp_server(**{"starttls" if security == "starttls" else "implicit": context}) as server:
            async with a_mailer(server, security, trusted, host) as mailer:
                with pytest.raises(MailError) as error:
                    await mailer.send(TO, MESSAGE)
            assert (error.value.permanent, error.value.scope) == (False, "server")
            assert not [line for line, _ in server.said if not line.startswith(("EHLO", "STARTTLS", "QUIT"))]
            return not server.messages

    assert await refuses("good", stranger)
    assert await refuses("good", None)
    assert await refuses("good", authority, "127.0.0.1")
    assert await refuses("other_host", authority)
    assert await refuses("expired", authority)


async def test_a_server_that_is_made_to_hide_starttls_is_told_nothing(authority: Authority) -> None:
    async with an_smtp_server() as server, a_mailer(server, "starttls", authority) as mailer:
        with pytest.raises(MailError):
            await mailer.send(TO, MESSAGE)
        assert not await mailer.probe()
        assert not [line for line, _ in server.said if not line.startswith(("EHLO", "HELO", "STARTTLS", "QUIT"))]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_both_services_work_with_tls_everywhere(
    world: World,
    postgres_with_tls: Postgres,
    rabbitmq: RabbitMQ,
    amqps: dict[str, int],
    authority: Authority,
    security: str,
) -> None:
    url = database_at(postgres_with_tls, f"sslmode=verify-full&sslrootcert={authority.file}")
    database = await Database.connect(url, size=2, name="tests")
    await migrate(database)
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) VALUES ('1', 'Dr. Ada', 'Europe/Berlin') ON CONFLICT DO NOTHING"
    )
    vhost = urlsplit(world.amqp_url).path.lstrip("/")
    broker = broker_at(rabbitmq, amqps["good"], f"cafile={authority.file}").replace("/?", f"/{vhost}?")
    context = authority.good.context()
    async with an_smtp_server(**{"starttls" if security == "starttls" else "implicit": context}) as server:
        world.settings |= {
            "DATABASE_URL": url,
            "AMQP_URL": broker,
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": security,
            "SMTP_CA_FILE": str(authority.file),
        }
        async with world.api() as api, world.notifier():
            await world.client(api).book()
            await eventually(lambda: server.messages)
        commands = [(line.split()[0], secure) for line, secure in server.said if line]
        assert ("MAIL", True) in commands
        assert ("MAIL", False) not in commands
        sessions = await database.fetch(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = current_user"
        )
        assert all(row["ssl"] for row in sessions)
    await database.close()


def test_passwords_do_not_show_in_the_settings() -> None:
    config = SmtpConfig("h", 25, "a@b.example", password="the password of the mail server")
    assert "the password" not in repr(config)
