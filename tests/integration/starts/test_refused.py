"""What a person can do wrong ends a command with one message and a status of sysexits.h, and never with a traceback."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from api_service import cli as api
from notifier_service import cli as notifier
from tests.integration.starts.processes import COMMANDS, NOBODY, SECRET, SERVICES, SETTINGS, Ended, run

DOCTOR = ("api-service", "doctor", "1", "--name", "Dr. Ada Weber", "--timezone", "Europe/Berlin")
TOKEN = ("api-service", "token", "client-1", "--role", "client")
MAIN: Final = {"api-service": api.main, "notifier-service": notifier.main}
NOT_UTF8 = b"\xff".decode(errors="surrogateescape")


def assert_told(end: Ended, status: int, *words: str) -> None:
    assert end.status == status, end.text
    assert "Traceback" not in end.text
    assert SECRET not in end.text
    for word in words:
        assert word in end.last_line


@pytest.mark.parametrize("command", SERVICES)
async def test_a_port_in_use_is_named(command: Sequence[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = await run(command, API_PORT=port, NOTIFIER_PORT=port)
    assert_told(end, os.EX_UNAVAILABLE, "_HOST", "_PORT", f"127.0.0.1:{port}", "address already in use")


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "cannot assign requested address"), ("no-such-host.invalid", "cannot be resolved")],
)
async def test_a_host_that_is_not_this_machine_is_named(host: str, reason: str) -> None:
    end = await run(SERVICES[1], API_HOST=host)
    assert_told(end, os.EX_UNAVAILABLE, "_HOST", host, reason)


async def test_the_second_listener_is_named_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        end = await run(SERVICES[0], ADMIN_HOST="127.0.0.1", ADMIN_PORT=str(port))
    assert_told(end, os.EX_UNAVAILABLE, "ADMIN_HOST, ADMIN_PORT", f"127.0.0.1:{port}")


@pytest.mark.parametrize("command", COMMANDS[1:])
async def test_a_command_does_not_wait_for_its_database(command: Sequence[str]) -> None:
    assert_told(await run(command), os.EX_UNAVAILABLE, "DATABASE_URL", NOBODY, "refused")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """What ends before a loop is made needs no process of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("command", [*SERVICES, *COMMANDS, ("notifier-service", "check-email")])
def test_wrong_settings_end_it_with_one_message(
    command: Sequence[str], here: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here.setenv("AMQP_URL", f"amqp://u:{SECRET}#@{NOBODY}/")
    here.setenv("LOG_LEVEL", "loud")
    here.setenv("DATABASE_URL", "")
    assert MAIN[command[0]](command[1:]) == os.EX_CONFIG
    text = capsys.readouterr().err
    lines = text.splitlines()
    assert lines[0] == f"{command[0]}: 3 settings are wrong or missing:"
    assert [line.partition(":")[0].strip() for line in lines[1:]] == ["DATABASE_URL", "LOG_LEVEL", "AMQP_URL"]
    assert SECRET not in text


async def test_a_token_needs_its_key() -> None:
    assert_told(await run(TOKEN, JWT_SECRET=""), os.EX_CONFIG, "JWT_SECRET")
    assert (await run(TOKEN, DATABASE_URL="", AMQP_URL="")).status == 0


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ((*DOCTOR, "--slot-minutes", "many"), "--slot-minutes"),
        (("api-service", "doctor", "", *DOCTOR[3:]), "id"),
        (("api-service", "doctor", NOT_UTF8, *DOCTOR[3:]), "id"),
        ((*DOCTOR, "--specialty", NOT_UTF8), "--specialty"),
        ((*TOKEN, "--lifetime", "5"), "--lifetime"),
        ((*TOKEN, "--lifetime", "99999999999d"), "--lifetime"),
        ((*TOKEN, "--email", "nobody"), "--email"),
        ((*TOKEN, "--name", NOT_UTF8), "--name"),
        ((*TOKEN, "--role", "king"), "--role"),
        (("api-service", "token", NOT_UTF8, "--role", "ops"), "subject"),
        (("notifier-service", "check-email", "--to", "nobody"), "--to"),
        (("api-service",), "command"),
        (("api-service", "dance"), "command"),
    ],
)
def test_a_wrong_argument_is_named(
    command: Sequence[str], word: str, here: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        MAIN[command[0]](command[1:])
    assert end.value.code == 2
    assert word in capsys.readouterr().err.splitlines()[-1]


async def test_a_doctor_that_cannot_be_is_told_by_option() -> None:
    end = await run((*DOCTOR[:-1], "Nowhere/City", "--slot-minutes", "1", "--location", "a\nb"))
    assert_told(end, 2, "--timezone: ", "--slot-minutes: ", "--location: ")


async def test_a_mail_server_that_is_away_is_named() -> None:
    end = await run(("notifier-service", "check-email"))
    assert end.status == 1
    assert "127.0.0.1:1" in end.text
    assert "Traceback" not in end.text
