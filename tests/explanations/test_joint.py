"""Explanations of ensembles: the combined decision is explained, with words hidden in every member's own tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.models.voters import three_tokenizers
from tokapp.documents import Attribution, Document, Target
from tokapp.errors import BadSpan, JobCancelled, UnknownLabel
from tokapp.explanations import attribution_key, explain
from tokapp.explanations.game import Seat, mask_id
from tokapp.explanations.joint import joint_games_of
from tokapp.inference.ensembles import join
from tokapp.inference.voting import align, combine, words_of
from tokapp.models import EnsembleModel, TokenModel
from tokapp.models.config import Shape
from tokapp.settings import Reducer

SHORT = "Search is slow, please fix!"
LONG = "Love the dark mode, but the search does not find my notes 😀 any more. Please fix the sync of my notes, 東京."


@pytest.fixture(scope="module", params=["arithmetic", "geometric"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EnsembleModel:
    """Three tokenizers with unequal weights."""
    return join("joint", three_tokenizers(tmp_path_factory.mktemp("joint")), weights=[1, 2, 3], mean=request.param)


def span_of(text: str, words: str, label: str = "feature") -> Target:
    start = text.index(words)
    return Target("span", label, start, start + len(words))


def check_sum(attribution: Attribution) -> None:
    total = attribution.base_value + sum(attribution.values)
    assert total == pytest.approx(attribution.output_value, abs=1e-5)


def probability(odds: float) -> float:
    return 1 / (1 + float(np.exp(-odds)))


def test_all_coalitions_are_worth_the_combined_vote_of_masked_rows(whole: EnsembleModel) -> None:
    """By hand: mask ids where a member's tokens of hidden words stand, softmax, the vote, log-odds of the label."""
    text = "Search is slow"
    document, target = Document("a", text), span_of(text, "slow")
    (game,) = joint_games_of(whole, [Seat.take(one, document) for one in whole.members], [target])
    assert [text[start:end] for start, end in game.players] == text.split()
    shown = np.array(list(product([False, True], repeat=3)))
    found = game.evaluate(shown)[:, 0]
    for coalition, value in zip(shown, found, strict=True):
        votes = [_masked_word(one, document, coalition, word=2) for one in whole.members]
        classes, weights = [one.classes for one in whole.members], whole.config.weights
        mixed = combine(align(votes, classes, whole.classes, weights), weights, whole.config.mean)[0]
        assert value == pytest.approx(np.log(mixed[1:].sum()) - np.log(mixed[0]), abs=1e-4)


def _masked_word(model: TokenModel, document: Document, shown: np.ndarray, *, word: int) -> np.ndarray:
    (row,) = model.encode([document])
    is_hidden = (row.word_of >= 0) & ~np.append(shown, True)[row.word_of]
    batch = model.collate([replace(row, input_ids=np.where(is_hidden, mask_id(model), row.input_ids))])
    logits = model.forward(batch).token_logits
    assert logits is not None
    odds = np.exp(logits[0, row.word_index[word]].double().numpy())
    return (odds / odds.sum())[None]


def test_a_word_is_explained_up_to_the_probability_that_was_predicted(whole: EnsembleModel) -> None:
    document = Document("a", SHORT)
    words = words_of(whole.predict([document])[0])
    for place, (start, end) in enumerate(words.offsets.tolist()):
        (attribution,) = explain(whole, document, [Target("span", "feature", start, end)])
        check_sum(attribution)
        expected = 1 - float(words.probabilities[place, 0])
        assert probability(attribution.output_value) == pytest.approx(expected, abs=1e-4)
        assert attribution.exact and attribution.model == "joint"


def test_an_ensemble_of_one_model_twice_is_explained_as_that_model(whole: EnsembleModel) -> None:
    model, document = whole.members[0], Document("a", SHORT)
    twice = join("twice", [model, model])
    for target in (span_of(SHORT, "slow"), span_of(SHORT, "please fix")):
        (alone,), (both,) = (explain(one, document, [target]) for one in (model, twice))
        assert both.words == alone.words
        assert both.values == pytest.approx(alone.values, abs=1e-5)
        assert both.output_value == pytest.approx(alone.output_value, abs=1e-5)


def test_everything_predicted_in_a_long_text_is_explained_though_windows_differ(whole: EnsembleModel) -> None:
    document = Document("a", LONG)
    assert len({len(one.encode([document])) for one in whole.members}) > 1
    (prediction,) = whole.predict([document])
    assert prediction.spans
    attributions = explain(whole, document, budget=40, prediction=prediction)
    assert [Target.of_span(span) for span in prediction.spans] == [one.target for one in attributions]
    for attribution in attributions:
        check_sum(attribution)
        assert [LONG[a:b] for a, b in attribution.words] == list(attribution.texts)
        assert attribution.evaluations == 40


def test_the_same_question_gets_the_same_answer_and_another_ensemble_another_key(whole: EnsembleModel) -> None:
    document, target = Document("a", LONG), span_of(LONG, "search")
    first, again = (explain(whole, document, [target], budget=30)[0] for _ in range(2))
    assert first == again
    other = join("joint", whole.members[:2])
    assert attribution_key(whole, document, target) != attribution_key(other, document, target)


def test_progress_rises_to_one_and_may_stop_the_work(whole: EnsembleModel) -> None:
    document, target, told = Document("a", SHORT), span_of(SHORT, "slow"), list[float]()
    explain(whole, document, [target], progress=told.append)
    assert told == sorted(told) and told[-1] == 1

    def stop(_: float) -> None:
        raise JobCancelled("enough")

    with pytest.raises(JobCancelled):
        explain(whole, document, [target], progress=stop)


def test_what_nobody_can_have_decided_is_refused(whole: EnsembleModel) -> None:
    document = Document("a", SHORT)
    with pytest.raises(UnknownLabel, match="joint knows no span label 'bug'"):
        explain(whole, document, [span_of(SHORT, "slow", "bug")])
    with pytest.raises(UnknownLabel, match="document label"):
        explain(whole, document, [Target("document", "ham")])
    with pytest.raises(BadSpan, match="outside"):
        explain(whole, document, [Target("span", "feature", 3, 99)])


@pytest.mark.parametrize("reducer", ["max", "min"])
def test_answers_and_their_labels_are_explained_as_they_were_decided(
    make_model: Callable[..., TokenModel], reducer: Reducer, tmp_path: Path
) -> None:
    """Passages of several rows: each member takes the row that its reducer is about, then they vote."""
    shape = Shape(scheme="io", document="spans", max_length=24, reducer=reducer)
    pair = [make_model("rag", shape, seed=seed) for seed in (0, 1)]
    whole = join("pair", pair, weights=[1, 2])
    passages = ("the search app is slow after the update", "notes sync is slow, please fix the app")
    document = Document("a", "the app is slow", question="is the search slow", contexts=passages)
    assert len(pair[0].encode([document])) > 1
    (prediction,) = whole.predict([document])
    words = words_of(prediction)
    targets = [Target("span", "unsupported", *words.offsets[place].tolist()) for place in range(len(words.offsets))]
    targets += [Target("document", label) for label in prediction.document_scores]
    attributions = explain(whole, document, targets)
    expected = [*(1 - words.probabilities[:, 0]), *prediction.document_scores.values()]
    for attribution, probable in zip(attributions, expected, strict=True):
        check_sum(attribution)
        assert probability(attribution.output_value) == pytest.approx(float(probable), abs=1e-4)
