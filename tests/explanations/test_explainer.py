"""What an explainer keeps of a document: how many masked rows a question takes that was asked in part before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.explanations.conftest import tiny_model
from tokapp.documents import Attribution, Document, Target
from tokapp.errors import JobCancelled
from tokapp.explanations import QUICK, Explainer, explain, quick_budget, refined_budget
from tokapp.explanations.memory import Memory
from tokapp.inference.ensembles import join
from tokapp.models import Model, TokenModel
from tokapp.models.config import Shape
from tokapp.models.encoding import Batch
from tokapp.models.network import Outputs

TEXT = "The app is slow after the update. Please fix the search and the notes sync, video call crashes 😀 zebra-code."
ANSWER = Document("a", "the app is slow", question="slow?", contexts=("search is slow after update", "fix the app") * 3)


def span_of(words: str, label: str = "feature", text: str = TEXT) -> Target:
    start = text.index(words)
    return Target("span", label, start, start + len(words))


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many rows each forward pass had."""
    passed: list[int] = []
    forward = TokenModel.forward

    def counted(self: TokenModel, batch: Batch) -> Outputs:
        passed.append(len(batch.input_ids))
        return forward(self, batch)

    monkeypatch.setattr(TokenModel, "forward", counted)
    yield passed


def same(one: Attribution, other: Attribution) -> bool:
    return one.evaluations == other.evaluations and np.allclose(one.values, other.values, atol=1e-4)


def test_a_larger_budget_evaluates_what_is_new_and_gives_what_all_at_once_gives(
    reviews: TokenModel, rows: list[int]
) -> None:
    explainer, target = Explainer(reviews, Document("a", TEXT)), span_of("search")
    stages = []
    for budget in (QUICK, 128, 384, 1000):
        stages += explainer.explain([target], budget=budget)
    assert [one.evaluations for one in stages] == [quick_budget(len(stages[0].words)), 128, 384, 1000]
    assert sum(rows) == 1000
    assert same(explain(reviews, Document("a", TEXT), [target], budget=1000)[0], stages[-1])
    assert refined_budget(len(stages[0].words)) == 768


def test_another_target_of_the_same_words_takes_no_forward_pass(reviews: TokenModel, rows: list[int]) -> None:
    explainer, document = Explainer(reviews, Document("a", TEXT)), Document("a", TEXT)
    explainer.explain([span_of("search")], budget=100)
    before = len(rows)
    found = explainer.explain([span_of("notes sync"), span_of("search"), span_of("update")], budget=100)
    assert len(rows) == before
    assert all(same(one, explain(reviews, document, [one.target], budget=100)[0]) for one in found)


def test_other_labels_of_a_document_take_no_forward_pass(emails: TokenModel, rows: list[int]) -> None:
    explainer = Explainer(emails, Document("a", "Search is slow, please fix!"))
    explainer.explain([Target("document", "spam")])
    before = len(rows)
    explainer.explain([Target("document", "ham"), Target("span", "phishing", 0, 6)])
    assert len(rows) == before


def _ensemble(_: Path) -> Model:
    return join("pair", [tiny_model("reviews", Shape(max_length=length), seed=length) for length in (40, 64)])


@pytest.mark.parametrize(
    ("make", "document", "targets"),
    [
        (
            lambda _: tiny_model("reviews", Shape(max_length=24)),
            Document("a", TEXT),
            [span_of("search"), span_of("update")],
        ),
        (
            lambda _: tiny_model("emails", Shape(spans="evidence", max_length=24)),
            Document("a", TEXT),
            [Target("document", "spam")],
        ),
        (
            lambda _: tiny_model("rag", Shape(scheme="io", document="spans", max_length=24)),
            ANSWER,
            [Target("document", "hallucinated"), Target("span", "unsupported", 0, 3)],
        ),
        (_ensemble, Document("a", TEXT), [span_of("search"), span_of("update")]),
    ],
    ids=["windows", "label of windows", "passages", "ensemble"],
)
def test_windows_passages_and_ensembles_are_remembered_too(
    make: Callable[[Path], Model], document: Document, targets: list[Target], rows: list[int], tmp_path: Path
) -> None:
    explainer = Explainer(make(tmp_path), document)
    first = explainer.explain(targets, budget=40)
    before = len(rows)
    again = explainer.explain(targets, budget=40)
    assert len(rows) == before
    assert all(map(same, first, again))


def test_what_was_evaluated_before_a_stop_is_not_evaluated_again(reviews: TokenModel, rows: list[int]) -> None:
    explainer, target = Explainer(reviews, Document("a", TEXT)), span_of("search")

    def stop(share: float) -> None:
        if share > 0.3:
            raise JobCancelled("enough")

    with pytest.raises(JobCancelled):
        explainer.explain([target], budget=400, progress=stop)
    assert 0 < sum(rows) < 400
    explainer.explain([target], budget=400)
    assert sum(rows) == 400


def test_memory_ends_at_its_limit_and_what_it_does_not_hold_is_evaluated_again(
    reviews: TokenModel, rows: list[int]
) -> None:
    explainer, target = Explainer(reviews, Document("a", TEXT)), span_of("search")
    row = reviews.encode([Document("a", TEXT)])[0]
    limit = 50 * len(row) * len(reviews.classes) * 4
    explainer.memory = Memory(limit)
    first, again = (explainer.explain([target], budget=100)[0] for _ in range(2))
    assert explainer.memory.size == limit
    assert sum(rows) == 100 + 50
    assert same(first, again)
