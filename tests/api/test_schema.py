"""Whatever is sent to the API, it answers as its own description says, and never with an error of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from tests.api.conftest import TOKEN, Served

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
quick = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
# What these two expect is more than a schema says: a model or a task must be named, unknown parameters do no harm.
BEYOND = [checks.positive_data_acceptance, checks.negative_data_rejection]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(served: Served, subtests: pytest.Subtests, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_url(f"{served.url}/openapi.json", headers=HEADERS)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 13
    with requests.Session() as session:
        for operation in operations:
            if mode.is_negative and operation.path == "/v1/health":
                continue  # it takes nothing that could be wrong
            with subtests.test(operation.label):
                _probe(operation.as_strategy(mode), session)()


def _probe(cases: SearchStrategy[Any], session: requests.Session) -> Callable[[], None]:
    @quick
    @given(case=cases)
    def probe(case: schemathesis.Case) -> None:
        case.call_and_validate(session=session, headers=HEADERS, excluded_checks=BEYOND)

    return probe


def test_everything_is_described_in_words(served: Served) -> None:
    described = served.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"].endswith("."), f"{method} {path}"
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), f"{method} {path} {parameter['name']}"
    for name in ("PredictForm", "ExplainForm", "PredictJob", "ExplainJob", "DocumentRecord", "PredictedRecord"):
        assert described["components"]["schemas"][name]["examples"], name
