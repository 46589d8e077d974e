"""The command lines of both services explain themselves."""

import argparse
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from api_service import cli as api
from notifier_service import cli as notifier

PARSERS = {"api-service": api.parser, "notifier-service": notifier.parser}


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str | None, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield name, helps.get(name), command


@pytest.mark.parametrize("script", PARSERS)
def test_every_command_and_every_option_has_a_help_text(script: str) -> None:
    for name, explained, command in commands(PARSERS[script]()):
        assert explained, name
        for action in command._actions:
            assert action.help, (name, action.dest)
            unset = action.default not in (None, False, [], argparse.SUPPRESS)
            assert not unset or "unset:" in action.help, f"{name} {action.dest}: its help names no default"


@pytest.mark.parametrize("script", PARSERS)
def test_version_is_that_of_the_distribution(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSERS[script]().parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{script} {version('punctual')}\n"
