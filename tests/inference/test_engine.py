"""Prediction in batches: any batch gives the same, long texts come back whole, and scarce memory only costs time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import nn

from tests.models.families import FAMILIES
from tokapp.documents import Document, Prediction, Target
from tokapp.errors import JobCancelled, ModelError
from tokapp.inference.engine import predict, stream
from tokapp.models import TokenModel, backbone, load_model
from tokapp.models.config import Calibration, Shape, config_for
from tokapp.models.network import Inputs, Network, Outputs
from tokapp.settings import Reducer, Settings
from tokapp.tasks import load_task

PIECES = ["the dark mode", "works😀", "東京", "cafe\u0301", "\r\n", "  ", "!", "สวัสดี", "हिन्दी", "13"]


def untrained(name: str, folder: Path | None = None, *, longest: int = 48, task: str = "reviews") -> TokenModel:
    """A model with random heads, calibrated so that it marks about half of all words."""
    source = backbone.resolve(str(folder) if folder else name)
    torch.manual_seed(0)
    encoder = backbone.load_encoder(source)
    network = Network(encoder, config_for(load_task(task), Shape(max_length=longest), backbone=source.name))
    model = TokenModel(name, load_task(task), network, backbone.load_tokenizer(source))
    model.recalibrate(Calibration(thresholds=dict.fromkeys(load_task(task).span_names, 0.6)))
    return model


@cache
def built_in() -> TokenModel:
    return untrained("built-in")


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> TokenModel:
    return untrained("roberta", FAMILIES["roberta"].write(tmp_path_factory.mktemp("roberta")))


@pytest.fixture
def published(tmp_path: Path) -> TokenModel:
    folder = FAMILIES["bert"].write(tmp_path / "bert", classes=("O", "B-a", "I-a"))
    return load_model(str(folder), settings=Settings(tmp_path, "sqlite://", device="cpu", threads=1))


def check_prediction(model: TokenModel, text: str) -> None:
    (prediction,) = model.predict([Document("1", text)])
    assert prediction.words is not None
    offsets, words = prediction.words.offsets, prediction.words.probabilities
    assert ["".join(text[a:b].split()) for a, b in offsets] == [text[a:b] for a, b in offsets]
    assert words.sum(axis=1) == pytest.approx(np.ones(len(words)), abs=1e-5)
    check_spans(text, prediction)


def check_spans(text: str, prediction: Prediction) -> None:
    assert prediction.words is not None
    offsets = prediction.words.offsets
    starts, ends = set(offsets[:, 0].tolist()), set(offsets[:, 1].tolist())
    for span in prediction.spans:
        assert span.start in starts and span.end in ends
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
    for left, right in zip(prediction.spans, prediction.spans[1:], strict=False):
        assert left.end <= right.start


@settings(deadline=None, max_examples=20)
@given(some.text(max_size=60) | some.lists(some.sampled_from(PIECES), max_size=40).map(" ".join))
def test_spans_of_the_built_in_backbone_read_as_the_text_does(text: str) -> None:
    check_prediction(built_in(), text)


@settings(deadline=None, max_examples=40)
@given(text=some.text(max_size=60) | some.lists(some.sampled_from(PIECES), max_size=40).map(" ".join))
def test_spans_of_a_byte_level_backbone_read_as_the_text_does(byte_level: TokenModel, text: str) -> None:
    check_prediction(byte_level, text)


def test_every_word_of_a_long_text_is_scored_by_the_one_window_that_owns_it(byte_level: TokenModel) -> None:
    document = Document("1", " ".join(PIECES * 12))
    rows = byte_level.encode([document])
    assert len(rows) > 3
    (prediction,) = byte_level.predict([document])
    assert prediction.words is not None
    for row in rows:
        logits = byte_level.forward(byte_level.collate([row])).token_logits
        assert logits is not None
        outside = torch.softmax(logits[0], dim=-1)[:, 0].tolist()
        for word in np.flatnonzero(row.word_index >= 0):
            found = float(prediction.words.probabilities[word, 0])
            assert found == pytest.approx(outside[row.word_index[word]], abs=1e-5)
    assert (sum((row.word_index >= 0).astype(int) for row in rows) == 1).all()


def test_windows_that_overlap_by_what_a_token_sees_are_one_big_window(tmp_path: Path) -> None:
    """True of models that see a few tokens to either side, wherever these stand; others see more in one big window."""
    local = {"layer_types": ["sliding_attention"] * 2, "local_attention": 8, "max_position_embeddings": 2048}
    family = replace(FAMILIES["modernbert"], settings={**FAMILIES["modernbert"].settings, **local})
    folder, document = family.write(tmp_path / "local"), Document("1", " ".join(PIECES * 12))
    many, one = (untrained("local", folder, longest=longest) for longest in (66, 2048))
    assert len(many.encode([document])) > 3 and len(one.encode([document])) == 1
    one.network.load_state_dict(many.network.state_dict())
    assert same(many.predict([document]), one.predict([document]))


def test_words_in_one_token_are_one_span() -> None:
    """A token that holds several words cannot begin a span in each of them."""
    model = built_in()
    (row,) = model.encode([Document("1", "สวัสดี")])
    assert len(set(row.word_index.tolist())) == 1 < len(row.words)
    (prediction,) = model.predict([Document("1", "สวัสดี")])
    assert prediction.words is not None
    begin, inside = (model.classes.index(f"{mark}-feature") for mark in "BI")
    first, *rest = prediction.words.probabilities
    assert all(word[begin] == 0 and word[inside] == pytest.approx(first[begin] + first[inside]) for word in rest)
    model.recalibrate(Calibration(thresholds={"feature": 0.05}))
    assert [span.key for span in model.predict([Document("1", "สวัสดี")])[0].spans] == [(0, 6, "feature")]
    model.recalibrate(Calibration(thresholds={"feature": 0.6}))


PASSAGES = ("the dark mode works since the update", "13 notes are lost", "the search finds 東京 again", "no camera") * 3


@pytest.mark.parametrize("reducer", ["max", "min"])
@pytest.mark.parametrize("answer", ["the dark mode works, 13 notes", "the dark mode works and 13 notes are lost. " * 6])
def test_of_several_rows_of_passages_one_decides_about_each_word(reducer: Reducer, answer: str) -> None:
    model, document = reading_answers(reducer), Document("1", answer, question="what works?", contexts=PASSAGES)
    rows = model.encode([document])
    assert max(row.chunk for row in rows) > 0
    (prediction,) = predict(model, [document], token_budget=200)
    inside = np.full((len(rows), len(rows[0].words)), np.nan)
    for place, row in enumerate(rows):
        logits = model.forward(model.collate([row])).token_logits
        assert logits is not None
        mine = row.word_index >= 0
        inside[place, mine] = 1 - torch.softmax(logits[0], dim=-1)[row.word_index[mine], 0]
    assert prediction.words is not None
    expected = np.nanmax(inside, axis=0) if reducer == "max" else np.nanmin(inside, axis=0)
    assert 1 - prediction.words.probabilities[:, 0] == pytest.approx(expected, abs=1e-5)
    assert prediction.words.probabilities.sum(axis=1) == pytest.approx(np.ones(len(expected)), abs=1e-5)
    check_spans(answer, prediction)


def test_passages_that_fit_beside_the_answer_leave_the_reducer_nothing_to_choose() -> None:
    document = Document("1", "the dark mode works", question="what works?", contexts=PASSAGES[:2])
    (one,), (other,) = (reading_answers(reducer).predict([document]) for reducer in ("max", "min"))
    assert one.words is not None and other.words is not None
    assert np.array_equal(one.words.probabilities, other.words.probabilities) and one.spans == other.spans


def test_a_model_is_told_to_use_another_reducer_than_its_own() -> None:
    answer = "the dark mode works and 13 notes are lost. " * 6
    document = Document("1", answer, question="what works?", contexts=PASSAGES)
    model, other = reading_answers("max"), reading_answers("min")
    before, own = model.fingerprint, model.predict([document])[0]
    model.reduce_by("max")
    assert model.fingerprint == before
    model.reduce_by("min")
    assert model.fingerprint != before and model.exact_fingerprint == before
    (told,), (expected,) = model.predict([document]), other.predict([document])
    assert own.words is not None and told.words is not None and expected.words is not None
    assert np.array_equal(told.words.probabilities, expected.words.probabilities)
    assert (told.words.probabilities[:, 0] >= own.words.probabilities[:, 0]).all()


def test_the_settings_choose_the_reducer_of_every_model_that_is_loaded(tmp_path: Path) -> None:
    environment = {"TOKAPP_HOME": str(tmp_path), "TOKAPP_THREADS": "1"}
    own = load_model("rag", settings=Settings.from_environment(environment))
    told = load_model("rag", settings=Settings.from_environment({**environment, "TOKAPP_REDUCER": "min"}))
    assert isinstance(own, TokenModel) and isinstance(told, TokenModel)
    assert (own.config.shape.reducer, told.config.shape.reducer) == ("max", "min")
    assert own.exact_fingerprint == told.exact_fingerprint != told.fingerprint


def reading_answers(reducer: Reducer) -> TokenModel:
    """The built-in backbone with random heads over answers."""
    base, task = built_in(), replace(load_task("reviews"), part="answer")
    shape = base.config.shape.model_copy(update={"reducer": reducer})
    network = Network(base.network.encoder, base.config.model_copy(update={"shape": shape}))
    network.load_state_dict(base.network.state_dict())
    return TokenModel(reducer, task, network, base.tokenizer)


DOCUMENTS = [Document(str(n), " ".join(PIECES[: 1 + n % 10] * (1 + n % 7))) for n in range(40)]


def same(ones: list[Prediction], others: list[Prediction]) -> bool:
    pairs = [(one.words, other.words) for one, other in zip(ones, others, strict=True)]
    return [one.document_id for one in ones] == [other.document_id for other in others] and all(
        one is not None and other is not None and np.allclose(one.probabilities, other.probabilities, atol=1e-5)
        for one, other in pairs
    )


@pytest.mark.parametrize(
    "options", [{"batch_size": 1}, {"batch_size": 7}, {"token_budget": 1}, {"token_budget": 10**6}]
)
def test_how_documents_are_batched_changes_nothing(options: dict[str, Any], published: TokenModel) -> None:
    assert same(predict(published, DOCUMENTS, **options), predict(published, DOCUMENTS))


def test_progress_ends_at_the_number_of_documents_and_a_cancelled_run_stops(published: TokenModel) -> None:
    done: list[int] = []
    predict(published, DOCUMENTS, token_budget=200, progress=done.append)
    assert done == sorted(done) and done[-1] == len(DOCUMENTS)
    with pytest.raises(JobCancelled):
        next(stream(published, DOCUMENTS, cancelled=lambda: True))


class SmallMemory(Network):
    """A real network on a device that holds so many tokens at once, and no more."""

    def __init__(self, network: Network, tokens: int, error: Callable[[], Exception]) -> None:
        nn.Module.__init__(self)
        self.inner, self.design, self.holds, self.error = network, network.design, tokens, error
        self.tried: list[int] = []

    def forward(self, inputs: Inputs) -> Outputs:
        self.tried.append(inputs.input_ids.numel())
        if self.tried[-1] > self.holds:
            raise self.error()
        outputs: Outputs = self.inner(inputs)
        return outputs


ERRORS: dict[str, Callable[[], Exception]] = {
    "cuda": lambda: torch.OutOfMemoryError("Tried to allocate 2.00 GiB."),
    "mps": lambda: RuntimeError("MPS backend out of memory (MPS allocated: 5.2 GB)"),
    "cpu": lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
}


@pytest.mark.parametrize("device", ERRORS)
def test_scarce_memory_halves_the_batches_and_changes_no_prediction(device: str, published: TokenModel) -> None:
    expected = predict(published, DOCUMENTS)
    published.network = memory = SmallMemory(published.network, 100, ERRORS[device])
    assert same(predict(published, DOCUMENTS), expected)
    too_many = [place for place, tokens in enumerate(memory.tried) if tokens > 100]
    assert too_many == list(range(len(too_many))) != [], "what did not fit once is not tried again"


def test_reasons_are_found_in_as_little_memory_as_predictions(published: TokenModel) -> None:
    document, target = Document("1", "the dark mode works😀"), Target("span", "a", 4, 13)
    expected = published.explain(document, [target], budget=64)
    published.network = memory = SmallMemory(published.network, 50, ERRORS["cuda"])
    (reason,) = published.explain(document, [target], budget=64)
    assert max(memory.tried) > 50
    assert reason.values == pytest.approx(expected[0].values, abs=1e-4)


def test_a_row_that_does_not_fit_alone_is_a_sentence_with_its_length(published: TokenModel) -> None:
    published.network = SmallMemory(published.network, 20, ERRORS["cuda"])
    with pytest.raises(ModelError, match="a row of 64 tokens does not fit into memory; use a smaller model"):
        predict(published, DOCUMENTS)


def test_other_errors_come_through(published: TokenModel) -> None:
    published.network = memory = SmallMemory(published.network, 100, lambda: RuntimeError("device-side assert"))
    with pytest.raises(RuntimeError, match="assert"):
        predict(published, DOCUMENTS)
    assert len(memory.tried) == 1


def test_a_large_batch_does_not_keep_others_waiting(published: TokenModel) -> None:
    """A worker answered small requests only when a batch of 4,096 tokens was through."""
    sizes: list[int] = []
    hook = published.network.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].input_ids.numel()))
    try:
        predict(published, [Document(str(at), "The search bar is slow today. " * 3) for at in range(120)])
    finally:
        hook.remove()
    assert len(sizes) > 1 and max(sizes) <= 1024
