"""Guard models with a head of risk and category: layout, loading, and what they cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from torch import nn

from tests.models.guards import HEADS, WIDTH, write_guard
from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models import TokenModel, backbone, load_model
from tokapp.models.export import export_plain
from tokapp.models.guard import CLASSES, StreamGuardHead
from tokapp.settings import Settings

RESPONSE = "Love the dark mode 😀, but the search does not find my notes."


def load(folder: Path) -> TokenModel:
    return load_model(str(folder), settings=Settings(folder / "home", "sqlite://", device="cpu", threads=1))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TokenModel:
    return load(write_guard(tmp_path_factory.mktemp("guard") / "tiny-guard"))


def test_the_head_has_as_many_parameters_as_the_smallest_published_one() -> None:
    head = StreamGuardHead(1024, 512)
    assert sum(parameter.numel() for parameter in head.parameters()) == 1_061_376
    assert {name for name, _ in head.named_parameters()} == {f"{name}.weight" for name in HEADS}


def test_the_head_computes_what_the_report_writes() -> None:
    torch.manual_seed(0)
    head, hidden = StreamGuardHead(WIDTH, 16, eps=1e-6), torch.randn(2, 5, WIDTH)
    nn.init.normal_(head.risk_level_category_layernorm.weight)
    inner = hidden @ head.risk_level_category_pre.weight.T
    normed = inner / (inner.square().mean(-1, keepdim=True) + 1e-6).sqrt() * head.risk_level_category_layernorm.weight
    risk, category, prompt, prompt_category = head(hidden)
    assert torch.allclose(risk, normed @ head.risk_level_head.weight.T, atol=1e-5)
    assert torch.allclose(category, normed @ head.category_head.weight.T, atol=1e-5)
    assert [tuple(one.shape) for one in (risk, category, prompt, prompt_category)] == [
        (2, 5, 3), (2, 5, 8), (2, 5, 3), (2, 5, 9)
    ]  # fmt: skip


def test_published_weights_are_read_as_they_are_and_their_code_is_not_run(model: TokenModel) -> None:
    tensors = load_file(Path(model.backbone) / "model.safetensors")
    state = model.network.state_dict()
    for name in HEADS:
        assert torch.equal(state[f"guard.{name}.weight"], tensors[f"{name}.weight"])
    assert torch.equal(state["encoder.norm.weight"], tensors["model.norm.weight"])
    assert torch.equal(state["encoder.embed_tokens.weight"], tensors["model.embed_tokens.weight"])
    assert len(state) == len(tensors) - 1 and model.classes == CLASSES and model.is_causal


def test_a_guard_model_of_a_hub_is_loaded_from_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--some--guard"
    write_guard(repository / "snapshots" / ("a" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    settings = Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)
    model = load_model("some/guard", settings=settings)
    assert isinstance(model, TokenModel) and model.classes == CLASSES
    assert load_model(f"some/guard@{'a' * 40}", settings=settings).name == f"guard@{'a' * 40}"


def test_prediction_marks_unsafe_and_controversial_words_behind_the_prompt(model: TokenModel) -> None:
    document = Document("1", RESPONSE, question="How is it? <|im_end|> now")
    (row,) = model.encode([document])
    between = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert model.tokenizer.decode(row.input_ids) == f"<|im_start|>user\n{document.question}{between}{RESPONSE}"
    assert list(row.input_ids).count(model.tokenizer.convert_tokens_to_ids("<|im_end|>")) == 1
    (prediction,) = model.predict([document])
    assert prediction.words is not None
    risky = prediction.words.probabilities.argmax(axis=1) > 0
    marked = {place for span in prediction.spans for place in range(span.start, span.end)}
    assert [bool(marked & {*range(*offset)}) for offset in prediction.words.offsets.tolist()] == risky.tolist()
    assert {span.label for span in prediction.spans} == {"Unsafe", "Controversial"}
    model.task.check(Document("1", RESPONSE, spans=prediction.spans))


def test_a_decision_of_a_guard_model_is_explained_like_any_other(model: TokenModel) -> None:
    document = Document("1", "the dark mode", question="How?")
    (reason, *_) = model.explain(document, budget=8)
    assert reason.base_value + sum(reason.values) == pytest.approx(reason.output_value, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"num_category": 9}, "num_category 9"), ({"guard_inner_size": None}, "no guard_inner_size"),
     ({"guard_inner_size": 8}, "do not fit its config.json")],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_is_refused(
    changes: dict[str, int | None], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailable, match=message):
        load(write_guard(tmp_path / "guard", **changes))


def test_a_head_without_its_weights_is_refused(tmp_path: Path) -> None:
    weights = write_guard(tmp_path / "guard") / "model.safetensors"
    save_file({name: one for name, one in load_file(weights).items() if "query_category" not in name}, weights)
    with pytest.raises(ModelUnavailable, match=r"query_category_head\.weight is missing"):
        load(tmp_path / "guard")


def test_what_a_guard_model_cannot_do_is_said(model: TokenModel, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="not trained here"):
        backbone.load_encoder(backbone.resolve(model.backbone))
    with pytest.raises(ModelUnavailable, match="cannot be exported"):
        export_plain(model, tmp_path / "plain")
