"""Judgements that can be worked out by hand, the invariances of their measures, and a real model judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Offset, Reason, Span, Target
from tokapp.errors import BadInput
from tokapp.explanations.judging import (
    Faithfulness,
    Plausibility,
    cc_shap,
    faithfulness,
    judge,
    marked_reasons,
    normalised_error,
    plausibility,
    split_half_error,
    stability,
)
from tokapp.explanations.judging.faithfulness import top_counts
from tokapp.explanations.judging.report import looked_up
from tokapp.explanations.methods import METHODS, value_players
from tokapp.formats import read_documents
from tokapp.models.token_model import TokenModel
from tokapp.tasks import task_from_json

Floats = NDArray[np.float64]
LABEL = Target("document", "spam")


def attribution(values: Sequence[float], errors: Sequence[float] | None = None) -> Attribution:
    """An attribution of one-letter words with a blank between them; its base is zero."""
    words = tuple((2 * place, 2 * place + 1) for place in range(len(values)))
    texts = tuple("x" for _ in values)
    spread = tuple(errors) if errors else (0.0,) * len(values)
    return Attribution("a", "m", LABEL, words, texts, tuple(values), spread, 0.0, float(sum(values)), 8)


def marks(*places: int) -> list[Offset]:
    return [(2 * place, 2 * place + 1) for place in places]


def test_the_error_is_a_share_of_the_reference() -> None:
    truth = attribution([3.0, -4.0])
    assert normalised_error(truth, truth) == 0
    assert normalised_error(attribution([0.0, 0.0]), truth) == 1
    assert normalised_error(attribution([3.0, -3.0]), truth) == pytest.approx(1 / 25)
    assert normalised_error(truth, attribution([0.0, 0.0])) is None
    assert split_half_error(attribution([3.0, -4.0], [0.3, 0.4])) == pytest.approx(0.01)


def test_only_the_same_words_and_decision_are_compared() -> None:
    for other in (attribution([1.0]), replace(attribution([1.0, 2.0]), target=Target("document", "ham"))):
        for compare in (normalised_error, stability):
            with pytest.raises(ValueError, match="same words and the same decision"):
                compare(attribution([1.0, 2.0]), other)


def test_stability_is_about_ranks_alone() -> None:
    assert stability(attribution([1.0, 2.0, 30.0]), attribution([-5.0, 0.0, 0.1])) == pytest.approx(1)
    assert stability(attribution([1.0, 2.0, 3.0]), attribution([3.0, 2.0, 1.0])) == pytest.approx(-1)
    assert stability(attribution([1.0, 2.0, 3.0, 4.0]), attribution([2.0, 1.0, 4.0, 3.0])) == pytest.approx(0.6)
    assert stability(attribution([1.0]), attribution([1.0])) is None
    assert stability(attribution([1.0, 1.0]), attribution([1.0, 2.0])) is None


def test_faithfulness_of_an_additive_game_is_the_weight_of_the_top_words() -> None:
    weights = np.array([4.0, 3.0, 2.0, 1.0, *[0.0] * 16])  # the shares of 20 words: 1, 1, 1, 2, 4, 10 words
    mean = (4 + 4 + 4 + 7 + 10 + 10) / 6

    def evaluate(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        return shown @ np.stack([weights, -weights], axis=1)

    best, worst = attribution(weights.tolist()), attribution((-weights).tolist())
    assert top_counts(20) == [1, 1, 1, 2, 4, 10]
    found = faithfulness([best, worst], evaluate)
    assert found[0] == Faithfulness(pytest.approx(mean), pytest.approx(10 - mean))
    assert found[1] == Faithfulness(pytest.approx(0.0), pytest.approx(-10.0))
    assert faithfulness([], evaluate) == []


@given(st.permutations(range(9)))
def test_faithfulness_does_not_depend_on_the_order_of_the_words(order: list[int]) -> None:
    values = np.array([5.0, -1.0, 3.0, 0.5, 2.0, -4.0, 1.0, 0.1, 9.0])

    def evaluate(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        return np.tanh(shown @ values / 5)[:, None]

    def shuffled(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        return evaluate(shown[:, np.argsort(order)])

    plain = faithfulness([attribution(values.tolist())], evaluate)[0]
    moved = faithfulness([attribution(values[order].tolist())], shuffled)[0]
    assert moved.comprehensiveness == pytest.approx(plain.comprehensiveness)
    assert moved.sufficiency == pytest.approx(plain.sufficiency)


def test_a_text_without_words_has_no_top_words() -> None:
    with pytest.raises(ValueError, match="no top words"):
        top_counts(0)
    assert top_counts(1) == [1] * 6


def test_plausibility_by_hand() -> None:
    # Three marked words of six, so that the top three count: words 0, 1 and 4; precision 1, 1/2 at the marked 0 and 4.
    found = plausibility([(attribution([9.0, -8.0, 0.0, 0.5, 7.0, 1.0]), marks(0, 4, 5))])
    assert found is not None and (found.top, found.count) == (3, 1)
    assert found.auprc == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert found.token_f1 == pytest.approx(2 / 3)
    assert found.iou_f1 == pytest.approx(1.0)  # runs 0-1 and 4 meet runs 0 and 4-5 at exactly one half each


def test_the_top_is_the_mean_number_of_marked_words_and_unmarked_texts_are_left_out() -> None:
    best = attribution([5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    found = plausibility([(best, marks(0)), (best, marks(0, 1, 2)), (best, ())])
    assert found is not None and (found.top, found.count) == (2, 2)
    assert found.auprc == 1.0
    assert found.token_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert plausibility([(best, ())]) is plausibility([]) is None


def test_a_word_is_marked_by_any_of_its_characters() -> None:
    one = replace(attribution([1.0, 0.0]), words=((0, 4), (5, 9)))
    for mark, auprc in (((3, 4), 1.0), ((3, 5), 1.0), ((4, 6), 0.5), ((8, 20), 0.5)):
        found = plausibility([(one, [mark])])
        assert found is not None and found.auprc == auprc, mark
    assert plausibility([(one, [(4, 5)])]) is None


def test_reasons_are_rationales_or_spans_named_like_the_document_label() -> None:
    spans = (Span(4, 6, "spam"), Span(0, 3, "rationale"), Span(7, 8, "phishing"))
    document = Document("a", "abcdefghij", spans=spans)
    assert marked_reasons(document, LABEL) == ((0, 3), (4, 6))
    assert marked_reasons(document, Target("span", "spam", 0, 2)) == ()
    marks = (Reason(8, 10), Reason(1, 2), Reason(0, 1, is_evidence=False), Reason(5, 6, "spam"))
    given_in = replace(document, reasons=(*marks, Reason(2, 3, "x", span=(0, 1))))
    assert marked_reasons(given_in, LABEL) == ((1, 2), (5, 6), (8, 10))
    assert marked_reasons(given_in, Target("span", "x", 0, 1)) == ((1, 2), (2, 3), (8, 10))
    assert marked_reasons(given_in, Target("span", "y", 0, 1)) == ((1, 2), (8, 10))


def test_marked_posts_in_the_form_of_hatexplain_bring_their_reasons(tmp_path: Path) -> None:
    named = [{"name": name, "color": "#336699"} for name in ("rationale", "normal", "offensive")]
    task = task_from_json({"name": "posts", "title": "Posts", "span_labels": named[:1], "document_labels": named[1:]})
    text, votes = "<user> you silly goose , go home", [0, 0, 2, 3, 0, 0, 0]
    span, meta = {"start": 11, "end": 22, "label": "rationale"}, {"split": "val", "token_votes": votes}
    post = {"id": "p", "text": text, "spans": [span], "label": "offensive", "meta": meta}
    (tmp_path / "posts.jsonl").write_text(json.dumps(post) + "\n", "utf-8")
    (document,) = read_documents(tmp_path / "posts.jsonl", task)
    target = Target("document", "offensive")
    words = tuple(match.span() for match in re.finditer(r"\S+", text))
    one = replace(attribution([float(vote) for vote in votes]), words=words, target=target)
    found = plausibility([(one, marked_reasons(document, target))])
    assert found == Plausibility(auprc=1.0, token_f1=1.0, iou_f1=1.0, top=2, count=1)


def test_cc_shap_of_the_notes_and_its_extremes() -> None:
    prediction, explanation = [3, -1, 0, 1], [[2, 1], [-1, -1], [1, 0], [0, 2]]
    assert cc_shap(prediction, explanation) == pytest.approx(0.9239, abs=5e-5)
    assert cc_shap(prediction, prediction) == pytest.approx(1)
    assert cc_shap(prediction, [-3, 1, 0, -1]) == pytest.approx(-1)
    assert cc_shap([1, 0], [0, 1]) == 0
    assert cc_shap([0, 0], [1, 2]) is cc_shap([], []) is cc_shap([[1, -1]], [1]) is None
    assert cc_shap([1, 2], [[0, 1], [0, 2]]) == pytest.approx(1)
    with pytest.raises(ValueError, match="2 input tokens and the explanation 3"):
        cc_shap([1, 2], [1, 2, 3])


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(1, 4))
def test_cc_shap_knows_no_scale_no_side_and_no_order(seed: int, tokens: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=tokens), rng.normal(size=(tokens, outputs))
    order, scales = rng.permutation(tokens), np.exp(rng.uniform(-5, 5, outputs))
    score = cc_shap(one, other)
    assert score is not None and -1 <= score <= 1
    assert cc_shap(one * 7, other * scales) == pytest.approx(score)
    assert cc_shap(other, one) == pytest.approx(score)
    assert cc_shap(one[order], other[order]) == pytest.approx(score)


@pytest.mark.parametrize("seed", range(3))
def test_unrelated_games_have_nothing_in_common_whatever_a_careless_estimator_says(seed: int) -> None:
    """Crediting all members of a random subset with its gain once gave unrelated games scores near 1 or -1."""
    players = 200
    careful, careless = [], []
    for turn in (2 * seed, 2 * seed + 1):
        rng = np.random.default_rng(turn)
        weights = rng.normal(size=(players, 1)) / np.sqrt(players)

        def payoffs(
            shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None, weights: Floats = weights
        ) -> Floats:
            return 5 * np.tanh(shown @ weights)

        careful.append(value_players("odd-regression", payoffs, players, 4 * players, seed=turn).estimate.values[:, 0])
        ranks = rng.permuted(np.tile(np.arange(players), (500, 1)), axis=1)
        shown = ranks < rng.integers(1, players, size=(500, 1))
        gains = payoffs(shown) - payoffs(np.ones((1, players), np.bool_))
        careless.append((shown * gains).mean(axis=0))
    score, trap = cc_shap(*careful), cc_shap(*careless)
    assert score is not None and abs(score) < 0.25
    assert trap is not None and abs(trap) > 0.7


def test_a_table_of_all_coalitions_is_the_game() -> None:
    shown = (np.arange(16)[:, None] >> np.arange(4)) & 1 == 1
    payoffs = np.random.default_rng(0).normal(size=(16, 2))
    some = np.array([3, 0, 15, 3])
    assert np.array_equal(looked_up(payoffs)(shown[some]), payoffs[some])


def test_a_model_is_judged_on_short_and_long_texts(reviews: TokenModel) -> None:
    short = Document("a", "Search is slow, please fix!", reasons=(Reason(10, 14),))
    long = Document("b", "The app is slow after the update, please fix the search and the notes sync.")
    shares: list[float] = []
    judgement = judge(reviews, [short, long], budget=40, progress=shares.append)
    by_name = {one.method: one for one in judgement.methods}
    assert list(by_name) == [*METHODS, "random order"]
    ours, loose, chance = by_name["odd-regression"], by_name["leave-one-out"], by_name["random order"]
    assert judgement.documents == 2 and shares == [0.5, 1.0]
    assert judgement.enumerated > 0 and judgement.sampled > 0
    assert ours.error is not None and loose.error is not None and ours.error < loose.error
    assert judgement.reference_error is not None and judgement.reference_error < 0.1
    assert ours.error_long is not None and chance.error is chance.error_long is None
    assert ours.comprehensiveness is not None and chance.comprehensiveness is not None
    assert ours.comprehensiveness > chance.comprehensiveness
    assert loose.stability == pytest.approx(1) and ours.stability is not None and ours.stability < 1
    assert ours.plausibility is not None and ours.plausibility.top == 1
    assert ours.evaluations <= 40 and chance.evaluations == 0
    assert json.loads(json.dumps(judgement.to_record()))["methods"][0]["method"] == "odd-regression"


def test_nothing_marked_is_nothing_to_judge(reviews: TokenModel) -> None:
    with pytest.raises(BadInput, match="marks nothing in these 1 documents"):
        judge(reviews, [Document("a", " \n ")])
