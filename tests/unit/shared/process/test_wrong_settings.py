"""Every setting of both services, empty and wrong: one message, its variable's name, and nothing of the value."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

import annotated_types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo
from yarl import URL

from api_service.oidc_settings import Groups, Issuer, Scopes
from api_service.settings import ApiSettings, KeySettings, Networks, OffOrRate, Origins
from notifier_service.settings import NotifierSettings
from shared.errors import ConfigurationError
from shared.process.environment import Environment, load, variable
from shared.process.server_urls import servers
from shared.process.settings import (
    Host,
    ListOfSeconds,
    OffOrCount,
    OffOrSeconds,
    Pause,
    PublicUrl,
    Seconds,
    Sender,
    WebAddress,
)

SERVICES: Final[Sequence[type[Environment]]] = (ApiSettings, NotifierSettings)
GOOD: Final = {
    "DATABASE_URL": "postgresql://u:p@h/d",
    "AMQP_URL": "amqp://u:p@h/",
    "JWT_SECRET": "s" * 32,
    "SMTP_HOST": "smtp.example",
    "MAIL_FROM": "Clinic <clinic@mail.example>",
}
MARK: Final = "q7-do-not-show"
OF_KIND: Final[dict[object, Sequence[str]]] = {
    Host: ["a b", "a..b", "-a", "http://h", "h:25", "[", "müller.example", "1.2.3.4.5", "x" * 64, "/tmp"],  # noqa: S108 - no path is used
    WebAddress: ["h:4318", "ftp://h", "http://", "http://[", "http://h:many/", "http://h:99999", "http://a b/"],
    PublicUrl: ["booking.example", "https://h/?a=b", "https://h/#a", "https://u:p@h/", "https://h/>\r\nBcc: x"],
    Sender: [
        "nonsense",
        "a@",
        "@b",
        "a@b.example, c@d.example",
        "a b@c.example",
        "A <a@müller..example>",
        "ä@b.example",
    ],
    Seconds: ["5", "0s", "-1s", "5 parsecs", "inf", "4000d"],
    OffOrSeconds: ["5", "0s", "-1s", "on", "4000d"],
    Pause: ["5", "-1s", "4000d"],
    ListOfSeconds: ["5", "1s,", "1s,,2s", "0s", "1s,1s", "4000d"],
    OffOrCount: ["0", "-1", "on", "1000000001"],
    OffOrRate: ["20", "0/s", "20/year", "on"],
    Networks: ["10.0.0.0/33", "proxy", "10.0.0.1/8"],
    Issuer: [
        "id.example",
        "http://id.example",
        "https://",
        "https://u:p@id.example",
        "https://id.example/?a",
        "https://[",
    ],
    Scopes: ["profile", "openidx", "openid,profile", "openid \u00e4"],
    Groups: ["admins", "=ops", "admins=client", "admins=ops,x=", "{", '{"admins": 5}', "[]", '{"admins": ["ops"]}'],
    Origins: ["app.example", "https://a.example/", "*", "null", "https://["],
}
OF_FIELD: Final[dict[str, Sequence[str]]] = {
    "DATABASE_URL": [
        *("nonsense", "mysql://u:p@h/d", "postgresql://u:p@h:many/d", "postgresql://u:p@h:0/d", "postgresql://[::1/d"),
        *(f"postgresql://u:{MARK}{bad}@h/d" for bad in ("#x", "/x", "?x", "@x", "%", "%zz", " ", "\n", "%00", "%ff")),
        *("postgresql://a:1,b:many/d", "postgresql://a,b c/d", "postgresql://a,,b/d", "postgresql://h/d?sslmode"),
        *("postgresql://h/d?sslmode=maybe", "postgresql://h/d?sslrootcert=/no/such/file", "postgresql://h?port=x"),
        *("postgresql://h/d?target_session_attrs=best", "postgresql://h/d?sslmode=require&sslcert=/no/such/file"),
    ],
    "AMQP_URL": [
        *("nonsense", "http://h/", "amqp://", "amqp://h:many/", "amqp://h:99999/", "amqp://a/,nonsense", "amqp://a,b/"),
        *(f"amqp://u:{MARK}{bad}@h/" for bad in ("#x", "/x", "?x", "@x", "%", "%zz", " ", "\n", ",x", "%00")),
        *("amqps://h/?cafile=/no/such/file", "amqps://h/?certfile=/no/such/file", "amqp://h/?x"),
    ],
    "JWT_SECRET": ["short"],
    "JWT_PUBLIC_KEY": ["nonsense", f"-----BEGIN PUBLIC KEY-----\n{MARK}\n-----END PUBLIC KEY-----"],
    "UNSUBSCRIBE_KEY": ["short"],
    "RECORD_KEY": ["short"],
    "OPS_URL": ["https://ops.example/ops"],
    "OIDC_NAME": ["x" * 61],
    "OIDC_SESSION": ["8d"],
    "OIDC_ROLES_CLAIM": ["x" * 201],
    "OIDC_NAME_CLAIM": ["x" * 201],
    "LINK_KEY": ["short"],
    "DELIVERIES_KEY": ["short"],
    "BOUNCE_KEY": ["short"],
    "BOUNCE_ADDRESS": ["bounces", "b+c@clinic.example", "a-long-local-part@clinic.example", "bö@clinic.example"],
    "MAIL_JOB_HEADER": ["Subject", "X-", "X-Job:", "X Job", "X-\u00e4"],
    "SMTP_CA_FILE": ["/no/such/file", "/", __file__],
    "SMTP_FALLBACK_CA_FILE": ["/no/such/file", "/", __file__],
    "SMTP_EHLO_NAME": ["a b", "-a", "a>", "[a b]", "\u00e4"],
    "RETRY_STEPS": ["31d"],
    "CONSUME_SHARDS": ["0", "1,", "a", "65"],
    "CLINIC_FILE": ["/no/such/file", "/", __file__],
    "WORDINGS_DIR": ["/no/such/directory", "/", __file__],
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)  # no .env of a developer's
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def settings() -> Iterator[tuple[type[Environment], str, FieldInfo]]:
    for kind in SERVICES:
        for name, field in kind.model_fields.items():
            yield kind, name, field


def message(kind: type[Environment]) -> str:
    with pytest.raises(ConfigurationError) as error:
        load(kind)
    return str(error.value)


def annotation(kind: type[Environment], name: str) -> object:
    return next(base.__annotations__[name] for base in kind.__mro__ if name in getattr(base, "__annotations__", ()))


def wrong_values(kind: type[Environment], name: str, field: FieldInfo) -> Iterator[str]:
    """From the bounds and the kind of a setting."""
    yield from OF_FIELD.get(variable(kind, name), ())
    hint = annotation(kind, name)
    for alias, values in OF_KIND.items():
        if hint == alias or hint == alias | None:  # type: ignore[operator]
            yield from values
    if get_origin(hint) is Literal:
        yield from (MARK, *(f" {choice}x" for choice in get_args(hint)))
    if hint is bool:
        yield from ("maybe", "2")
    if hint in (int, float, int | None, float | None):
        yield from ("many", "1,5", "0x10", "9" * 5000, "nan", *([] if hint in (float, float | None) else ["1.5"]))
        for bound in field.metadata:
            if isinstance(bound, annotated_types.Ge):
                yield str(bound.ge - 1)  # type: ignore[operator]
            if isinstance(bound, annotated_types.Gt):
                yield str(bound.gt)
            if isinstance(bound, annotated_types.Le):
                yield str(bound.le + 1)  # type: ignore[operator]


WRONG: Final = [
    (kind, variable(kind, name), value) for kind, name, field in settings() for value in wrong_values(kind, name, field)
]


@pytest.mark.parametrize(("kind", "name", "value"), WRONG)
def test_a_wrong_value_is_told_in_one_line_that_names_its_variable_and_shows_nothing_of_it(
    environment: pytest.MonkeyPatch, kind: type[Environment], name: str, value: str
) -> None:
    environment.setenv(name, value)
    said = message(kind)
    assert said.startswith(f"{name}: ")
    assert "\n" not in said
    assert MARK not in said


def test_every_kind_of_setting_has_its_wrong_values() -> None:
    """Only what may be any text has none."""
    free = {"JWT_ISSUER", "JWT_AUDIENCE", "METRICS_TOKEN", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}
    free |= {f"{server}_{each}" for server in ("SMTP", "SMTP_FALLBACK") for each in ("USERNAME", "PASSWORD")}
    free |= {f"SMTP_OAUTH_{each}" for each in ("CLIENT_ID", "CLIENT_SECRET", "SCOPE", "REFRESH_TOKEN")}
    assert {variable(kind, name) for kind, name, _ in settings()} - {name for _, name, _ in WRONG} == free


@pytest.mark.parametrize(("kind", "name", "field"), list(settings()))
def test_an_empty_variable_is_an_unset_one(
    environment: pytest.MonkeyPatch, kind: type[Environment], name: str, field: FieldInfo
) -> None:
    environment.delenv(variable(kind, name), raising=False)
    if field.is_required():
        unset = message(kind)
        environment.setenv(variable(kind, name), "")
        assert message(kind) == unset == f"{variable(kind, name)}: is missing"
    elif name == "jwt_secret":
        environment.setenv("JWT_SECRET", "")
        assert message(kind) == "JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL: set exactly one of them"
    else:
        environment.setenv(variable(kind, name), "")
        assert getattr(load(kind), name) == field.default


def test_all_variables_may_be_empty(environment: pytest.MonkeyPatch) -> None:
    """As compose passes what nobody has set."""
    for kind, name, _ in settings():
        if variable(kind, name) not in GOOD:
            environment.setenv(variable(kind, name), "")
    for kind in SERVICES:
        assert load(kind)


def test_all_that_is_wrong_is_told_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        environment.delenv(name)
    environment.setenv("API_PORT", "many")
    environment.setenv("ADMIN_PORT", "5002")
    environment.setenv("AMQP_URL", "amqp://u:a#b@h/")
    environment.setenv("SMTP_USERNAME", "clinic")
    first, *lines = message(ApiSettings).splitlines()
    assert first == "5 settings are wrong or missing:"
    assert {line.partition(": ")[0].strip() for line in lines} == {
        "API_PORT",
        "DATABASE_URL",
        "AMQP_URL",
        "JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL",
        "ADMIN_HOST, ADMIN_PORT",
    }
    assert {line.partition(": ")[0].strip() for line in message(NotifierSettings).splitlines()[1:]} == {
        "AMQP_URL",
        "DATABASE_URL",
        "MAIL_FROM",
        "SMTP_HOST",
        "SMTP_USERNAME, SMTP_PASSWORD",
    }


@pytest.mark.parametrize("text", ["API_PORT=\xff".encode("latin-1"), b"API_PORT=\x80\n"])
def test_an_env_file_that_is_no_text_is_named(text: bytes) -> None:
    Path(".env").write_bytes(text)
    assert message(ApiSettings) == ".env cannot be read: it is no UTF-8 text"


def test_a_token_needs_the_key_alone(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DATABASE_URL")
    environment.setenv("AMQP_URL", "nonsense")
    assert load(KeySettings)


TEXT: Final = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from("\udc80\udcff"), max_size=30
)
"""What an environment may hold: bytes that are no UTF-8 arrive as surrogates."""


@given(values=st.lists(TEXT, min_size=1, max_size=3), data=st.data())
def test_whatever_a_variable_holds_the_start_goes_on_or_says_why(values: list[str], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(SERVICES))
    fields = data.draw(st.lists(st.sampled_from(sorted(kind.model_fields)), min_size=len(values), max_size=len(values)))
    with pytest.MonkeyPatch.context() as environment:
        for field, value in zip(fields, values, strict=True):
            environment.setenv(variable(kind, field), MARK + value)
        try:
            load(kind)
        except ConfigurationError as error:
            assert MARK not in str(error)
            assert any(variable(kind, field) in str(error) for field in fields)


@given(data=st.data(), text=TEXT)
def test_whatever_a_url_holds_the_start_goes_on_or_says_why(data: st.DataObject, text: str) -> None:
    scheme = data.draw(st.sampled_from(["postgresql", "amqp", "amqps"]))
    field = "DATABASE_URL" if scheme == "postgresql" else "AMQP_URL"
    parts = data.draw(st.permutations([text, "@", ":", "/", "h", "?", "[", "]", ",", "%", "#"]))
    with pytest.MonkeyPatch.context() as environment:
        url = f"{scheme}://" + "".join(parts[: data.draw(st.integers(0, 11))])
        environment.setenv(field, url)
        try:
            load(ApiSettings)
        except ConfigurationError as error:
            assert str(error).startswith(f"{field}: ")
        else:
            assert all(URL(node).host for node in url.split(",")) or field == "DATABASE_URL"
            assert servers(url, 1)


def test_the_clinics_sender_stands_in_for_mail_from(environment: pytest.MonkeyPatch) -> None:
    Path("clinic.toml").write_text('sender = "Praxis <praxis@mail.example>"\nlanguages = ["de"]\n', "utf-8")
    environment.setenv("CLINIC_FILE", "clinic.toml")
    assert load(NotifierSettings).mail_from == GOOD["MAIL_FROM"]
    environment.delenv("MAIL_FROM")
    assert load(NotifierSettings).mail_from == "Praxis <praxis@mail.example>"
    assert load(ApiSettings).languages.of("fr").tag == "de"


def test_wrong_files_are_told_with_their_lines(environment: pytest.MonkeyPatch) -> None:
    Path("clinic.toml").write_text('name = "A"\ncolour = "green"\n', "utf-8")
    Path("texts").mkdir()
    Path("texts/de.ftl").write_text("mail =\n    .closign = Bye\n", "utf-8")
    environment.setenv("CLINIC_FILE", "clinic.toml")
    environment.setenv("WORDINGS_DIR", "texts")
    environment.delenv("MAIL_FROM")
    said = message(NotifierSettings)
    assert "CLINIC_FILE: clinic.toml:2: colour: must be" in said
    assert "WORDINGS_DIR: texts/de.ftl:2: mail.closign: there is no such text" in said
    assert "MAIL_FROM: is missing" in said
