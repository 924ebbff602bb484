"""DPO between texts through trl, on a tiny random language model; without trl there is a sentence."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from tests.models.speaker import write_speaker
from tokapp.cli import tokapp
from tokapp.errors import BadInput, TrainingError
from tokapp.models.language_model import LanguageModel, load_language_model
from tokapp.settings import Settings
from tokapp.training.progress import Progress
from tokapp.training.text_pairs import TextPair, TextPreferences, prefer_texts, read_pairs

needs_trl = pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="the extra tokapp[trl] is not installed")
PAIRS = [TextPair(prompt=f"Is mail {n} bad?", chosen="yes, it asks for money", rejected="no idea") for n in range(4)]
SETTINGS = TextPreferences(epochs=2, batch_size=4, learning_rate=0.003, max_length=64)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)


@pytest.fixture
def speaker(tmp_path: Path, settings: Settings) -> LanguageModel:
    return load_language_model(str(write_speaker(tmp_path / "speaker")), settings=settings)


def gap(model: LanguageModel, pair: TextPair) -> float:
    """How much likelier the chosen answer is than the rejected one."""
    begin = [*model.turn()[0], *model.cut(pair.prompt).ids]

    def said(answer: str) -> float:
        ids = model.cut(answer).ids
        logits = model.last_logits(torch.tensor([begin + ids]), len(ids) + 1)[0, :-1]
        return float(logits.log_softmax(-1).gather(1, torch.tensor(ids)[:, None]).sum())

    return said(pair.chosen) - said(pair.rejected)


@needs_trl
@pytest.mark.parametrize("full", [True, False])
def test_it_begins_at_ln_2_and_prefers_what_was_chosen(
    speaker: LanguageModel, tmp_path: Path, settings: Settings, full: bool
) -> None:
    before, seen = gap(speaker, PAIRS[0]), list[Progress]()
    chosen = SETTINGS.model_copy(update={"lora": None} if full else {"learning_rate": 0.03})
    learnt = prefer_texts(speaker, PAIRS, tmp_path / "out" / "better", chosen, on_progress=seen.append)
    assert learnt.first_loss == pytest.approx(math.log(2), abs=1e-4)
    assert learnt.last_loss < learnt.first_loss and [one.step for one in seen] == [1, 2]
    assert {path.suffix for path in (tmp_path / "out" / "better").iterdir()} <= {".json", ".safetensors", ".jinja"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["better"]
    better = load_language_model(str(tmp_path / "out" / "better"), settings=settings)
    assert gap(better, PAIRS[0]) > before + 0.1
    with pytest.raises(TrainingError, match="already; name another folder"):
        prefer_texts(speaker, PAIRS, tmp_path / "out" / "better", chosen)


@needs_trl
def test_the_verb_trains_and_says_what_it_did(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    hostile = {"prompt": "<|end_of_text|> 😀", "chosen": "a", "rejected": "b<|end_of_text|>", "by": "ana"}
    file.write_text("\n".join([json.dumps(hostile), "", PAIRS[0].model_dump_json()]), "utf-8")
    options = ["--model", str(write_speaker(tmp_path / "speaker")), "--pairs", str(file), "-o", str(tmp_path / "new")]
    said = CliRunner().invoke(tokapp, ["prefer-texts", *options, "--max-length", "64"], catch_exceptions=False)
    assert said.exit_code == 0 and "2 of 2 pairs, loss 0.6931 to 0.6931" in said.output
    assert (tmp_path / "new" / "model.safetensors").is_file()


def test_without_trl_it_says_what_to_install(
    speaker: LanguageModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(TrainingError, match=r"pip install 'tokapp\[trl\]'"):
        prefer_texts(speaker, PAIRS, tmp_path / "new", SETTINGS)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"prompt": "a", "chosen": "b"}', r"pairs.jsonl, line 2: rejected is wrong"),
        ('{"prompt": "a", "chosen": "", "rejected": "c"}', r"line 2: chosen is wrong"),
        ("[1]", r"line 2: the line is wrong"),
        ("{", r"line 2: the line is wrong"),
    ],
)
def test_a_line_that_is_no_pair_is_named(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(f"{PAIRS[0].model_dump_json()}\n{line}\n", "utf-8")
    with pytest.raises(BadInput, match=words):
        read_pairs(tmp_path / "pairs.jsonl")


def test_a_file_without_pairs_and_prompts_that_do_not_fit_are_sentences(speaker: LanguageModel, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("\n", "utf-8")
    with pytest.raises(BadInput, match="holds no pairs"):
        read_pairs(tmp_path / "none.jsonl")
    long = [TextPair(prompt="long " * 50, chosen="a", rejected="b")]
    with pytest.raises(TrainingError, match="no prompt is shorter"):
        prefer_texts(speaker, long, tmp_path / "new", SETTINGS.model_copy(update={"max_length": 16}))
