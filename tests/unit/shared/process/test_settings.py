"""A wrong environment stops the start, and says which variable."""

import pytest

from api_service.settings import ApiSettings
from notifier_service.settings import NotifierSettings
from shared.errors import ConfigurationError
from shared.process.environment import load

GOOD = {"DATABASE_URL": "postgresql://u:p@h/d", "AMQP_URL": "amqp://u:p@h/", "JWT_SECRET": "s" * 32}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_durations_and_lists_are_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REMINDER_OFFSETS", "24h,1h")
    settings = load(ApiSettings)
    assert settings.reminder_offsets == (86400.0, 3600.0)
    assert settings.retry_steps == (5.0, 30.0, 120.0, 600.0, 3600.0)


def test_a_slash_at_the_end_of_the_public_url_does_not_count(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PUBLIC_URL", "https://booking.example/clinic/")
    assert load(ApiSettings).public_url == "https://booking.example/clinic"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "many"),
        ("RETRY_STEPS", "5"),
        ("LOST_GRACE", "-1s"),
        ("LOG_FORMAT", "xml"),
        ("JWT_SECRET", "short-secret"),
        ("JWT_PUBLIC_KEY", "two sources"),
        ("UNSUBSCRIBE_KEY", "short-secret"),
        ("PUBLIC_URL", "booking.example"),
        ("PUBLIC_URL", "https://booking.example/?a=b"),
        ("PUBLIC_URL", "https://booking.example/>\r\nBcc: x"),
        ("ADMIN_HOST", "10.0.0.1"),
        ("ADMIN_PORT", "5002"),
    ],
)
def test_a_wrong_value_names_its_variable_and_shows_no_secret(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as error:
        load(ApiSettings)
    assert GOOD["JWT_SECRET"] not in str(error.value)
    assert "short-secret" not in str(error.value)


def test_one_port_is_no_two_listeners(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_HOST", "10.0.0.1")
    environment.setenv("ADMIN_PORT", "5000")
    with pytest.raises(ConfigurationError, match="ADMIN_PORT, API_PORT: must differ"):
        load(ApiSettings)


def test_every_missing_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError) as error:
        load(NotifierSettings)
    for name in ("DATABASE_URL", "AMQP_URL", "SMTP_HOST", "MAIL_FROM"):
        assert name in str(error.value)


def test_secrets_do_not_show(environment: pytest.MonkeyPatch) -> None:
    assert "s" * 32 not in repr(load(ApiSettings))
