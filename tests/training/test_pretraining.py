"""Continued pre-training: what is hidden, what is kept apart, whose head guesses, and what is stored of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM

from tests.models.families import FAMILIES, wordpiece
from tests.training.contract import DOCUMENTS, StepContract, same, tiny_state, unlabelled, weights_of
from tokapp.errors import JobCancelled, TrainingError
from tokapp.models import load_model
from tokapp.models.config import Lora
from tokapp.settings import Settings
from tokapp.training import Progress, Recipe, train
from tokapp.training.guessing import HIDDEN, Guesser, NewHead, OwnHead, find_head
from tokapp.training.pretraining import Hiding, hold_out, make_blocks, texts_of
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState
from tokapp.training.steps.continue_pretraining import NEUTRAL, ContinuePretraining
from tokapp.training.steps.fine_tune import FineTune

TEXTS = [f"the dark mode {word} my notes {n} times" for n in range(6) for word in ("finds", "fails", "hides", "keeps")]
QUICK: dict[str, Any] = {"block": 32, "batch_size": 4, "learning_rate": 3e-3, "head_learning_rate": 3e-3}


def reading_state(folder: Path, texts: list[str] = TEXTS) -> TrainingState:
    state = tiny_state(folder)
    state.train = [*state.train, *(unlabelled(str(n), text) for n, text in enumerate(texts))]
    return state


def figures(state: TrainingState) -> dict[str, Any]:
    found = state.metrics["continue_pretraining"]
    assert isinstance(found, dict)
    return found


class TestContinuePretraining(StepContract):
    neutral = (NEUTRAL, ContinuePretraining(epochs=0, mode="lora"))
    working = ContinuePretraining(
        epochs=2, mode="lora", lora=Lora(rank=3), masked=0.4, held_out=0.2, weight_decay=0.1, warmup=0.5, **QUICK
    )

    @pytest.mark.parametrize("mode", ["full", "lora"])
    def test_texts_that_were_kept_apart_get_likelier(self, mode: str, folder: Path) -> None:
        state = reading_state(folder)
        before = weights_of(state)
        settings = ContinuePretraining.model_validate({**QUICK, "epochs": 10, "mode": mode, "masked": 0.3, "warmup": 0})
        run_step(settings, state)
        found = figures(state)
        assert found["perplexity_after"] < 0.9 * found["perplexity_before"], found
        assert (found["texts"], found["held_out_texts"]) == (25, 1) and found["head"] == "new"
        assert state.network.design.storage == ("full" if mode == "full" else "adapter")
        heads = {name: tensor for name, tensor in weights_of(state).items() if not name.startswith("encoder.")}
        assert same(heads, {name: tensor for name, tensor in before.items() if not name.startswith("encoder.")})

    def test_a_run_that_was_killed_ends_as_one_that_was_not(self, folder: Path, tmp_path: Path) -> None:
        whole, killed, again = (reading_state(folder) for _ in range(3))
        run_step(self.working, whole)

        def stop(progress: Any) -> None:
            if progress.epoch >= 1:
                raise JobCancelled("stop")

        killed.checkpoints, killed.on_progress = tmp_path / "kept", stop
        killed.checkpoints.mkdir()
        with pytest.raises(JobCancelled):
            run_step(self.working, killed)
        again.checkpoints = tmp_path / "kept"
        run_step(self.working, again)
        assert same(weights_of(whole), weights_of(again)) and whole.metrics == again.metrics

    def test_copying_is_told_from_guessing(self, folder: Path) -> None:
        """One word again and again is not to be guessed: it is known."""
        state = reading_state(folder, ["dark " * 40, "dark " * 60])
        state.train = [one for one in state.train if one.text.startswith("dark dark")]
        run_step(ContinuePretraining(**QUICK | {"epochs": 40, "learning_rate": 0.01}), state)
        assert figures(state)["losses"][-1] < 0.1 and "copied" in figures(state)["warning"]

    def test_what_it_cannot_do_it_says(self, folder: Path, tmp_path: Path) -> None:
        state = tiny_state(folder)
        state.train = state.train[:1]
        with pytest.raises(TrainingError, match="at least two different texts"):
            run_step(self.working, state)
        FAMILIES["qwen3"].write(tmp_path / "bert" / "other")
        state = tiny_state(folder)
        state.tokenizer = FAMILIES["qwen3"].tokenizer()
        with pytest.raises(TrainingError, match="no mask token"):
            run_step(self.working, state)


def test_about_the_share_is_hidden_and_nothing_special() -> None:
    """T11.5, and the trap of T-FREX's script, in which every token was a target."""
    tokenizer = wordpiece()
    blocks = make_blocks(TEXTS * 20, tokenizer, 32)
    assert {len(block) for block in blocks} == {32}
    batch = Hiding(tokenizer, 0.15, seed=0)(blocks)
    special = torch.stack([torch.from_numpy(block.special) for block in blocks])
    hidden = batch["labels"].ne(HIDDEN)
    assert not hidden.all() and not hidden[special].any()
    assert float(hidden[~special].float().mean()) == pytest.approx(0.15, abs=0.02)
    assert batch["input_ids"][hidden].eq(tokenizer.mask_token_id or 0).float().mean() == pytest.approx(0.8, abs=0.06)
    hide = Hiding(tokenizer, 0.15, seed=0, start=0)
    assert torch.equal(hide(blocks)["labels"], batch["labels"]) and not torch.equal(hide(blocks)["labels"], hidden)


def test_what_is_judged_on_was_never_learnt_from(folder: Path) -> None:
    """T11.6: by hash, neither the held-out texts nor those of validation are among what is learnt from."""
    state = reading_state(folder)
    state.validation = [replace(DOCUMENTS[0], contexts=(TEXTS[0],)), unlabelled("same", TEXTS[1])]
    inside, outside = hold_out(texts_of(state), 0.1)
    assert (len(inside), len(outside)) == (25, 3) and TEXTS[0] not in inside and TEXTS[1] not in inside
    sides = [{hashlib.sha256(text.encode()).hexdigest() for text in side} for side in (inside, outside)]
    assert not sides[0] & sides[1]
    assert hold_out(["a", "b"], 0.0)[1] and hold_out(["a", "b"], 0.9)[0]


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra", "roberta", "modernbert", "deberta-v3"])
def test_the_head_that_a_backbone_has_is_used_as_it_is(family: str, tmp_path: Path) -> None:
    folder = FAMILIES[family].write(tmp_path / "bert")
    AutoModelForMaskedLM.from_config(AutoModelForMaskedLM.from_pretrained(folder).config).save_pretrained(folder)
    state = tiny_state(folder)
    head, is_own = find_head(state.network)
    assert is_own and isinstance(head, OwnHead)
    ids = torch.tensor([[2, 10, 11, 12, 3]])
    plain = AutoModelForMaskedLM.from_pretrained(folder).eval()(input_ids=ids).logits[0]
    states = state.network.encoder(input_ids=ids).last_hidden_state[0]
    assert torch.allclose(head.eval()(states), plain, atol=1e-5)
    assert any(parameter is state.network.embeddings.weight for parameter in head.parameters())


def test_words_are_weighed_at_hidden_tokens_alone_by_embeddings_that_are_the_backbones(folder: Path) -> None:
    network = tiny_state(folder).network
    head, is_own = find_head(network)
    assert not is_own and isinstance(head, NewHead) and head.weight is network.embeddings.weight
    seen: list[int] = []
    head.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    batch = Hiding(wordpiece(), 0.2, seed=0)(make_blocks(TEXTS, wordpiece(), 32))
    assert Guesser(network, head)(**batch) > 0
    assert seen == [int(batch["labels"].ne(HIDDEN).sum())]


def test_a_version_keeps_the_backbone_that_read(folder: Path, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)
    tiny_state(folder)
    steps = (ContinuePretraining(**QUICK), FineTune(mode="head", epochs=1))
    documents = [*DOCUMENTS, *(unlabelled(str(n), text) for n, text in enumerate(TEXTS))]
    seen: list[Progress] = []
    recipe = Recipe(backbone=str(folder), steps=steps)
    made = train(recipe, documents, DOCUMENTS[:4], settings=settings, name="read", on_progress=seen.append)
    assert {(one.part, one.parts) for one in seen} == {(0, 2), (1, 2)}
    assert [one.share for one in seen] == sorted(one.share for one in seen) and seen[-1].share == 1.0
    assert (settings.models / "read" / "encoder.json").is_file()
    assert load_model("read", settings=settings).fingerprint == made.fingerprint
    assert made.card["documents"] == {"train": 10, "unlabelled": 26, "validation": 4}
    assert "## Continued pre-training" in (settings.models / "read" / "card.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bert"
