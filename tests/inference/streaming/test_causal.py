"""Streams of causal models: the cache changes nothing but the cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inference.streaming.conftest import CLASSES
from tests.inference.streaming.streams import Make, assert_alike, cut_texts, in_pieces, streamed
from tests.models.families import FAMILIES
from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.inference.streaming import StreamFull
from tokapp.models import TokenModel, backbone
from tokapp.models.config import Calibration, NetworkConfig, Shape
from tokapp.models.network import Network
from tokapp.models.published import task_for

TEXT = "Love the dark mode, but cafe\u0301 notes 😀 の 検索 don't \r\n find 13 dogs!  "
each_causal = pytest.mark.parametrize("name", ["llama", "qwen3"])


@each_causal
def test_the_verdict_on_a_word_is_what_prediction_says(name: str, make: Make) -> None:
    model = make(name)
    (prediction,) = model.predict([Document("1", TEXT)])
    assert prediction.words is not None and model.is_causal
    verdicts = streamed(model, [TEXT])
    visible = [verdict for verdict in verdicts if verdict.text.strip()]
    words = zip(prediction.words.offsets.tolist(), prediction.words.probabilities, strict=True)
    seen = 0
    for (start, end), probabilities in words:
        mine = [one for one in visible if start < one.end and one.start + len(one.text) - len(one.text.lstrip()) < end]
        risks = [one.risk for one in mine if one.text.lstrip() in TEXT[start:end]]  # else a token of several words
        assert risks == pytest.approx([1 - probabilities[0]] * len(risks), abs=1e-5), TEXT[start:end]
        seen += len(risks)
    assert seen > 15
    assert len({verdict.label for verdict in verdicts}) == 2


@each_causal
def test_ids_pushed_at_once_one_by_one_or_without_a_cache_get_the_same_logits(name: str, make: Make) -> None:
    model = make(name)
    ids = model.encoder.cut(TEXT).ids
    whole = model.forward(model.collate(model.encode([Document("1", TEXT)]))).token_logits
    assert whole is not None
    opening = model.encoder.opening(Document("1", TEXT))
    for size in (1, 3, len(ids)):
        cache, found = model.new_cache(), []
        if opening:
            model.read_on(opening, cache)
        for start in range(0, len(ids), size):
            logits = model.read_on(ids[start : start + size], cache).token_logits
            assert logits is not None
            found.append(logits[0])
        expected = whole[0, len(opening) : len(opening) + len(ids)]
        assert torch.allclose(torch.cat(found), expected, atol=1e-5)
        assert torch.equal(torch.cat(found).argmax(-1), expected.argmax(-1))
    assert_alike(streamed(model, [ids]), streamed(model, [[one] for one in ids]))
    assert_alike(streamed(model, [np.array(ids)]), streamed(model, [TEXT]))  # type: ignore[list-item]


@settings(max_examples=25, deadline=None)
@given(cut=cut_texts)
def test_verdicts_do_not_depend_on_how_the_text_is_cut(cut: tuple[str, list[int]], make: Make) -> None:
    text, cuts = cut
    session = make("qwen3").stream()
    verdicts = list(session.run(in_pieces(text, cuts)))
    assert session.text == text and session.is_closed
    assert all(text[one.start : one.end] == one.text for one in verdicts)
    assert [one.index for one in verdicts] == list(range(len(verdicts)))
    assert_alike(verdicts, streamed(make("qwen3"), [text]))


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=20), more=st.text(max_size=20))
def test_what_comes_later_changes_no_verdict(text: str, more: str, make: Make) -> None:
    session = make("llama").stream()
    before = session.push(text)
    assert_alike(before, streamed(make("llama"), [text + more])[: len(before)])


@each_causal
def test_each_token_costs_one_tokens_work(name: str, make: Make) -> None:
    model, counted = make(name), []
    hook = model.network.encoder.register_forward_pre_hook(
        lambda module, arguments, options: counted.append(options["input_ids"].numel()), with_kwargs=True
    )
    try:
        ids = model.encoder.cut(TEXT * 3).ids
        verdicts = streamed(model, [[one] for one in ids])
    finally:
        hook.remove()
    assert sum(counted) == len(ids) + len(model.encoder.opening(Document("1", TEXT)))
    assert len(verdicts) == len(ids) and max(counted) == 1


def test_what_does_not_fit_is_given_back_and_what_fits_is_judged(make: Make) -> None:
    model = make("llama", positions=16)
    whole = streamed(make("llama"), [TEXT])
    session = model.stream()
    with pytest.raises(StreamFull, match="positions for 16 tokens") as full:
        session.push(TEXT)
    assert len(full.value.verdicts) == 15  # one position is the beginning's
    assert_alike([*full.value.verdicts], whole[:15])
    assert session.text + str(full.value.rest) == TEXT
    with pytest.raises(StreamFull):
        session.push("no more. And more ")
    assert session.close() == []


def test_text_that_waits_is_not_lost_at_the_limit_either(make: Make) -> None:
    model = make("llama", positions=16)
    session, given_out = model.stream(), []
    pieces = [*TEXT]
    with pytest.raises(StreamFull) as full:
        for piece in pieces:
            given_out += session.push(piece)
    given_out += full.value.verdicts
    assert session.text + str(full.value.rest) == TEXT[: len(session.text + str(full.value.rest))]
    assert_alike(given_out, streamed(make("llama"), [TEXT])[:15])
    of_ids, ids = model.stream(), model.encoder.cut(TEXT).ids
    with pytest.raises(StreamFull) as full:
        of_ids.push(ids)
    assert full.value.rest == ids[15:] and of_ids.text == "".join(one.text for one in full.value.verdicts)


def test_a_stream_up_to_the_stop_ends_there(make: Make) -> None:
    session = make("qwen3").stream()
    verdicts = list(session.run([TEXT], until_stop=True))
    stop = session.stop
    assert stop is not None and verdicts[-1].index == stop.index and verdicts[-1].end == stop.character
    assert verdicts[-1].flagged and not any(one.flagged for one in verdicts[:-1])
    assert stop.index < streamed(make("qwen3"), [TEXT])[-1].index


def test_a_word_of_many_tokens_is_one_decision(make: Make) -> None:
    """Debouncing once counted the pieces of a single risky word as so many risky words."""
    model = make("qwen3")
    words = ("xqzwv", "qqqq", "zxcvb", "Kwyjibo", "brrr")
    word = next(word for word in words if streamed(model, [word])[0].label != "Safe")
    session = model.stream()
    verdicts = session.push(word) + session.close()
    assert len(verdicts) > 1 and {one.label for one in verdicts} == {"Unsafe"}
    assert session.stop is None and not any(one.flagged for one in verdicts)


def test_thresholds_and_temperature_count_and_the_category_is_hidden_when_safe(make: Make) -> None:
    model = make("qwen3")
    before, plain = model.config.calibration, streamed(model, [TEXT])
    assert all((one.category is None) == (one.label == "Safe") == (one.category_score is None) for one in plain)
    assert {one.category for one in plain} <= {None, "ORG", "LOC"}
    try:
        model.recalibrate(Calibration(thresholds={"ORG": 1.0, "LOC": 1.0}))
        strictest = streamed(model, [TEXT])
        model.recalibrate(Calibration(temperature=1000.0))
        warm = streamed(model, [TEXT])
    finally:
        model.recalibrate(before)
    assert {one.label for one in strictest} == {"Safe"}
    assert [one.risk for one in strictest] == [one.risk for one in plain]
    assert all(one.risk == pytest.approx(0.75, abs=0.01) for one in warm)


def test_an_answer_streams_behind_its_question_and_passages(make: Make) -> None:
    model = make("llama", classes=("LABEL_0", "LABEL_1"))
    document = Document("1", "It has 12 notes.", question="How many?", contexts=("There are 12 notes.", "Dogs."))
    (prediction,) = model.predict([document])
    assert prediction.words is not None
    verdicts = streamed(model, [document.text], prompt=document)
    assert verdicts[0].risk == pytest.approx(1 - prediction.words.probabilities[0, 0], abs=1e-5)
    assert verdicts[-1].risk == pytest.approx(1 - prediction.words.probabilities[-1, 0], abs=1e-5)
    assert streamed(model, [document.text], prompt="How many?")[0].risk != pytest.approx(verdicts[0].risk, abs=1e-7)
    with pytest.raises(BadInput, match="the prompt has"):
        make("llama", positions=16, classes=("LABEL_0", "LABEL_1")).stream(document)


@pytest.mark.parametrize(
    ("shape", "is_causal"), [(Shape(), True), (Shape(hidden=8), True), (Shape(smoothing=0.5), False)]
)
def test_a_network_of_ours_streams_what_it_predicts(shape: Shape, is_causal: bool, tmp_path: Path) -> None:
    """Where it draws words to their sentence, later words change what it says, causal as its backbone is."""
    source = backbone.resolve(str(FAMILIES["qwen3"].write(tmp_path / "qwen3")))
    torch.manual_seed(0)
    config = NetworkConfig(backbone=source.name, shape=shape, classes=CLASSES)
    network = Network(backbone.load_encoder(source), config)
    model = TokenModel("ours", task_for("ours", CLASSES), network, backbone.load_tokenizer(source))
    assert model.is_causal == is_causal
    text = "Love the dark mode, but"
    (prediction,) = model.predict([Document("1", text)])
    assert prediction.words is not None
    verdicts = streamed(model, [text], lookahead=8)
    risks = {one.end - len(one.text.lstrip()): one.risk for one in verdicts}
    found = [risks[start] for start, _ in prediction.words.offsets.tolist()]
    assert found == pytest.approx((1 - prediction.words.probabilities[:, 0]).tolist(), abs=1e-5)


def test_text_and_ids_are_not_mixed_and_a_closed_stream_is_over(make: Make) -> None:
    model = make("qwen3")
    with pytest.raises(BadInput, match="takes no prompt"):
        model.stream("a question")
    with model.stream() as session:
        session.push("dark ")
        with pytest.raises(BadInput, match="began with text"):
            session.push([5])
        assert [one.text for one in session.close()] == [" "] and session.close() == []
    with pytest.raises(BadInput, match="closed"):
        session.push("more")
    of_ids = model.stream()
    of_ids.push([5])
    with pytest.raises(BadInput, match="began with token ids"):
        of_ids.push("dark")
