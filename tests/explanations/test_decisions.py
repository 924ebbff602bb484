"""Labels against each other and edges of spans: what their log-odds say, and their exact values on real networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.explanations.test_explain import SHORT, is_efficient, shapley_by_definition, span_of
from tests.models.voters import three_tokenizers
from tokapp.documents import NOTHING, Document, Target
from tokapp.errors import BadSpan, UnknownLabel
from tokapp.explanations import explain
from tokapp.explanations.decisions import LIMIT, decide
from tokapp.inference.ensembles import join
from tokapp.models.config import Shape
from tokapp.models.token_model import TokenModel

BIO, IO = ("O", "B-a", "I-a", "B-b", "I-b"), ("O", "I-a", "I-b")
BIOES = ("O", "B-a", "I-a", "E-a", "S-a", "B-b", "I-b", "E-b", "S-b")
LOGITS = arrays(np.float64, (3, 2, 9), elements=st.floats(-4, 4))


def odds_by_counting(logits: np.ndarray, tags: tuple[str, ...], target: Target) -> float:
    """Sums the probabilities of all pairs of classes of two words, of which the decision holds for some."""
    rivals = {"": set(tags), NOTHING: {"O"}}.get(target.against, {tag for tag in tags if tag[2:] == target.against})
    world = [place for place, tag in enumerate(tags) if tag in rivals or tag[2:] == target.label]
    chances = np.exp(logits[:, world])
    chances /= chances.sum(axis=1, keepdims=True)
    total = 0.0
    for (i, one), (j, other) in product(enumerate(world), repeat=2):
        inside, near = tags[one], tags[other]
        is_mine, near_is_mine = inside[2:] == target.label, near[2:] == target.label
        if target.kind == "end":
            holds = is_mine and not (near_is_mine and near[0] in "IE")
        else:
            holds = is_mine and (inside[0] in "BS" or not near_is_mine)
        total += chances[0, i] * chances[1, j] * holds
    return float(np.log(total) - np.log1p(-total))


@given(LOGITS, st.sampled_from([BIO, IO, BIOES]), st.sampled_from(["start", "end"]), st.sampled_from(["", "O", "b"]))
def test_an_edge_is_as_likely_as_all_pairs_of_classes_that_make_it(
    logits: np.ndarray, tags: tuple[str, ...], kind: str, against: str
) -> None:
    target = Target(kind, "a", 0, 1, against)  # type: ignore[arg-type]
    some = logits[:, :, : len(tags)]
    expected = [odds_by_counting(one, tags, target) for one in some]
    assert decide(target, tags, torch.from_numpy(some)).tolist() == pytest.approx(expected, abs=1e-8)


@given(LOGITS)
def test_one_label_against_another_is_the_ratio_of_their_probabilities(logits: np.ndarray) -> None:
    some = logits[:, :, :5]
    chances = np.exp(some)
    ratio = np.log(chances[..., 1:3].sum(-1) / chances[..., 3:5].sum(-1)).mean(1)
    nothing = np.log(chances[..., 1:3].sum(-1) / chances[..., 0]).mean(1)
    target = Target("span", "a", 0, 1)
    for against, expected in (("b", ratio), (NOTHING, nothing)):
        found = decide(replace(target, against=against), BIO, torch.from_numpy(some))
        assert found.tolist() == pytest.approx(expected, abs=1e-9)
    backwards = decide(Target("span", "b", 0, 1, "a"), BIO, torch.from_numpy(some))
    assert (-backwards).tolist() == pytest.approx(ratio, abs=1e-9)


def test_certain_edges_are_cut_where_probabilities_would_be() -> None:
    sure = torch.tensor([[[0.0, 90.0, 0.0], [90.0, 0.0, 0.0]], [[0.0, 90.0, 0.0], [0.0, 0.0, 90.0]]])
    found = decide(Target("end", "a", 0, 1), ("O", "B-a", "I-a"), sure.double())
    assert found.tolist() == pytest.approx([LIMIT, -LIMIT])
    assert decide(Target("start", "a", 0, 1), ("O", "B-a", "I-a"), sure.double())[0] == pytest.approx(LIMIT)


@pytest.mark.parametrize("kind", ["start", "end"])
@pytest.mark.parametrize("scheme", ["bio", "io"])
def test_an_edge_gets_exact_values(make_model: Callable[..., TokenModel], kind: str, scheme: str) -> None:
    model, document = make_model("reviews", Shape(max_length=64, scheme=scheme)), Document("a", SHORT)
    start, end = SHORT.index("slow"), SHORT.index("fix")
    target = Target(kind, "feature", start, end)  # type: ignore[arg-type]
    (attribution,) = explain(model, document, [target])
    words = (2, 1) if kind == "start" else (4, 5)
    (row,) = model.encode([document])

    @cache
    def payoff(shown: frozenset[int]) -> float:
        hidden = [word >= 0 and int(word) not in shown for word in row.word_of]
        ids = np.where(hidden, model.tokenizer.mask_token_id, row.input_ids)
        logits = model.forward(model.collate([replace(row, input_ids=ids)])).token_logits
        assert logits is not None
        at = logits[0, row.word_index[list(words)]].double().numpy()
        return odds_by_counting(at, tuple(name.replace("feature", "a") for name in model.classes), Target(kind, "a"))  # type: ignore[arg-type]

    assert attribution.exact and attribution.values == pytest.approx(shapley_by_definition(payoff, 7), abs=1e-5)
    assert is_efficient(attribution) and attribution.target == target


def test_document_labels_stand_against_each_other(emails: TokenModel) -> None:
    document = Document("a", SHORT)
    scores = emails.predict([document])[0].document_scores
    one, other = (Target("document", a, against=b) for a, b in (("spam", "phishing"), ("phishing", "spam")))
    found, back = explain(emails, document, [one, other])
    assert found.output_value == pytest.approx(np.log(scores["spam"] / scores["phishing"]), abs=1e-3)
    assert back.values == pytest.approx([-value for value in found.values], abs=1e-9)
    assert is_efficient(found)


def test_an_evidence_span_stands_against_another_label_and_against_nothing(emails: TokenModel) -> None:
    target = span_of(SHORT, "slow", "phishing")
    targets = [replace(target, against=other) for other in ("spam", "ham", NOTHING)]
    spam, ham, nothing = explain(emails, Document("a", SHORT), targets)
    assert is_efficient(spam) and spam.values != ham.values
    assert nothing.values == ham.values, "the first label of such a model marks nothing"


def test_an_ensemble_decides_about_edges_and_labels_by_its_vote(
    reviews: TokenModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document, place = Document("a", SHORT), (SHORT.index("slow"), SHORT.index("fix"))
    targets = [Target(kind, "feature", *place) for kind in ("start", "end")]  # type: ignore[arg-type]
    targets.append(Target("span", "feature", *place, NOTHING))
    alone, twice = (explain(one, document, targets) for one in (reviews, join("twice", [reviews, reviews])))
    for one, both in zip(alone, twice, strict=True):
        assert both.values == pytest.approx(one.values, abs=1e-5)
    mixed = explain(join("mixed", three_tokenizers(tmp_path_factory.mktemp("mixed"))), document, targets)
    assert all(map(is_efficient, mixed))


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (Target("start", "feature", 0, 6), BadSpan, "begins where the text does: no word before it"),
        (Target("end", "feature", 16, 27), BadSpan, "ends where the text does: no word behind it"),
        (Target("end", "feature", 6, 7), BadSpan, "holds no word"),
        (Target("end", "bug", 0, 6), UnknownLabel, "knows no span label 'bug'; it knows: feature"),
        (Target("span", "feature", 0, 6, "feature"), UnknownLabel, "cannot stand against itself; choose one of: O"),
        (Target("span", "feature", 0, 6, "bug"), UnknownLabel, "knows no span label 'bug' that .*; choose one of: O"),
    ],
)
def test_a_decision_that_cannot_have_been_made_is_refused(
    reviews: TokenModel, target: Target, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explain(reviews, Document("a", SHORT), [target])


def test_a_document_always_has_a_label(emails: TokenModel) -> None:
    with pytest.raises(UnknownLabel, match=r"no document label 'O' .*; choose one of: ham, phishing"):
        explain(emails, Document("a", SHORT), [Target("document", "spam", against=NOTHING)])


def test_an_edge_in_a_long_text_is_explained_where_its_own_word_is(reviews: TokenModel) -> None:
    text = " ".join(["the app is slow after update"] * 20)
    words = [place for place, letter in enumerate(text) if letter == " "]
    ends = [Target("end", "feature", text.rindex(" ", 0, place) + 1, place) for place in words[5:90:7]]
    found = explain(reviews, Document("a", text), ends, budget=40)
    assert all(map(is_efficient, found))
    seen = [one.words[0][0] <= one.target.start and one.target.end < one.words[-1][1] for one in found]
    assert all(seen)
