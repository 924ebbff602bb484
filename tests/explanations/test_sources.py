"""Reasons among question and passages: where their words lie, exact values, many rows, and what each passage says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explanations.conftest import tiny_tokenizer
from tests.explanations.test_explain import is_efficient, shapley_by_definition, span_of
from tokapp.documents import Attribution, Document, Target
from tokapp.errors import BadInput
from tokapp.explanations import QUICK, explain
from tokapp.explanations.game import MOST_PLAYERS, Seat, games_of, mask_id
from tokapp.explanations.sources import hide_words, pieces_of, seat_phrases, source_word_of, source_words, stances
from tokapp.inference.ensembles import join
from tokapp.models.config import Shape
from tokapp.models.encoding import Encoder
from tokapp.models.prompts import prompt_parts
from tokapp.models.token_model import TokenModel
from tokapp.tasks import load_task

SHORT = Document("a", "app is slow", question="is it slow?", contexts=("app is fix.", "", "notes"))
PASSAGES = ("search is slow after update", "notes sync is please fix the app", "video call crashes")
TEXTS = st.text(st.sampled_from(list("ab c1.,!?'\n\té日😀\u0301-")), max_size=40)
DOCUMENTS = st.builds(
    Document,
    st.just("1"),
    st.just("app is slow"),
    question=st.none() | TEXTS,
    contexts=st.lists(TEXTS, max_size=4).map(tuple),
)


def over(target: Target) -> Target:
    return replace(target, over="sources")


@given(DOCUMENTS, st.integers(16, 48))
@settings(max_examples=60, deadline=None)
def test_every_source_token_leads_to_its_word_in_its_piece(document: Document, longest: int) -> None:
    pieces = (document.question or "", *document.contexts)
    words, begins = source_words(document), {number: start for number, start, _ in prompt_parts(document)}
    encoder = Encoder(tiny_tokenizer(), max_length=longest, part="answer")
    for row in encoder.encode([document]):
        assert row.prompt is not None and row.source is not None
        assert np.array_equal(row.prompt.ids[row.source[row.source >= 0]], row.input_ids[row.source >= 0])
        place = 0
        for token, word in zip(row.source.tolist(), source_word_of(document, row).tolist(), strict=True):
            if word < 0:
                continue
            part, start, end = words[word]
            at, stop = row.prompt.offsets[token].tolist()
            begin = at + len(row.prompt.text[at:stop]) - len(row.prompt.text[at:stop].lstrip())
            assert start <= begin - begins[part] < end
            assert word >= place or part == 0
            place = word
    assert [pieces[part][start:end].strip() for part, start, end in words] == [
        pieces[part][start:end] for part, start, end in words
    ]
    assert sorted(words) == words and all(pieces[part][start:end] for part, start, end in words)


@given(st.lists(TEXTS, max_size=4).map(tuple), st.integers(1, 12), st.data())
def test_phrases_hold_all_words_in_order_and_none_runs_over_a_passage(
    contexts: tuple[str, ...], most: int, data: st.DataObject
) -> None:
    document = Document("1", "slow", question="why", contexts=contexts)
    words = source_words(document)
    present = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words))))
    pieces = pieces_of(document)
    players, parts, player_of = seat_phrases(pieces, words, present.astype(np.int32), most=most)
    assert len(players) == len(parts) == len(set(player_of[present].tolist()))
    assert (np.diff(player_of[present]) >= 0).all() and player_of[-1] == -1
    for word in present.tolist():
        part, start, end = words[word]
        player = player_of[word]
        assert parts[player] == part and players[player][0] <= start and end <= players[player][1]
    if len(present) <= most:
        assert len(players) == len(present)
    assert len(players) <= max(most, 2 * len(contexts) + 2) or len(present) <= most


def test_words_of_question_and_passages_get_exact_values(rag: TokenModel) -> None:
    target = over(span_of(SHORT.text, "slow", "unsupported"))
    (attribution,) = explain(rag, SHORT, [target])
    assert attribution.texts == ("is", "it", "slow", "?", "app", "is", "fix", ".", "notes")
    assert attribution.parts == (0, 0, 0, 0, 1, 1, 1, 1, 3)
    assert attribution.words[4:] == ((0, 3), (4, 6), (7, 10), (10, 11), (0, 5))
    (row,) = rag.encode([SHORT])
    of_token = source_word_of(SHORT, row)

    @cache
    def payoff(shown: frozenset[int]) -> float:
        hidden = [word >= 0 and word not in shown for word in of_token.tolist()]
        ids = np.where(hidden, rag.tokenizer.mask_token_id, row.input_ids)
        logits = rag.forward(rag.collate([replace(row, input_ids=ids)])).token_logits
        assert logits is not None
        outside, inside = logits[0, row.word_index[2]].double().tolist()
        return float(inside - outside)

    assert attribution.exact and attribution.target == target
    assert attribution.values == pytest.approx(shapley_by_definition(payoff, 9), abs=1e-5)
    assert is_efficient(attribution)


@pytest.mark.parametrize("answer", ["The search is slow after the update.", "fix the notes sync please " * 15])
def test_passages_in_several_rows_are_hidden_in_each_that_shows_them(rag: TokenModel, answer: str) -> None:
    document = Document("a", answer, question="slow?", contexts=PASSAGES * 4)
    seat, label = Seat.take(rag, document), over(Target("document", "hallucinated"))
    (game,) = games_of(seat, [label])
    assert len(game.views) == sum(map(len, seat.windows)) > 2
    slow = 0
    assert game.parts[slow] == 0 and document.question is not None
    shown = np.ones((1, len(game.players)), bool)
    shown[0, slow] = False
    for view in game.views:
        changed = np.flatnonzero(view.masked(shown, mask=mask_id(rag)).input_ids[0] != view.row.input_ids)
        assert len(changed) and not view.row.part[changed].any()
    word = over(span_of(answer, "the", "unsupported"))
    prediction = rag.predict([document])[0]
    found = explain(rag, document, [label, word], budget=QUICK)
    assert prediction.words is not None
    place = prediction.words.offsets[:, 0].tolist().index(word.start)
    expected = (prediction.document_scores["hallucinated"], prediction.words.probabilities[place, 1])
    for one, probability in zip(found, expected, strict=True):
        assert one.output_value == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
        assert is_efficient(one) and set(one.parts) == set(range(13))


def test_an_ensemble_reads_the_same_sources(make_model: Callable[..., TokenModel]) -> None:
    shape = Shape(scheme="io", document="spans", max_length=24)
    pair = [make_model("rag", shape, seed=seed) for seed in (0, 1)]
    document = replace(SHORT, contexts=PASSAGES[:2])
    targets = [over(span_of(document.text, "slow", "unsupported")), over(Target("document", "supported"))]
    alone = explain(pair[0], document, targets, budget=60)
    twice = explain(join("twice", [pair[0], pair[0]]), document, targets, budget=60)
    mixed = explain(join("pair", pair), document, targets, budget=60)
    for one, both, other in zip(alone, twice, mixed, strict=True):
        assert both.output_value == pytest.approx(one.output_value, abs=1e-5)
        assert one.parts == both.parts == other.parts and is_efficient(other)


def test_what_compares_answer_and_passages_is_computed_again_without_hidden_words(
    make_model: Callable[..., TokenModel],
) -> None:
    model = make_model("rag", Shape(scheme="io", document="spans", max_length=64, features="rag"))
    (game,) = games_of(Seat.take(model, SHORT), [over(Target("document", "hallucinated"))])
    shown = np.ones((2, len(game.players)), bool)
    shown[1, [2, 4]] = False
    batch = game.views[0].masked(shown, mask=mask_id(model))
    without = replace(SHORT, question="is it ꙮꙮꙮꙮ?", contexts=("ꙮꙮꙮ is fix.", "", "notes"))
    assert hide_words(SHORT, shown[1]) == without
    for row, document in enumerate((SHORT, without)):
        expected = model.encode([document])[0].features
        assert batch.features is not None and expected is not None
        assert np.array_equal(batch.features[row, game.views[0].row.word_index], expected)
    assert (batch.features[0] != batch.features[1]).any()


def test_long_passages_are_explained_by_phrases(make_model: Callable[..., TokenModel]) -> None:
    model = make_model("rag", Shape(scheme="io", document="spans", max_length=128))
    document = Document("a", "app is slow", contexts=(" ".join(["the notes sync is slow."] * 60), "fix " * 30))
    (attribution,) = explain(model, document, [over(Target("document", "hallucinated"))], budget=QUICK)
    assert 60 <= len(attribution.words) <= MOST_PLAYERS and is_efficient(attribution)
    for (start, end), text, part in zip(attribution.words, attribution.texts, attribution.parts, strict=True):
        assert document.contexts[part - 1][start:end] == text and text.count(".") <= 1


def test_the_view_can_say_which_passage_backs_an_answer_and_which_speaks_against_it() -> None:
    task, parts = load_task("rag"), (0, 1, 1, 2, 2, 3)
    words, texts = ((0, 1),) * 6, ("a",) * 6
    values, errors = (0.1, -2.0, -1.0, 0.5, 1.5, 0.0), (0.1, 0.3, 0.4, 0.1, 0.1, 0.0)
    target = over(Target("span", "unsupported", 0, 3))
    span = Attribution("1", "m", target, words, texts, values, errors, 0, 0, 1, parts=parts)
    found = stances(span, task)
    assert [one.verdict for one in found] == ["none", "supports", "contradicts", "none"]
    assert (found[1].part, found[1].value, found[1].error) == (1, 3.0, pytest.approx(0.5))
    backed = stances(replace(span, target=over(Target("document", "supported"))), task)
    assert [one.verdict for one in backed] == ["none", "contradicts", "supports", "none"]


@pytest.mark.parametrize(
    ("document", "message"),
    [(Document("1", "slow"), "neither question nor passages"), (Document("1", "slow", contexts=(" ",)), "add some")],
)
def test_without_sources_there_are_no_reasons_among_them(rag: TokenModel, document: Document, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        explain(rag, document, [over(Target("document", "hallucinated"))])


def test_a_model_that_reads_texts_alone_has_no_sources(reviews: TokenModel) -> None:
    with pytest.raises(BadInput, match="reads texts alone"):
        explain(reviews, replace(SHORT, text="slow"), [over(Target("span", "feature", 0, 4))])
