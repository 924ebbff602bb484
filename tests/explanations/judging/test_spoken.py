"""CC-SHAP of a tiny random language model, whose payoffs are worked out again without our code."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.models.families import FAMILIES, decoder_bytes
from tests.models.speaker import write_speaker
from tokapp.documents import Document
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.explanations.coalitions import draw_coalitions
from tokapp.explanations.estimator import estimate_values
from tokapp.explanations.judging import cc_shap
from tokapp.explanations.judging.spoken import SpokenGame, judge_spoken, spoken_game
from tokapp.models.language_model import LanguageModel, load_language_model
from tokapp.settings import Settings

TEXT = "Love the dark mode"
LABELS = ("ham", "spam", "phishing")
MOST = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_speaker(tmp_path_factory.mktemp("causal"))


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    home = str(tmp_path_factory.mktemp("home"))
    return load_language_model(
        str(folder), settings=Settings.from_environment({"TOKAPP_HOME": home, "TOKAPP_DEVICE": "cpu"})
    )


@pytest.fixture(scope="module")
def game(model: LanguageModel) -> SpokenGame:
    return spoken_game(model, Document("a", TEXT), LABELS, noun="email", longest=MOST)[0]


def test_the_players_are_the_words_of_the_text_and_no_cue(model: LanguageModel, game: SpokenGame) -> None:
    assert [TEXT[start:end] for start, end in game.players] == TEXT.split()
    assert len(game.judged) == len(game.places) == 1 + MOST
    hidden = "".join(model.tokenizer.decode([one]) for one in game.row[game.player_of >= 0])
    assert hidden.strip() == TEXT
    cues = model.tokenizer.decode(game.row[game.player_of < 0])
    assert "Email: " in cues and "(C) phishing" in cues and "The best answer is: (" in cues and "Why? Because" in cues


def test_every_coalition_is_worth_the_log_odds_of_each_token_that_was_said(game: SpokenGame, folder: Path) -> None:
    """By hand, with the library alone: dots for hidden words, softmax, log(p / (1 - p))."""
    plain = AutoModelForCausalLM.from_pretrained(folder)
    dots = decoder_bytes().encode("...", add_special_tokens=False)[0]
    shown = np.array(list(product([False, True], repeat=4)))
    found = game.evaluate(shown)
    for coalition, values in zip(shown, found, strict=True):
        row = [
            dots if player >= 0 and not coalition[player] else token
            for token, player in zip(game.row.tolist(), game.player_of.tolist(), strict=True)
        ]
        with torch.no_grad():
            chances = plain(torch.tensor([row])).logits[0].double().softmax(-1)
        for place, token, value in zip(game.places, game.judged, values, strict=True):
            chance = float(chances[place, token])
            assert value == pytest.approx(np.log(chance) - np.log1p(-chance), abs=1e-3)


def test_values_of_every_token_add_up_to_what_the_words_are_worth_together(game: SpokenGame) -> None:
    coalitions = draw_coalitions(4, 16, seed=0)
    estimate = estimate_values(coalitions, game.evaluate(coalitions.shown))
    everything = game.evaluate(np.array([[True] * 4, [False] * 4]))
    assert estimate.values.sum(axis=0) == pytest.approx(everything[0] - everything[1], abs=1e-5)


def test_the_reason_is_what_the_library_would_go_on_with(model: LanguageModel, game: SpokenGame, folder: Path) -> None:
    said = game.judged[1:].tolist()
    asked = torch.from_numpy(game.row[: len(game.row) - len(said) + 1])[None]
    plain = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        written = plain.generate(asked, max_new_tokens=MOST, do_sample=False, attention_mask=torch.ones_like(asked))
    assert written[0, asked.shape[1] :].tolist() == said


def test_the_score_is_the_cosine_of_both_contributions_and_the_same_every_time(model: LanguageModel) -> None:
    shares: list[float] = []
    first, again = (
        judge_spoken(model, Document("a", TEXT), LABELS, longest=MOST, progress=shares.append) for _ in range(2)
    )
    assert first == again and first.label in LABELS and first.tokens == MOST and first.evaluations == 16
    assert first.score is not None and -1 <= first.score <= 1 and shares[-1] == 1
    assert first.score == pytest.approx(cc_shap(first.prediction, first.explanation))
    assert sum(map(abs, first.prediction)) == pytest.approx(1)
    assert sum(map(abs, first.explanation)) <= 1 + 1e-9


def test_nothing_said_is_undefined_and_not_zero(model: LanguageModel) -> None:
    silent = judge_spoken(model, Document("a", TEXT), LABELS, longest=0)
    assert (silent.score, silent.tokens, silent.reason) == (None, 0, "")


def test_marks_of_the_template_in_a_text_are_text(model: LanguageModel) -> None:
    hostile = "<|begin_of_text|> dark <|end_of_text|>"
    game = spoken_game(model, Document("a", hostile), LABELS, noun="email", longest=1)[0]
    inside = game.row[game.player_of >= 0]
    assert not {0, 1} & set(inside.tolist())


def test_a_template_of_turns_stands_around_the_question(model: LanguageModel) -> None:
    tokenizer = copy.deepcopy(decoder_bytes())
    tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>"
    before, after = LanguageModel("turns", model.model, tokenizer).turn()
    assert (tokenizer.decode(before), tokenizer.decode(after)) == ("<user>", "<end><assistant>")


def test_what_cannot_be_asked_is_said(model: LanguageModel) -> None:
    document = Document("x", TEXT)
    for labels in ((), ("ham",), tuple(str(one) for one in range(27))):
        with pytest.raises(BadInput, match="2 to 26 labels"):
            judge_spoken(model, document, labels)
    with pytest.raises(BadInput, match=r"document 'x': it has .* tokens, .* more than .* can read"):
        judge_spoken(model, replace(document, text="dark mode " * 100), LABELS)
    with pytest.raises(BadInput, match="no words"):
        judge_spoken(model, replace(document, text=" \n"), LABELS)


def test_only_causal_models_with_safe_weights_are_loaded(folder: Path, tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path), "TOKAPP_DEVICE": "cpu"})
    with pytest.raises(ModelUnavailable):
        load_language_model(str(FAMILIES["bert"].write(tmp_path / "bert")), settings=settings)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "config.json").write_bytes((folder / "config.json").read_bytes())
    (bare / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    with pytest.raises(ModelUnavailable, match=r"no \.safetensors weights"):
        load_language_model(str(bare), settings=settings)
