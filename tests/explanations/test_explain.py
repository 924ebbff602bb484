"""Explanations of whole documents by real (tiny, random) networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Span, Target
from tokapp.errors import BadSpan, JobCancelled, UnknownLabel
from tokapp.explanations import QUICK, attribution_key, explain, targets_of
from tokapp.explanations.decisions import LIMIT, log_odds
from tokapp.explanations.game import MOST_PLAYERS, Game, Seat, games_of, mask_id
from tokapp.models.config import Calibration, Shape
from tokapp.models.encoding import Batch
from tokapp.models.token_model import TokenModel
from tokapp.settings import Reducer

SHORT = "Search is slow, please fix!"
LONG = "The app is slow after the update. Please fix the search and the notes sync, video call crashes 😀 zebra-code."


def span_of(text: str, words: str, label: str = "feature") -> Target:
    start = text.index(words)
    return Target("span", label, start, start + len(words))


def is_efficient(attribution: Attribution) -> bool:
    total = attribution.base_value + sum(attribution.values)
    return bool(np.isclose(total, attribution.output_value, rtol=1e-6, atol=1e-6))


def masked(game: Game, shown: NDArray[np.bool_]) -> Batch:
    return game.views[0].masked(shown, mask=mask_id(game.model))


def shapley_by_definition(payoff: Callable[[frozenset[int]], float], players: int) -> NDArray[np.float64]:
    """Mean gain over all orders, by the subset formula, written as in the textbook."""
    from itertools import combinations
    from math import comb

    values = np.zeros(players)
    for player in range(players):
        rest = [other for other in range(players) if other != player]
        for size in range(players):
            for subset in combinations(rest, size):
                gain = payoff(frozenset(subset) | {player}) - payoff(frozenset(subset))
                values[player] += gain / (players * comb(players - 1, size))
    return values


def test_a_short_text_gets_exact_values(reviews: TokenModel) -> None:
    document = Document("a", SHORT)
    target = span_of(SHORT, "Search")
    attribution = explain(reviews, document, [target])[0]
    words = [SHORT[start:end] for start, end in attribution.words]
    assert words == list(attribution.texts) == ["Search", "is", "slow", ",", "please", "fix", "!"]
    assert attribution.exact and attribution.evaluations == 2**7
    assert attribution.errors == (0.0,) * 7
    assert is_efficient(attribution)

    row = reviews.encode([document])[0]

    @cache
    def payoff(shown: frozenset[int]) -> float:
        """One masked row at a time, by hand, through the collate of the model."""
        ids = row.input_ids.copy()
        for position, word in enumerate(row.word_of):
            if word >= 0 and int(word) not in shown:
                ids[position] = reviews.tokenizer.mask_token_id
        outputs = reviews.forward(reviews.collate([replace(row, input_ids=ids)]))
        assert outputs.token_logits is not None
        odds = np.exp(outputs.token_logits[0, row.word_index[0]].double().numpy())
        return float(np.log(odds[1] + odds[2]) - np.log(odds[0]))

    expected = shapley_by_definition(payoff, 7)
    assert np.allclose(attribution.values, expected, atol=1e-5)
    assert attribution.output_value == pytest.approx(payoff(frozenset(range(7))), abs=1e-5)
    assert attribution.base_value == pytest.approx(payoff(frozenset()), abs=1e-5)


def test_all_decisions_share_one_set_of_masked_forwards(reviews: TokenModel) -> None:
    document = Document("a", LONG)
    targets = [span_of(LONG, "search"), span_of(LONG, "notes sync"), span_of(LONG, "video call")]
    together = explain(reviews, document, targets, budget=200)
    assert [one.target for one in together] == targets
    assert {one.evaluations for one in together} == {200}
    for one, target in zip(together, targets, strict=True):
        alone = explain(reviews, document, [target], budget=200)[0]
        assert np.allclose(one.values, alone.values, atol=1e-5)
        assert is_efficient(one) and min(one.errors) > 0


def test_the_same_question_gets_the_same_answer(reviews: TokenModel) -> None:
    document, target = Document("a", LONG), span_of(LONG, "notes sync")
    first, again = (explain(reviews, document, [target], budget=100)[0] for _ in range(2))
    assert first == again
    assert explain(reviews, Document("b", LONG + "!"), [target], budget=100)[0].seed != first.seed


def test_hiding_keeps_length_positions_and_special_tokens(reviews: TokenModel) -> None:
    game = games_of(Seat.take(reviews, Document("a", LONG)), [span_of(LONG, "search")])[0]
    nothing, everything = np.zeros((1, len(game.players)), bool), np.ones((1, len(game.players)), bool)
    hidden = masked(game, nothing).input_ids[0]
    assert np.array_equal(masked(game, everything).input_ids[0], game.views[0].row.input_ids)
    assert len(hidden) == len(game.views[0].row)
    assert (hidden[1:-1] == mask_id(reviews)).all()
    assert np.array_equal(hidden[[0, -1]], game.views[0].row.input_ids[[0, -1]])


def test_every_piece_of_a_rare_word_hides_with_it(reviews: TokenModel) -> None:
    game = games_of(Seat.take(reviews, Document("a", LONG)), [span_of(LONG, "search")])[0]
    zebra = [LONG[start:end] for start, end in game.players].index("zebra")
    shown = np.ones((1, len(game.players)), bool)
    shown[0, zebra] = False
    changed = np.flatnonzero(masked(game, shown).input_ids[0] != game.views[0].row.input_ids)
    assert len(changed) == len("zebra")
    assert (game.views[0].player_of[changed] == zebra).all()


def test_batches_do_not_change_the_answer(reviews: TokenModel, monkeypatch: pytest.MonkeyPatch) -> None:
    document, target = Document("a", LONG), span_of(LONG, "search")
    whole = explain(reviews, document, [target], budget=120)[0]
    monkeypatch.setattr("tokapp.explanations.game.batch_tokens", lambda _: 150)
    pieces = explain(reviews, document, [target], budget=120)[0]
    assert np.allclose(whole.values, pieces.values, atol=1e-4)


@pytest.mark.parametrize("label", ["ham", "spam", "phishing"])
def test_a_document_label_is_explained_in_its_own_log_odds(emails: TokenModel, label: str) -> None:
    document = Document("a", SHORT)
    attribution = explain(emails, document, [Target("document", label)])[0]
    probability = emails.predict([document])[0].document_scores[label]
    assert attribution.output_value == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
    assert is_efficient(attribution)


def test_an_evidence_span_is_explained_by_what_its_words_vote_for(emails: TokenModel) -> None:
    attribution = explain(emails, Document("a", SHORT), [span_of(SHORT, "slow", "phishing")])[0]
    assert is_efficient(attribution) and attribution.exact


def test_an_answer_is_explained_over_its_own_words_and_its_label_too(rag: TokenModel) -> None:
    document = Document("a", "The app is slow.", question="Is the app slow?", contexts=("The app is not slow at all.",))
    targets = [span_of(document.text, "slow", "unsupported"), Target("document", "hallucinated")]
    span, label = explain(rag, document, targets)
    assert span.texts == label.texts == ("The", "app", "is", "slow", ".")
    probability = rag.predict([document])[0].document_scores["hallucinated"]
    assert label.output_value == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
    opposite = explain(rag, document, [Target("document", "supported")])[0]
    assert np.allclose(opposite.values, -np.asarray(label.values), atol=1e-6)


def test_without_targets_everything_predicted_is_explained(reviews: TokenModel, emails: TokenModel) -> None:
    for model in (reviews, emails):
        document = Document("a", LONG)
        prediction = model.predict([document])[0]
        attributions = model.explain(document, budget=QUICK)
        assert [one.target for one in attributions] == targets_of(prediction)
        assert attributions
    assert targets_of(prediction)[-1].kind == "document"


def test_nothing_predicted_means_nothing_to_explain(reviews: TokenModel) -> None:
    assert explain(reviews, Document("a", "  \n "), None) == []
    assert explain(reviews, Document("a", SHORT), []) == []


def test_a_text_without_words_still_has_a_label_to_explain(emails: TokenModel) -> None:
    attribution = explain(emails, Document("a", " \n"), [Target("document", "ham")])[0]
    assert attribution.words == () and attribution.base_value == attribution.output_value


@pytest.mark.parametrize("text", ["slow", "slow app"])
def test_one_and_two_words_work(reviews: TokenModel, text: str) -> None:
    attribution = explain(reviews, Document("a", text), [Target("span", "feature", 0, 4)])[0]
    assert attribution.exact and len(attribution.values) == len(text.split()) and is_efficient(attribution)


@pytest.mark.parametrize("budget", [6, 20, 61, QUICK])
def test_a_budget_is_kept(reviews: TokenModel, budget: int) -> None:
    attribution = explain(reviews, Document("a", LONG), [span_of(LONG, "search")], budget=budget)[0]
    players = len(attribution.words)
    assert attribution.evaluations <= (budget or 2 * players + 2)
    assert is_efficient(attribution) and not attribution.exact


def test_a_span_in_a_long_text_is_explained_in_the_window_that_holds_it(reviews: TokenModel) -> None:
    text = " ".join(["the app is slow after update"] * 20) + " video call crash"
    target = span_of(text, "video call")
    attribution = explain(reviews, Document("a", text), [target], budget=150)[0]
    assert len(reviews.encode([Document("a", text)])) > 2
    assert attribution.texts[-1] == "crash" and len(attribution.words) < 70
    assert is_efficient(attribution)


def test_a_label_of_a_long_text_keeps_the_log_odds_of_the_whole(emails: TokenModel, rag: TokenModel) -> None:
    text = " ".join(["the app is slow after update please fix notes"] * 20)
    for model, label in ((emails, "spam"), (rag, "hallucinated")):
        document = Document("a", text, question="slow?" if model is rag else None)
        attribution = explain(model, document, [Target("document", label)], budget=100)[0]
        probability = model.predict([document])[0].document_scores[label]
        assert attribution.output_value == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)


@pytest.mark.parametrize("reducer", ["max", "min"])
@pytest.mark.parametrize("answer", ["The search is slow after the update.", "fix the notes sync please " * 15])
def test_passages_in_several_rows_are_explained_as_the_one_decision_that_they_make(
    make_model: Callable[..., TokenModel], reducer: Reducer, answer: str
) -> None:
    model = make_model("rag", Shape(scheme="io", document="spans", max_length=64, reducer=reducer))
    passages = ("search is slow after update", "notes sync is please fix the app", "video call crashes")
    document = Document("a", answer, question="slow?", contexts=passages * 4)
    assert max(row.chunk for row in model.encode([document])) > 1
    prediction = model.predict([document])[0]
    assert prediction.words is not None
    word, label = span_of(answer, "the", "unsupported"), Target("document", "hallucinated")
    reasons = model.explain(document, [word, label], budget=100)
    place = prediction.words.offsets[:, 0].tolist().index(word.start)
    decided = (prediction.words.probabilities[place, 1], prediction.document_scores["hallucinated"])
    for reason, probability in zip(reasons, decided, strict=True):
        assert reason.output_value == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
        assert is_efficient(reason)


def test_a_hidden_word_is_hidden_beside_all_passages(rag: TokenModel) -> None:
    document = Document("a", "The search is slow.", contexts=("notes sync is slow " * 9,) * 3)
    (game,) = games_of(Seat.take(rag, document), [span_of(document.text, "search", "unsupported")])
    shown = np.ones((1, len(game.players)), bool)
    shown[0, game.players.index((4, 10))] = False
    assert len(game.views) == len(rag.encode([document])) > 2
    for view in game.views:
        changed = np.flatnonzero(view.masked(shown, mask=mask_id(rag)).input_ids[0] != view.row.input_ids)
        assert view.row.offsets[changed].tolist() == [[4, 10]]


def test_many_words_are_grouped_away_from_the_span(make_model: Callable[..., TokenModel]) -> None:
    model = make_model("reviews", Shape(max_length=128))
    text = " ".join("abcdefghij"[index % 10] for index in range(126))
    target = Target("span", "feature", 40, 43)
    assert len(games_of(Seat.take(model, Document("a", text)), [target])[0].players) == 126
    from tokapp.explanations.game import _phrases

    words = [(2 * index, 2 * index + 1) for index in range(500)]
    phrases = _phrases(words, [Target("span", "feature", 400, 405)])
    counts = np.bincount(phrases)
    assert np.array_equal(np.unique(np.diff(phrases)), [0, 1])
    assert len(counts) <= MOST_PLAYERS + 2
    assert (counts[phrases[180:220]] == 1).all()
    assert np.bincount(_phrases(words, [])).max() == 4


def test_features_of_hidden_words_are_blank(rag: TokenModel) -> None:
    document = Document("a", "The app is slow.", question="Is it?")
    game = games_of(Seat.take(rag, document), [span_of(document.text, "slow", "unsupported")])[0]
    view = game.views[0]
    view = replace(view, row=replace(view.row, features=np.ones((len(view.row.words), 3), np.float32)))
    shown = np.arange(len(game.players)) % 2 == 0
    batch = view.masked(shown[None], mask=mask_id(rag))
    assert batch.features is not None
    assert (batch.features[0, view.player_of >= 0, 0] == shown[view.player_of[view.player_of >= 0]]).all()
    assert (batch.features[0, view.player_of < 0] == 0).all()


def test_a_tokenizer_without_a_mask_hides_behind_the_unknown_token(make_model: Callable[..., TokenModel]) -> None:
    model = make_model("reviews", Shape(max_length=64), with_mask=False)
    assert mask_id(model) == model.tokenizer.unk_token_id
    assert is_efficient(explain(model, Document("a", SHORT), [span_of(SHORT, "slow")])[0])


def test_temperature_scales_what_is_explained(reviews: TokenModel, make_model: Callable[..., TokenModel]) -> None:
    other = make_model("reviews", Shape(max_length=64))
    other.recalibrate(Calibration(temperature=2.0))
    document, target = Document("a", SHORT), span_of(SHORT, "slow")
    prediction = other.predict([document])[0]
    assert prediction.words is not None
    inside = 1 - float(prediction.words.probabilities[2, 0])
    assert explain(other, document, [target])[0].output_value == pytest.approx(np.log(inside / (1 - inside)), abs=1e-4)
    assert attribution_key(reviews, document, target) != attribution_key(other, document, target)
    assert attribution_key(other, document, target) == attribution_key(other, document, target)
    assert attribution_key(other, document, target, 64) != attribution_key(other, document, target)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (Target("span", "feature", 20, 400), BadSpan, "outside of the text"),
        (Target("span", "feature", 6, 7), BadSpan, "holds no word"),
        (Target("span", "bug", 0, 6), UnknownLabel, "knows no span label 'bug'; it knows: feature"),
        (Target("document", "spam"), UnknownLabel, "it knows: none"),
    ],
)
def test_a_target_the_model_cannot_have_decided_about_is_refused(
    reviews: TokenModel, target: Target, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explain(reviews, Document("a", SHORT), [target])


def test_progress_runs_to_the_end_and_may_stop_the_work(reviews: TokenModel) -> None:
    seen: list[float] = []
    explain(reviews, Document("a", LONG), [span_of(LONG, "search")], budget=400, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 2

    def stop(share: float) -> None:
        raise JobCancelled("stopped")

    with pytest.raises(JobCancelled):
        explain(reviews, Document("a", LONG), [span_of(LONG, "search")], progress=stop)


def test_log_odds_are_cut_where_probabilities_would_be() -> None:
    odds = log_odds(torch.tensor([[0.0, 0.0, 0.0], [80.0, 0.0, 0.0], [-80.0, 0.0, 0.0]]), [0], [1, 2])
    assert np.allclose(odds, [-np.log(2), LIMIT, -LIMIT])


def test_the_values_are_shaps_own(reviews: TokenModel) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import shap

    attribution = explain(reviews, Document("a", LONG), [span_of(LONG, "search")], budget=100)[0]
    explanation = attribution.to_shap()
    assert np.allclose(explanation.values.sum() + explanation.base_values, attribution.output_value)
    assert list(explanation.data) == list(attribution.texts)
    for draw in (shap.plots.bar, shap.plots.waterfall):
        draw(explanation, show=False)
        assert plt.gcf().axes
        plt.close("all")


def test_a_predicted_span_is_explained_from_a_given_prediction(reviews: TokenModel) -> None:
    document = Document("a", SHORT)
    prediction = replace(reviews.predict([document])[0], spans=(Span(0, 6, "feature"),))
    assert [one.target.end for one in explain(reviews, document, prediction=prediction)] == [6]
