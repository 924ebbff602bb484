"""Integrated gradients on real networks: both ends are masked rows, the way is complete, and every decision has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from tests.explanations.conftest import tiny_tokenizer
from tests.explanations.test_explain import LONG, SHORT, span_of
from tests.models.voters import three_tokenizers
from tokapp.documents import NOTHING, Attribution, Document, Target
from tokapp.errors import BadInput
from tokapp.explanations import QUICK, explain
from tokapp.explanations.game import Seat, games_of, mask_id
from tokapp.explanations.gradients import Leg
from tokapp.inference.ensembles import join
from tokapp.models.config import Shape, config_for
from tokapp.models.network import Network
from tokapp.models.token_model import TokenModel
from tokapp.tasks import load_task

ANSWER = Document("a", "app is slow", question="is it slow?", contexts=("app is fix.", "notes sync " * 30))
PLACE = (SHORT.index("slow"), SHORT.index("fix"))


def integrated(model: TokenModel, document: Document, *targets: Target, budget: int | None = None) -> list[Attribution]:
    return explain(model, document, targets, method="integrated-gradients", budget=budget)


def missed(attribution: Attribution) -> float:
    """How far the values are from what they should sum to."""
    return abs(attribution.base_value + sum(attribution.values) - attribution.output_value)


def test_both_ends_of_the_way_are_the_rows_that_other_methods_mask(reviews: TokenModel) -> None:
    (game,) = games_of(Seat.take(reviews, Document("a", SHORT)), [span_of(SHORT, "slow")])
    leg = Leg(reviews, game.views[0], mask_id(reviews))
    for side, shown in enumerate((False, True)):
        batch = game.views[0].masked(np.full((1, len(game.players)), shown), mask=mask_id(reviews))
        expected, found = reviews.forward(batch).token_logits, leg.scores([pair[side] for pair in leg.ends()]).tokens
        assert expected is not None and found is not None
        assert torch.allclose(expected, found.detach(), atol=1e-5)


def test_values_are_the_integral_of_gradients_by_hand(reviews: TokenModel) -> None:
    target, (row,) = span_of(SHORT, "slow"), reviews.encode([Document("a", SHORT)])
    table = reviews.network.encoder.get_input_embeddings()  # type: ignore[operator]
    hidden_ids = np.where(row.word_of >= 0, reviews.tokenizer.mask_token_id, row.input_ids)
    ends = [table(torch.from_numpy(ids)[None]).detach() for ids in (hidden_ids, row.input_ids)]
    total, count = torch.zeros_like(ends[0]), 400
    for step in range(count):
        way = (ends[0] + (step + 0.5) / count * (ends[1] - ends[0])).requires_grad_()
        states = reviews.network.encoder(inputs_embeds=way).last_hidden_state
        logits = reviews.network.tokens(states)[0, row.word_index[2]]  # type: ignore[misc]
        total += torch.autograd.grad(logits[1:].logsumexp(0) - logits[0], way)[0] / count
    expected = np.zeros(7)
    np.add.at(expected, row.word_of[row.word_of >= 0], (total * (ends[1] - ends[0])).sum(-1)[0][row.word_of >= 0])
    (attribution,) = integrated(reviews, Document("a", SHORT), target)
    assert attribution.values == pytest.approx(expected, abs=2e-3)
    assert attribution.method == "integrated-gradients" and not attribution.exact


@pytest.mark.parametrize(
    "target",
    [
        span_of(SHORT, "please fix"),
        Target("span", "feature", *PLACE, NOTHING),
        Target("start", "feature", *PLACE),
        Target("end", "feature", *PLACE),
    ],
    ids=lambda one: one.kind,
)
def test_the_way_is_complete_for_every_decision_about_words(reviews: TokenModel, target: Target) -> None:
    (attribution,) = integrated(reviews, Document("a", SHORT), target)
    assert missed(attribution) < 0.01 * max(abs(attribution.output_value - attribution.base_value), 1)
    assert sum(attribution.errors) == pytest.approx(missed(attribution), abs=1e-9)
    assert attribution.evaluations == 2**7


@pytest.mark.parametrize("against", ["", "ham"])
def test_the_way_is_complete_for_labels_of_documents(emails: TokenModel, against: str) -> None:
    (attribution,) = integrated(emails, Document("a", SHORT), Target("document", "spam", against=against))
    assert missed(attribution) < 0.01


def test_sources_in_several_rows_have_gradients(rag: TokenModel) -> None:
    targets = [Target("document", "hallucinated", over="sources"), Target("span", "unsupported", 0, 3, over="sources")]
    label, word = integrated(rag, ANSWER, *targets)
    assert len(rag.encode([ANSWER])) > 1 and set(word.parts) == {0, 1, 2}
    assert missed(label) < 0.05 and missed(word) < 0.05


def test_numbers_beside_words_are_part_of_the_way_and_counted_ones_have_none(
    make_model: Callable[..., TokenModel],
) -> None:
    model = make_model("rag", Shape(scheme="io", document="spans", max_length=64, features="rag"))
    short = replace(ANSWER, contexts=ANSWER.contexts[:1])
    (attribution,) = integrated(model, short, Target("span", "unsupported", 0, 3))
    assert missed(attribution) < 0.05
    with pytest.raises(BadInput, match="counting words, which has no gradient; choose another method"):
        integrated(model, short, Target("span", "unsupported", 0, 3, over="sources"))


def test_a_vote_is_followed_along_all_members_at_once(
    reviews: TokenModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document, targets = Document("a", SHORT), [span_of(SHORT, "slow"), Target("end", "feature", *PLACE)]
    alone, both = (integrated(one, document, *targets) for one in (reviews, join("twice", [reviews, reviews])))  # type: ignore[arg-type]
    for one, other in zip(alone, both, strict=True):
        assert other.values == pytest.approx(one.values, abs=1e-4)
    for mean in ("arithmetic", "geometric"):
        voters = join("mixed", three_tokenizers(tmp_path_factory.mktemp("mixed")), mean=mean)  # type: ignore[arg-type]
        (attribution,) = explain(voters, document, targets[:1], method="integrated-gradients", budget=66)
        assert missed(attribution) < 0.05 and attribution.evaluations == 66


def test_a_small_budget_takes_few_steps_and_says_what_they_miss(reviews: TokenModel) -> None:
    (attribution,) = integrated(reviews, Document("a", LONG), span_of(LONG, "search"), budget=QUICK)
    assert attribution.evaluations <= 2 * len(attribution.words) + 2
    assert sum(attribution.errors) == pytest.approx(missed(attribution), abs=1e-9)


def test_a_model_in_half_precision_is_followed_in_single_precision(make_model: Callable[..., TokenModel]) -> None:
    whole, half = (make_model("reviews", Shape(max_length=64)) for _ in range(2))
    half.use_bfloat16(2.0)
    target = span_of(SHORT, "slow")
    one, other = (integrated(model, Document("a", SHORT), target)[0] for model in (whole, half))
    assert np.corrcoef(one.values, other.values)[0, 1] > 0.95
    assert missed(other) < 0.2


class Blind(BertModel):
    """A backbone that reads ids and nothing else."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> object:  # type: ignore[override]
        return super().forward(input_ids=input_ids, attention_mask=attention_mask)


def test_a_backbone_without_embeddings_has_no_gradients() -> None:
    tokenizer, sizes = tiny_tokenizer(), {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    encoder = Blind(BertConfig(vocab_size=len(tokenizer), hidden_size=8, **sizes), add_pooling_layer=False)
    network = Network(encoder, config_for(load_task("reviews"), Shape(max_length=64)))
    model = TokenModel("blind", load_task("reviews"), network, tokenizer)
    with pytest.raises(BadInput, match="blind takes no embeddings"):
        integrated(model, Document("a", SHORT), span_of(SHORT, "slow"))
