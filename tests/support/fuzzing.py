"""Has schemathesis call the API with everything that its OpenAPI document allows, and with what it forbids."""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema


@dataclass
class Findings:
    """How many calls answered each operation and status, and what was wrong, once a kind."""

    calls: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def succeeded(self) -> set[str]:
        """The operations that have answered 2xx."""
        return {operation for operation, status in self.calls if 200 <= status < 300}

    def add(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                self.calls[recorder.cases[case_id].value.operation.label, interaction.response.status_code] += 1
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    label = f"{recorder.label}: {check.name}: {failure.title}"
                    self.faults.setdefault(label, f"{failure.message}\n{check.failure_info.code_sample}")


async def fuzz(document: dict[str, Any], url: str, tokens: Mapping[str, str], settings: dict[str, Any]) -> Findings:
    """Runs the phases that `settings` describes; `tokens` by role.

    In a process of its own: it blocks, and in a thread its imports meet pytest's, which CPython 3.11's parser does not
    always survive ("AST constructor recursion depth mismatch").
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, _fuzz, document, url, tokens, settings)


def _fuzz(document: dict[str, Any], url: str, tokens: Mapping[str, str], settings: dict[str, Any]) -> Findings:
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.config.update(base_url=url)

    @schema.auth(refresh_interval=None)
    class _Tokens:
        """The token of a role that the operation takes."""

        def get(self, case: schemathesis.Case[Any], context: schemathesis.AuthContext) -> str | None:
            wanted = [role for each in case.operation.definition.raw["security"] for role in each.get("bearer", ())]
            return tokens[wanted[0] if wanted else "client"]

        def set(self, case: schemathesis.Case[Any], data: str, context: schemathesis.AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    findings = Findings()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            findings.add(event)
        elif isinstance(event, events.NonFatalError):
            findings.faults[f"{event.label}: {type(event.value).__name__}"] = str(event.value)
        elif isinstance(event, events.FatalError):
            raise event.exception
    return findings
