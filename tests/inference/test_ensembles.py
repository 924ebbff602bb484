"""Models that vote: the same characters for all tokenizers, the same decoder, and nothing that depends on the order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from tests.models.families import FAMILIES
from tests.models.voters import member, three_tokenizers
from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.errors import BadInput, JobCancelled, UnknownLabel
from tokapp.inference import predict
from tokapp.inference.decoding import decode
from tokapp.inference.embedding import embed
from tokapp.inference.ensembles import fitted, join
from tokapp.inference.portions import Once
from tokapp.inference.voting import (
    agreement,
    align,
    ballots,
    character_probabilities,
    combine,
    divergence,
    vote_on_words,
    words_of,
)
from tokapp.inference.weights import fit_weights, log_loss
from tokapp.models import EnsembleModel, TokenModel, backbone
from tokapp.models.config import Calibration, EnsembleConfig, Member, Shape, config_for
from tokapp.models.ensemble import finest_classes
from tokapp.models.network import Network
from tokapp.tasks import load_task

PIECES = ["the dark mode", "works😀", "東京", "cafe\u0301", "\r\n", "  ", "!", "สวัสดี", "👩\u200d💻", "\u200b", "13"]
TEXTS = some.text(max_size=40) | some.lists(some.sampled_from(PIECES), max_size=30).map(" ".join)
TEXT = "Love the dark mode, but the search 😀 fails."
DOCUMENTS = [Document("1", TEXT), Document("2", ""), Document("3", "東京 \ud800")]
BIO, IO = ("O", "B-a", "I-a"), ("O", "I-a")
BIES = ("O", "B-a", "I-a", "E-a", "S-a")


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> list[TokenModel]:
    return three_tokenizers(tmp_path_factory.mktemp("members"))


def same(one: Prediction, other: Prediction) -> bool:
    left, right = words_of(one), words_of(other)
    is_same = np.array_equal(left.probabilities, right.probabilities) and left.classes == right.classes
    return is_same and one.spans == other.spans and [a.score for a in one.spans] == [b.score for b in other.spans]


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_a_model_that_votes_with_itself_is_itself(members: list[TokenModel], mean: str) -> None:
    for model in members:
        twice = join("twice", [model, model], mean=mean, weights=[0.3, 0.7])  # type: ignore[arg-type]
        alone, voted = model.predict(DOCUMENTS), twice.predict(DOCUMENTS)
        assert any(one.spans for one in alone)
        for one, other in zip(alone, voted, strict=True):
            assert one.spans == other.spans
            assert words_of(other).probabilities == pytest.approx(words_of(one).probabilities, abs=1e-6)
            assert all(span.agreement == 1 for span in other.spans)
            apart = words_of(other).disagreement
            assert apart is not None and apart.max(initial=0) < 1e-6
            if mean == "arithmetic":
                assert same(one, other)


def test_a_model_that_votes_with_itself_keeps_its_thresholds(members: list[TokenModel]) -> None:
    model = TokenModel("strict", members[0].task, members[0].network, members[0].tokenizer)
    before = model.config.calibration
    try:
        model.recalibrate(Calibration(thresholds={"feature": 0.3}, least_words=2))
        twice = join("twice", [model, model])
        assert twice.config.calibration == model.config.calibration
        assert [one.spans for one in twice.predict(DOCUMENTS)] == [one.spans for one in model.predict(DOCUMENTS)]
    finally:
        model.recalibrate(before)


def test_models_of_one_tokenizer_are_averaged_token_by_token(tmp_path: Path) -> None:
    pair = [member("bert", tmp_path, seed=seed) for seed in (0, 1)]
    (row,) = pair[0].encode(DOCUMENTS[:1])
    logits = [model.forward(model.collate([row])).token_logits for model in pair]
    tokens = [torch.softmax(one[0], dim=-1).numpy() for one in logits if one is not None]
    expected = (0.25 * tokens[0] + 0.75 * tokens[1])[row.word_index]
    (prediction,) = join("pair", pair, weights=[1, 3]).predict(DOCUMENTS[:1])
    assert words_of(prediction).probabilities == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_the_order_of_members_changes_nothing(members: list[TokenModel], mean: str) -> None:
    weights = {"bert-0": 1.0, "roberta-1": 2.0, "xlm-roberta-2": 4.0}
    orders = [
        join("all", order, mean=mean, weights=[weights[one.name] for one in order])  # type: ignore[arg-type]
        for order in permutations(members)
    ]
    assert len({one.fingerprint for one in orders}) == 1
    predictions = [one.predict(DOCUMENTS) for one in orders]
    assert all(same(one, other) for found in predictions for one, other in zip(predictions[0], found, strict=True))


def test_equal_fingerprints_mean_equal_votes(members: list[TokenModel]) -> None:
    whole = [
        join("a", members),
        join("b", members, weights=[1, 1, 2]),
        join("c", members, mean="geometric"),
        join("d", members[:2]),
    ]
    assert len({one.fingerprint for one in whole}) == 4
    cut = join("a", members)
    cut.recalibrate(Calibration(least_words=2))
    assert cut.fingerprint != whole[0].fingerprint == join("renamed", members).fingerprint


@settings(deadline=None, max_examples=60)
@given(text=TEXTS, mean=some.sampled_from(["arithmetic", "geometric"]))
def test_three_tokenizers_agree_on_where_characters_are(members: list[TokenModel], text: str, mean: str) -> None:
    model = join("three", members, mean=mean)  # type: ignore[arg-type]
    (prediction,) = model.predict([Document("1", text)])
    words = words_of(prediction)
    assert ["".join(text[a:b].split()) for a, b in words.offsets] == [text[a:b] for a, b in words.offsets]
    starts, ends = (set(column.tolist()) for column in words.offsets.T) if len(words.offsets) else (set(), set())
    for span in prediction.spans:
        assert span.start in starts and span.end in ends
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
        assert span.agreement is not None and 0 <= span.agreement <= 1
    labels, characters = character_probabilities(words, len(text))
    assert labels == ("O", "feature") and characters.shape == (len(text), 2)
    assert characters.sum(axis=1) == pytest.approx(np.ones(len(text)), abs=1e-5)
    assert words.disagreement is not None
    assert ((words.disagreement >= 0) & (words.disagreement <= 1)).all()


@settings(deadline=None, max_examples=40)
@given(text=TEXTS)
def test_voting_on_characters_is_voting_on_words(members: list[TokenModel], text: str) -> None:
    """By the formulas, character by character: softmax of who covers it, weighted mean, mean of log q over a word."""
    document, whole = Document("1", text), join("three", members, weights=[1, 2, 3])
    voted = words_of(whole.predict([document])[0])
    own = [words_of(one.predict([document])[0]) for one in whole.members]
    characters = np.stack([character_probabilities(one, len(text))[1] for one in own])
    seen = np.stack([ballots(one).any(axis=-1) for one in own])
    mixed = np.tensordot(whole.config.weights, characters, axes=1)
    for word in np.flatnonzero(seen.all(axis=0)):
        start, end = voted.offsets[word]
        mean = np.exp(np.log(np.maximum(mixed[start:end], 1e-12)).mean(axis=0))
        assert voted.probabilities[word, 0] == pytest.approx(mean[0], abs=1e-5)


def test_white_space_has_the_mean_of_its_neighbours() -> None:
    words = WordScores(np.array([[1, 2], [4, 6]], np.int32), np.array([[1, 0, 0], [0.2, 0.3, 0.5]], np.float32), BIO)
    labels, found = character_probabilities(words, 8)
    assert labels == ("O", "a")
    assert found[:, 1].tolist() == pytest.approx([0, 0, 0.4, 0.4, 0.8, 0.8, 0.8, 0.8])
    empty = WordScores(np.zeros((0, 2), np.int32), np.zeros((0, 3), np.float32), BIO)
    assert character_probabilities(empty, 2)[1].tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("members_", "expected"),
    [
        ([BIO, BIO], BIO),
        ([BIES, BIES], BIES),
        ([BIES, BIO], BIES),
        ([BIES, IO], BIES),
        ([("O", "I-a", "B-a"), BIO], BIO),
        ([IO, BIO], BIO),
        ([IO, ("O", "B-a")], BIO),
    ],
)
def test_the_decoder_sees_the_finest_classes_of_the_members(
    members_: list[tuple[str, ...]], expected: tuple[str, ...]
) -> None:
    assert finest_classes(members_, ["a"]) == expected
    even = [np.full((1, len(classes)), 1 / len(classes)) for classes in members_]
    aligned = align(even, members_, expected, [0.5, 0.5])
    for one, classes in zip(aligned, members_, strict=True):
        assert one.sum() == pytest.approx(1)
        assert one[0, 0] == pytest.approx(1 / len(classes)), "nobody's share of O depends on the others"


def test_who_cannot_tell_marks_apart_splits_them_as_the_others_do() -> None:
    fine, coarse, unseen = np.array([[0.2, 0.4, 0.0, 0.1, 0.3]]), np.array([[0.5, 0.3, 0.2]]), np.zeros((1, 5))
    knows, follows = align([fine, coarse], [BIES, BIO], BIES, [0.5, 0.5])
    assert knows.tolist() == fine.tolist()
    at_b, at_i = 0.3 / 0.7, 0.2 / 0.1
    assert follows[0].tolist() == pytest.approx([0.5, 0.4 * at_b, 0.0, 0.1 * at_i, 0.3 * at_b])
    alone = align([unseen, coarse], [BIES, BIO], BIES, [0.5, 0.5])[1]
    assert alone[0].tolist() == pytest.approx([0.5, 0.15, 0.1, 0.1, 0.15]), "evenly where nobody has an opinion"


def test_a_member_of_a_coarser_scheme_does_not_cost_the_ends_that_others_have_learnt() -> None:
    """Once the decoder saw the coarsest classes; on app reviews a bio member took 0.07 of exact F1 from bioes ones."""
    offsets = np.array([[0, 1], [2, 3]], np.int32)
    ends = WordScores(offsets, np.array([[0.0, 0, 0, 0, 1], [0, 0, 0, 0, 1]], np.float32), BIES)
    merges = WordScores(offsets, np.array([[0.1, 0.9], [0.1, 0.9]], np.float32), IO)
    config = EnsembleConfig(members=_named(2), classes=BIES)
    voted = vote_on_words([ends, merges], config)
    (spans,) = decode(voted.probabilities, voted.classes, offsets, np.array([0, 2]))
    assert [(one.start, one.end) for one in spans] == [(0, 1), (2, 3)]
    assert spans[0].score == pytest.approx(0.95)


def test_neighbours_of_one_label_stay_apart_where_every_member_tells_them_apart() -> None:
    offsets = np.array([[0, 1], [1, 2]], np.int32)
    both = WordScores(offsets, np.array([[0, 1, 0], [0.1, 0.8, 0.1]], np.float32), BIO)
    config = EnsembleConfig(members=_named(2), classes=BIO)
    voted = vote_on_words([both, both], config)
    (spans,) = decode(voted.probabilities, voted.classes, offsets, np.array([0, 2]))
    assert [(one.start, one.end) for one in spans] == [(0, 1), (1, 2)]


def _named(count: int) -> tuple[Member, ...]:
    return tuple(Member(name=f"m{at}", fingerprint="0" * 64, weight=1 / count) for at in range(count))


distributions = arrays.arrays(np.float64, (3, 4, 3), elements=some.floats(0.01, 1)).map(
    lambda found: found / found.sum(axis=-1, keepdims=True)
)


@given(distributions, some.sampled_from(["arithmetic", "geometric"]), some.floats(0.3, 3))
def test_a_vote_is_a_distribution_between_those_of_the_voters(votes: np.ndarray, mean: str, heat: float) -> None:
    found = combine(votes, [0.2, 0.3, 0.5], mean)  # type: ignore[arg-type]
    assert found.sum(axis=-1) == pytest.approx(np.ones(4))
    if mean == "arithmetic":
        assert (found <= votes.max(axis=0) + 1e-12).all() and (found >= votes.min(axis=0) - 1e-12).all()
    hot = combine(votes, [0.2, 0.3, 0.5], mean, temperature=heat)  # type: ignore[arg-type]
    assert hot.sum(axis=-1) == pytest.approx(np.ones(4))
    assert (hot.argmax(axis=-1) == found.argmax(axis=-1)).all()


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_who_sees_nothing_of_a_word_has_no_vote_on_it(mean: str) -> None:
    votes = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.3, 0.7], [0.0, 0.0]]])
    assert combine(votes, [0.9, 0.1], mean).tolist() == pytest.approx(np.array([[0.3, 0.7], [1, 0]]))  # type: ignore[arg-type]
    unseen = WordScores(np.array([[0, 1]], np.int32), np.array([[1, 0, 0]], np.float32), BIO)
    assert not ballots(unseen).any()


def test_disagreement_runs_from_the_same_to_nothing_in_common() -> None:
    same_, apart = [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]]
    votes = np.array([[same_, apart[0], [0, 0]], [same_, apart[1], apart[0]]])
    assert divergence(votes, [0.5, 0.5]).tolist() == pytest.approx([0, 1, 0])
    assert divergence(votes, [0.9, 0.1]).tolist() == pytest.approx([0, 1, 0])


def test_agreement_is_the_share_of_characters_that_members_mark_alike() -> None:
    span = Span(2, 6, "a")
    own = [[Span(2, 6, "a")], [Span(4, 9, "a")], [Span(2, 6, "b")], []]
    assert agreement(span, own) == pytest.approx((1 + 0.5) / 4)


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_weights_go_to_the_member_that_knows_better(mean: str) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    good = np.eye(3)[truth] * 2.5 + rng.normal(size=(600, 3))
    logits = np.stack([good, rng.normal(size=(600, 3)), rng.normal(size=(600, 3))])
    votes = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    weights = fit_weights(votes, truth, mean)  # type: ignore[arg-type]
    assert weights.sum() == pytest.approx(1) and weights[0] > 0.85
    grid = [np.array([a, b, 1 - a - b]) for a in np.linspace(0, 1, 21) for b in np.linspace(0, 1 - a, 21)]
    least = min(log_loss(votes, truth, one, mean) for one in grid)  # type: ignore[arg-type]
    assert log_loss(votes, truth, weights, mean) <= least + 1e-3  # type: ignore[arg-type]
    assert fit_weights(votes[:, :0], truth[:0], mean).tolist() == pytest.approx([1 / 3] * 3)  # type: ignore[arg-type]


def test_weights_and_temperature_are_fitted_on_documents(members: list[TokenModel], tmp_path: Path) -> None:
    oracle = member("roberta", tmp_path, seed=5, scheme="io")
    oracle.recalibrate(Calibration(temperature=0.1))
    whole = join("three", [members[0], oracle, members[2]])
    truth = [
        replace(document, spans=prediction.spans, is_reviewed=True)
        for document, prediction in zip(DOCUMENTS, oracle.predict(DOCUMENTS), strict=True)
    ]
    weights, temperature, figures = fitted(whole, truth)
    assert weights[whole.members.index(oracle)] == max(weights) > 0.9
    assert temperature > 0 and figures["log_loss_fitted_weights"] < figures["log_loss_equal_weights"]  # type: ignore[operator]
    with pytest.raises(BadInput, match="no weights can be fitted"):
        fitted(whole, DOCUMENTS)
    with pytest.raises(UnknownLabel):
        fitted(whole, [Document("1", "x", spans=(Span(0, 1, "nothing of ours"),))])


def test_members_of_other_labels_or_kinds_are_refused_by_name(members: list[TokenModel], tmp_path: Path) -> None:
    rag, emails = member("bert", tmp_path, task="rag", scheme="io"), _evidence(tmp_path)
    with pytest.raises(BadInput, match=r"bert-0 reads the text and bert-0 the answer"):
        join("x", [members[0], rag])
    with pytest.raises(BadInput, match="emails finds spans by what speaks for a document label"):
        join("x", [members[0], emails])
    task = replace(load_task("reviews"), span_labels=load_task("rag").span_labels)
    network = Network(members[0].network.encoder, config_for(task, Shape(), backbone="x"))
    other = TokenModel("other", task, network, members[0].tokenizer)
    with pytest.raises(BadInput, match="bert-0 marks feature and other marks unsupported"):
        join("x", [members[0], other])


def _evidence(folder: Path) -> TokenModel:
    source = backbone.resolve(str(FAMILIES["bert"].write(folder / "evidence")))
    config = config_for(load_task("emails"), Shape(spans="evidence"), backbone=source.name)
    network = Network(backbone.load_encoder(source), config)
    return TokenModel("emails", load_task("emails"), network, backbone.load_tokenizer(source))


@pytest.mark.parametrize("weights", [[1.0], [-1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [float("nan"), 1.0, 1.0]])
def test_weights_that_are_none_are_refused(members: list[TokenModel], weights: list[float]) -> None:
    with pytest.raises(BadInput, match="weights"):
        join("x", members, weights=weights)


def test_document_labels_are_the_weighted_mean_where_every_member_has_them(tmp_path: Path) -> None:
    pair = [member("bert", tmp_path, seed=seed, task="rag", scheme="io") for seed in (0, 1)]
    pair = [_with_document_labels(model) for model in pair]
    whole = join("pair", pair, weights=[1, 3])
    document = Document("1", "dark mode fails", question="what works?", contexts=("the search works",))
    own = [one.predict([document])[0].document_scores for one in whole.members]
    (voted,) = whole.predict([document])
    for label in whole.document_labels:
        expected = sum(w * scores[label] for w, scores in zip(whole.config.weights, own, strict=True))
        assert voted.document_scores[label] == pytest.approx(expected)
    assert len(whole.document_labels) == 2 and whole.document_labels == pair[0].document_labels


def _with_document_labels(model: TokenModel) -> TokenModel:
    shape = model.config.shape.model_copy(update={"document": "spans"})
    model.network.design = model.config.model_copy(update={"shape": shape})
    return model


def test_progress_counts_documents_and_cancelling_stops_between_batches(members: list[TokenModel]) -> None:
    whole, told = join("three", members), []
    predict(whole, DOCUMENTS, batch_size=1, progress=told.append)
    assert told == sorted(told) and told[-1] == len(DOCUMENTS)
    with pytest.raises(JobCancelled):
        predict(whole, DOCUMENTS, cancelled=lambda: True)


def test_equal_documents_are_scored_once_and_keep_what_was_voted(members: list[TokenModel]) -> None:
    whole = join("three", members)
    one, other = Once(whole).predict([DOCUMENTS[0], replace(DOCUMENTS[0], id="again")])
    assert same(one, other) and other.document_id == "again"
    again = Once(whole)
    kept = [again.predict(DOCUMENTS[:1])[0] for _ in range(2)]
    assert np.array_equal(*(words_of(each).disagreement for each in kept))  # type: ignore[arg-type]


def test_vectors_of_members_stand_side_by_side(members: list[TokenModel]) -> None:
    whole = join("three", members, weights=[1, 2, 3])
    vectors = embed(whole, DOCUMENTS[:1] * 2)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    own = [embed(one, DOCUMENTS[::2]) for one in whole.members]
    cosines = [float(one[0] @ one[1]) for one in own]
    found = embed(whole, DOCUMENTS[::2])
    assert float(found[0] @ found[1]) == pytest.approx(np.dot(whole.config.weights, cosines), abs=1e-5)


def test_an_ensemble_needs_as_many_members_as_it_names(members: list[TokenModel]) -> None:
    whole = join("three", members)
    with pytest.raises(ValueError, match="names 3 members"):
        EnsembleModel("x", whole.task, members[:2], whole.config)
