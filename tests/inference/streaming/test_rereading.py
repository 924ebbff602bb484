"""Streams of models that look both ways: every word as prediction judges the last word of the text so far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inference.streaming.streams import Make, cut_texts, in_pieces, streamed
from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.models import TokenModel, load_model
from tokapp.settings import Settings
from tokapp.words import split_words

TEXT = "Love the dark mode, but the search doesn't find my notes 😀 any more. 日本語"
MAIL = "Dear customer, your account is suspended. Verify your password now"


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TokenModel]:
    chosen = Settings(tmp_path_factory.mktemp("home") / "home", "sqlite://", device="cpu", threads=1)
    return {name: load_model(name, settings=chosen) for name in ("reviews", "emails", "rag")}


@pytest.mark.parametrize("name", ["reviews", "rag"])
@pytest.mark.parametrize("lookahead", [0, 2])
def test_a_word_is_judged_in_the_text_up_to_so_many_words_behind_it(
    name: str, lookahead: int, built_in: dict[str, TokenModel]
) -> None:
    model, document = built_in[name], Document("1", "", question="What is dark?", contexts=("The dark mode is new.",))
    verdicts = streamed(model, [TEXT], prompt=document if name == "rag" else None, lookahead=lookahead)
    assert [(one.start, one.end) for one in verdicts] == split_words(TEXT) and not model.is_causal
    for verdict in verdicts[::4]:
        until = verdicts[min(verdict.index + lookahead, len(verdicts) - 1)]
        read = Document("1", TEXT[: until.end], question=document.question, contexts=document.contexts)
        (prediction,) = model.predict([read])
        assert prediction.words is not None
        assert verdict.risk == pytest.approx(1 - prediction.words.probabilities[verdict.index, 0], abs=1e-5)
    risky = {one.category for one in verdicts}
    assert risky == {None, "feature" if name == "reviews" else "unsupported"}


def test_looking_further_ahead_comes_nearer_to_the_finished_text(built_in: dict[str, TokenModel]) -> None:
    (prediction,) = built_in["reviews"].predict([Document("1", TEXT)])
    assert prediction.words is not None
    whole = 1 - prediction.words.probabilities[:, 0]
    found = [[one.risk for one in streamed(built_in["reviews"], [TEXT], lookahead=some)] for some in (0, 2, 64)]
    apart = [float(abs(risks - whole).sum()) for risks in np.array(found)]
    assert apart[0] > apart[1] > apart[2] and apart[2] == pytest.approx(0, abs=1e-4)
    with pytest.raises(BadInput, match="0 to 64 words"):
        built_in["reviews"].stream(lookahead=-1)


def test_a_mail_is_judged_as_a_whole_with_every_word(built_in: dict[str, TokenModel]) -> None:
    model = built_in["emails"]
    session = model.stream()
    verdicts = list(session.run([MAIL], until_stop=True))
    assert session.stop is not None and session.stop.category == "phishing"
    assert verdicts[-1].end == session.stop.character < len(MAIL)
    (prediction,) = model.predict([Document("1", MAIL[: verdicts[-1].end])])
    assert verdicts[-1].risk == pytest.approx(1 - prediction.document_scores["ham"], abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(cut=cut_texts)
def test_verdicts_do_not_depend_on_how_the_text_is_cut(cut: tuple[str, list[int]], make: Make) -> None:
    text, cuts = cut
    session = make("bert").stream()
    verdicts = list(session.run(in_pieces(text, cuts)))
    assert session.text == text and [(one.start, one.end) for one in verdicts] == split_words(text)
    assert all(text[one.start : one.end] == one.text for one in verdicts)
    assert verdicts == streamed(make("bert"), [text])


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=20), more=st.text(max_size=20))
def test_what_comes_later_changes_no_verdict(text: str, more: str, make: Make) -> None:
    before = make("bert").stream().push(text)
    assert before == streamed(make("bert"), [text + more])[: len(before)]


@pytest.mark.parametrize("name", ["bert", "eurobert"])
def test_a_text_without_end_is_read_as_far_back_as_a_row_goes(name: str, make: Make) -> None:
    model, counted = make(name, positions=64), []
    hook = model.network.encoder.register_forward_pre_hook(
        lambda module, arguments, options: counted.append(options["input_ids"].shape), with_kwargs=True
    )
    try:
        text = "dark mode 13 " * 25
        verdicts = streamed(model, in_pieces(text, list(range(0, len(text), 7))))
    finally:
        hook.remove()
    assert len(verdicts) == 75 and all(text[one.start : one.end] == one.text for one in verdicts)
    assert max(length for _, length in counted) <= 64
    assert sum(rows for rows, _ in counted) == 75 - 1  # the last two share what they are read in
    assert verdicts == streamed(model, [text])


def test_words_are_not_given_as_token_ids(make: Make) -> None:
    with pytest.raises(BadInput, match="push text"):
        make("bert").stream().push([5, 6])
    with pytest.raises(BadInput, match="prompt is text"):
        make("bert", classes=("LABEL_0", "LABEL_1")).stream([5, 6])
