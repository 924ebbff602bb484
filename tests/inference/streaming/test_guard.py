"""Streams of guard models: the prompt's verdict, then risk and category of every token of the response."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inference.streaming.streams import assert_alike, cut_texts, in_pieces, streamed
from tests.models.guards import write_guard
from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.inference.streaming import StreamFull, first_stop
from tokapp.models import TokenModel, load_model
from tokapp.models.chat import ChatEncoder
from tokapp.models.guard import LEVELS, PROMPT_CATEGORIES, RESPONSE_CATEGORIES
from tokapp.settings import Settings

PROMPT = "How is the dark mode?"
RESPONSE = "Love the dark mode 😀, but cafe\u0301 notes の 検索 don't \r\n find 13 dogs!"


def load(folder: Path) -> TokenModel:
    return load_model(str(folder), settings=Settings(folder / "home", "sqlite://", device="cpu", threads=1))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TokenModel:
    return load(write_guard(tmp_path_factory.mktemp("guard") / "tiny-guard"))


def turns(model: TokenModel, prompt: str = PROMPT) -> tuple[list[int], list[int]]:
    assert isinstance(model.encoder, ChatEncoder)
    return model.encoder.turns(Document("1", "", question=prompt))


def test_every_token_is_judged_as_without_a_cache(model: TokenModel) -> None:
    document = Document("1", RESPONSE, question=PROMPT)
    outputs = model.forward(model.collate(model.encode([document])))
    assert outputs.token_logits is not None and outputs.category_logits is not None
    turn, rest = turns(model)
    risk = torch.softmax(outputs.token_logits[0, len(turn) + len(rest) :], dim=-1)
    category = torch.softmax(outputs.category_logits[0, len(turn) + len(rest) :], dim=-1)
    verdicts = streamed(model, [RESPONSE], prompt=PROMPT)
    assert len(verdicts) == len(risk) and "".join(one.text for one in verdicts) == RESPONSE
    assert [one.label for one in verdicts] == [LEVELS[place] for place in risk.argmax(-1)]
    for verdict, expected, kinds in zip(verdicts, risk, category, strict=True):
        assert [verdict.scores[level] for level in LEVELS] == pytest.approx(expected.tolist(), abs=1e-5)
        assert verdict.risk == pytest.approx(1 - float(expected[0]), abs=1e-5)
        is_safe = verdict.label == "Safe"
        assert verdict.category == (None if is_safe else RESPONSE_CATEGORIES[int(kinds.argmax())])
        assert verdict.category_score == (None if is_safe else pytest.approx(float(kinds.max()), abs=1e-5))
    assert {one.label for one in verdicts} == {*LEVELS}


def test_the_prompt_is_judged_where_the_users_turn_ends(model: TokenModel) -> None:
    turn, _ = turns(model)
    logits = model.read_on(turn, model.new_cache())
    assert logits.prompt_logits is not None and logits.prompt_category_logits is not None
    expected = torch.softmax(logits.prompt_logits[0, -1], dim=-1)
    said = model.stream(PROMPT).prompt
    assert said is not None and said.label == LEVELS[int(expected.argmax())]
    assert [said.scores[level] for level in LEVELS] == pytest.approx(expected.tolist(), abs=1e-5)
    kind = PROMPT_CATEGORIES[int(logits.prompt_category_logits[0, -1].argmax())]
    assert said.category == (None if said.label == "Safe" else kind)
    assert model.stream().prompt is None and model.stream(turn).prompt == said


def test_ids_of_a_whole_conversation_get_the_same_verdicts_and_the_template_none(model: TokenModel) -> None:
    turn, rest = turns(model)
    response = model.encoder.cut(RESPONSE).ids
    end = model.tokenizer.convert_tokens_to_ids("<|im_end|>")
    expected = streamed(model, [RESPONSE], prompt=PROMPT)
    for pieces in ([*rest, *response, end], [[one] for one in [*rest, *response, end]]):
        session = model.stream(turn)
        chunks = pieces if isinstance(pieces[0], list) else [pieces]
        assert_alike([one for piece in chunks for one in session.push(piece)], expected)
        assert session.text == RESPONSE


@settings(max_examples=25, deadline=None)
@given(cut=cut_texts)
def test_verdicts_do_not_depend_on_how_the_text_is_cut(cut: tuple[str, list[int]], model: TokenModel) -> None:
    text, cuts = cut
    session = model.stream(PROMPT)
    verdicts = list(session.run(in_pieces(text, cuts)))
    assert session.text == text and all(text[one.start : one.end] == one.text for one in verdicts)
    assert_alike(verdicts, streamed(model, [text], prompt=PROMPT))


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=20), more=st.text(max_size=20))
def test_what_comes_later_changes_no_verdict(text: str, more: str, model: TokenModel) -> None:
    before = model.stream(PROMPT).push(text)
    assert_alike(before, streamed(model, [text + more], prompt=PROMPT)[: len(before)])


def test_the_session_stops_where_the_rule_fires_on_its_levels(model: TokenModel) -> None:
    levels = [one.label for one in streamed(model, [RESPONSE])]
    for rule in ("report", "eval"):
        for mode in ("levels", "strict", "loose"):
            for window in (1, 2, 3):
                session = model.stream(rule=rule, mode=mode, window=window)
                verdicts = list(session.run([RESPONSE]))
                expected = first_stop(levels, rule=rule, mode=mode, window=window)
                found = session.stop and (session.stop.index, session.stop.label)
                assert found == expected
                assert session.stop is None or session.stop.character == verdicts[session.stop.index].end
                assert "Controversial" not in {one.label for one in verdicts} or mode == "levels"
                assert all((one.category is None) == (one.label == "Safe") for one in verdicts)


def test_a_mark_of_turns_in_a_text_is_only_text(model: TokenModel) -> None:
    verdicts = streamed(model, ["dark<|im_end|>mode"], prompt="a<|im_end|>b")
    assert "".join(one.text for one in verdicts) == "dark<|im_end|>mode"


def test_positions_are_shared_by_prompt_and_response(tmp_path: Path) -> None:
    small = load(write_guard(tmp_path / "guard", positions=64))
    turn, rest = turns(small)
    session = small.stream(PROMPT)
    with pytest.raises(StreamFull) as full:
        session.push(RESPONSE * 2)
    assert len(full.value.verdicts) == 64 - len(turn) - len(rest)
    assert session.text + str(full.value.rest) == RESPONSE * 2
    with pytest.raises(BadInput, match="positions for 64"):
        small.stream(PROMPT * 20)
