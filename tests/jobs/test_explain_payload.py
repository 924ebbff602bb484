"""What a job is asked to explain: every decision comes through, whatever is none is refused by its field."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tokapp.documents import Target
from tokapp.errors import BadInput
from tokapp.jobs.payload import ExplainForm, read


@pytest.mark.parametrize(
    "target",
    [
        Target("span", "feature", 4, 8, against="O"),
        Target("end", "feature", 4, 8),
        Target("cut", "Unsafe+Controversial", 4, 8, over="sources"),
        Target("document", "spam", against="ham"),
    ],
)
def test_every_decision_comes_through(target: Target) -> None:
    form = read(ExplainForm, {"targets": [asdict(target)]})
    assert form.targets is not None and [one.target() for one in form.targets] == [target]


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "joke"), ("over", "moon"), ("against", None), ("start", "a"), ("other", 1)]
)
def test_what_is_no_decision_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=rf"targets\.0\.{field} is wrong"):
        read(ExplainForm, {"targets": [{"kind": "span", "label": "a", field: value}]})  # type: ignore[dict-item]
