"""Builds the parts of the API and of the relay from the settings. Lower modules do not know the settings."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web

from api_service.identity.bearer import Authenticator
from api_service.identity.oidc.claim_rules import ClaimRules
from api_service.identity.oidc.provider import Provider
from api_service.identity.oidc.registration import Registration
from api_service.identity.signing_keys import FixedKey, PublishedKeys, SigningKeys
from api_service.ops.api.deliveries import Reception
from api_service.relay.relay import Relay
from api_service.settings import ApiSettings, KeySettings
from api_service.web.connection_limits import ConnectionLimits
from api_service.web.cors import Cors
from api_service.web.hardening import guard
from api_service.web.limits.admission import Limits
from api_service.web.limits.proxies import Proxies
from shared.database import Database
from shared.database.migrations.runner import migrate, require_newest
from shared.process.metrics import describe_process
from shared.process.ports import ListenAddress


async def pool(settings: ApiSettings) -> Database:
    """Opens a pool, whatever the schema. Raises DatabaseUnavailable, ConfigurationError."""
    return await Database.connect(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        name="punctual-api",
        timeout=settings.database_timeout,
    )


async def open_database(settings: ApiSettings) -> Database:
    """Opens a pool with the newest schema: migrates with MIGRATE_ON_START, otherwise requires it.

    Raises DatabaseUnavailable, ConfigurationError.
    """
    database = await pool(settings)
    try:
        await (migrate if settings.migrate_on_start else require_newest)(database)
    except BaseException:
        await database.close()
        raise
    describe_process(database)
    return database


@asynccontextmanager
async def connected(settings: ApiSettings) -> AsyncIterator[Database]:
    """The same pool for the length of the block."""
    database = await open_database(settings)
    try:
        yield database
    finally:
        await database.close()


def create_relay(settings: ApiSettings, database: Database, on_failure: Callable[[], None]) -> Relay:
    """Builds a relay from the settings."""
    return Relay(
        database,
        amqp_url=settings.amqp_url.get_secret_value(),
        retry_steps=settings.retry_steps,
        shards=settings.shards,
        delay_backend=settings.delay_backend,
        delay_horizon=settings.delay_horizon,
        delay_max_pending=settings.delay_max_pending,
        delay_grace=settings.delay_grace,
        lifeline_interval=settings.lifeline_interval,
        grace=settings.lost_grace,
        parked_limit=settings.parked_limit,
        promises=settings.promises,
        on_failure=on_failure,
    )


def authenticator(settings: KeySettings) -> Authenticator:
    """Verifies tokens by the one source of keys that is set."""
    return Authenticator(_signing_keys(settings), issuer=settings.jwt_issuer, audience=settings.jwt_audience)


def sign_in_provider(settings: ApiSettings) -> Provider | None:
    """The OpenID Connect provider of operators; None where none is set. Nothing is asked of it before it is needed."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return Provider(
        Registration(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            scopes=settings.oidc_scopes,
            name=settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or "",
            address=settings.operators_address or "",
            rules=ClaimRules(settings.oidc_roles_claim, settings.oidc_roles, settings.oidc_name_claim),
            longest_session=settings.oidc_session,
        )
    )


def protect(app: web.Application, settings: ApiSettings) -> None:
    """Puts limits, trusted proxies, CORS and security headers in front of an application."""
    guard(
        app,
        proxies=Proxies(settings.trusted_proxies),
        limits=Limits(settings.rate_limit, settings.address_rate_limit, burst=settings.rate_burst),
        cors=Cors(settings.cors_origins),
    )


def reception(settings: ApiSettings) -> Reception:
    """How reports about delivered mails are taken."""
    key = settings.deliveries_key
    return Reception(None if key is None else key.get_secret_value(), settings.suppress_after)


def timeouts(settings: ApiSettings) -> ConnectionLimits:
    """The time-outs of client connections, and their largest number."""
    return ConnectionLimits(
        head=settings.head_timeout,
        body=settings.body_timeout,
        write=settings.write_timeout,
        idle=settings.keepalive_timeout,
        connections=settings.max_connections,
    )


def places(settings: ApiSettings) -> list[ListenAddress]:
    """The hosts and ports to listen on: for everybody, and for operators if they have another one."""
    public = ListenAddress(settings.api_host, settings.api_port, "API_HOST, API_PORT")
    if settings.admin_host is None or settings.admin_port is None:
        return [public]
    return [public, ListenAddress(settings.admin_host, settings.admin_port, "ADMIN_HOST, ADMIN_PORT")]


def _signing_keys(settings: KeySettings) -> SigningKeys:
    if settings.jwt_secret is not None:
        return FixedKey(settings.jwt_secret.get_secret_value(), "HS256")
    if settings.jwt_public_key is not None:
        return FixedKey.of_pem(settings.jwt_public_key)
    return PublishedKeys(settings.jwt_jwks_url or "")
