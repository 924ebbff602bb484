"""Shapes of networks: the first layers of a backbone, and class logits drawn to their sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from transformers import AutoModel

from tests.models.families import FAMILIES
from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models import backbone, load_model, registry
from tokapp.models.config import Shape, config_for
from tokapp.models.encoding import Encoding
from tokapp.models.network import Network, smooth
from tokapp.models.token_model import TokenModel, to_inputs
from tokapp.settings import Settings
from tokapp.tasks import load_task

ANSWER = Document("a", "Berlin lies in France. It is big, 99 km wide.\n\nAsk.", "rag", contexts=("Berlin.",) * 3)


def built(shape: Shape, name: str = "built-in") -> TokenModel:
    torch.manual_seed(0)
    task, source = load_task("rag"), backbone.resolve(name)
    config = config_for(task, shape, backbone=name).model_copy(update={"backbone_hash": source.hash})
    return TokenModel("made", task, Network(backbone.load_encoder(source), config), backbone.load_tokenizer(source))


@pytest.mark.parametrize("name", FAMILIES)
def test_fewer_layers_give_the_states_between(name: str, tmp_path: Path) -> None:
    folder = FAMILIES[name].write(tmp_path / name)
    model = built(Shape(scheme="io", layers=1, max_length=64), str(folder))
    inputs = to_inputs(model.collate(model.encode([ANSWER])), model.device)
    whole = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        all_states = whole(inputs.input_ids, inputs.attention_mask, output_hidden_states=True).hidden_states
        found = model.network.encoder(inputs.input_ids, inputs.attention_mask).last_hidden_state
        norm = getattr(whole, "norm", getattr(whole, "final_norm", torch.nn.Identity()))  # of some families, at the end
        expected = norm(all_states[1])
    assert len(all_states) == 3
    assert torch.allclose(found, expected, atol=1e-5)


def test_more_layers_than_the_backbone_has_are_refused() -> None:
    with pytest.raises(ModelUnavailable, match="has 6 layers, 7 are asked for"):
        built(Shape(layers=7))


@pytest.mark.parametrize("storage", ["adapter", "full"])
def test_a_version_with_fewer_layers_and_smoothing_predicts_the_same_when_loaded(storage: str, tmp_path: Path) -> None:
    model = built(Shape(scheme="io", document="spans", layers=2, smoothing=0.5))
    model.network.design = model.config.model_copy(update={"storage": storage})
    home = Settings(tmp_path, "sqlite://", device="cpu", threads=1)
    registry.save(home.models / "kept", model.network, model.tokenizer, model.task)
    again = load_model("kept", settings=home)
    (one,), (other,) = model.predict([ANSWER]), again.predict([ANSWER])
    assert one.words is not None and other.words is not None
    assert np.allclose(one.words.probabilities, other.words.probabilities, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(some.lists(some.integers(-1, 3), min_size=1, max_size=12), some.floats(0, 1), some.integers(0, 99))
def test_smoothing_keeps_the_mean_of_a_sentence_and_shrinks_what_differs(
    sentences: list[int], share: float, seed: int
) -> None:
    torch.manual_seed(seed)
    logits, where = torch.randn(1, len(sentences), 2), torch.tensor([sentences])
    smoothed = smooth(logits, where, share)
    for sentence in set(sentences):
        mine = where == sentence
        before, after = logits[mine], smoothed[mine]
        kept = before if sentence < 0 else before.mean(0) + (1 - share) * (before - before.mean(0))
        assert torch.allclose(after, kept, atol=1e-5)


def test_words_are_drawn_to_their_own_sentence_in_every_window() -> None:
    long = Document("b", f"{ANSWER.text} " * 12, "rag", contexts=ANSWER.contexts)
    plain, drawn = built(Shape(scheme="io", max_length=64)), built(Shape(scheme="io", max_length=64, smoothing=1.0))
    rows = drawn.encode([long])
    assert len(rows) > 2
    raw = plain.forward(plain.collate(plain.encode([long]))).token_logits
    smoothed = drawn.forward(drawn.collate(rows)).token_logits
    assert raw is not None and smoothed is not None
    for place, row in enumerate(rows):
        for words in sentences_within(row, long.text):
            at = row.word_index[words]
            assert torch.allclose(smoothed[place, at], raw[place, at].mean(0).expand(len(at), -1), atol=1e-5)


def sentences_within(row: Encoding, text: str) -> list[list[int]]:
    """Words that a row owns, by sentence; the sentences of these texts end in a stop and white space."""
    groups: dict[int, list[int]] = {}
    for word in np.flatnonzero(row.word_index >= 0).tolist():
        before = text[: row.words[word][0]]
        groups.setdefault(before.count(". ") + before.count(".\n"), []).append(word)
    return list(groups.values())


@pytest.mark.parametrize("learns", [False, True])
def test_only_a_backbone_that_learns_drops_states_in_training(learns: bool) -> None:
    model = built(Shape(scheme="io", layers=2))
    inputs = to_inputs(model.collate(model.encode([ANSWER])), model.device)
    still = model.network.states(inputs)
    model.network.encoder.requires_grad_(learns)
    model.network.train()
    assert torch.equal(model.network.states(inputs), still) != learns
    assert all(head.training for head in model.network.heads)
