"""Encoders and decoders of all families: designed, trained, saved, loaded again, and true to the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification

from tests.models.families import FAMILIES, LONGEST
from tokapp.documents import Document, Prediction, Span
from tokapp.errors import ModelUnavailable
from tokapp.models import TokenModel, backbone, load_model
from tokapp.models.config import Calibration
from tokapp.models.export import export_plain
from tokapp.settings import Settings
from tokapp.training import Recipe, train
from tokapp.training.steps.fine_tune import FineTune

TEXTS = (
    "Love the dark mode 😀👍🏽 but 日本語 の 検索 fails",
    "  \r\n cafe\u0301 dark mode\r\nÇok güzel 👨\u200d👩\u200d👧 東京 ",
    "ﬁne dark mode [SEP] <mask>\tok\u200b हिन्दी สวัสดี ",
)
DOCUMENTS = [
    Document(str(n), text, "reviews", (Span(text.index("dark"), text.index("dark") + 9, "feature"),), is_reviewed=True)
    for n, text in enumerate((*TEXTS, " ".join(TEXTS) * 4))
]
each_family = pytest.mark.parametrize("name", FAMILIES)
STORAGE = {"lora": "adapter.safetensors", "head": "heads.safetensors", "full": "model.safetensors"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)


def trained(folder: Path, mode: str, settings: Settings) -> TokenModel:
    recipe = Recipe.model_validate(
        {"backbone": str(folder), "steps": [FineTune(epochs=1, mode=mode, learning_rate=1e-2, batch_size=4)]}
    )
    return train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="tiny")


def check_surfaces(predictions: list[Prediction]) -> None:
    """Spans begin and end where words do, lie in their text, and read the same there."""
    for document, prediction in zip(DOCUMENTS, predictions, strict=True):
        assert prediction.words is not None
        offsets = prediction.words.offsets.tolist()
        assert "".join(document.text[a:b] for a, b in offsets) == "".join(document.text.split())
        for span in prediction.spans:
            surface = document.surface(span)
            assert surface == surface.strip() and document.text.find(surface, span.start) == span.start
            assert span.start in {a for a, _ in offsets} and span.end in {b for _, b in offsets}


@each_family
@pytest.mark.parametrize("mode", ["lora", "full"])
def test_a_family_is_trained_saved_and_loaded_with_equal_predictions(
    name: str, mode: str, tmp_path: Path, settings: Settings
) -> None:
    source = FAMILIES[name].write(tmp_path / name)
    model = trained(source, mode, settings)
    folder = settings.models / "tiny"
    assert (folder / STORAGE[mode]).is_file()
    assert model.config.shape.max_length == LONGEST
    model.recalibrate(Calibration(thresholds={"feature": 0.01}))
    first = model.predict(DOCUMENTS)
    assert any(prediction.spans for prediction in first)
    check_surfaces(first)
    again = load_model("tiny", settings=settings)
    again.recalibrate(model.config.calibration)
    for one, other in zip(first, again.predict(DOCUMENTS, batch_size=1), strict=True):
        assert one.words is not None and other.words is not None
        assert one.words.probabilities == pytest.approx(other.words.probabilities, abs=1e-5)


@each_family
def test_a_published_classifier_gives_each_word_what_the_library_gives_its_first_piece(
    name: str, tmp_path: Path, settings: Settings
) -> None:
    classes = ("O", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
    folder = FAMILIES[name].write(tmp_path / name, classes=classes)
    model = load_model(str(folder), settings=settings)
    assert model.network.encoder.config._attn_implementation == "sdpa" or "deberta" in name
    plain = AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = FAMILIES[name].tokenizer()
    text = "Love the dark mode, but cafe\u0301 notes 😀 の 検索 13 dogs!"
    row = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
    offsets = row.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        expected = torch.softmax(plain(**row).logits[0], dim=-1).numpy()
    (prediction,) = model.predict([Document("1", text)])
    assert prediction.words is not None and prediction.words.classes == classes
    compared = 0
    for (start, end), found in zip(prediction.words.offsets.tolist(), prediction.words.probabilities, strict=True):
        first = next(place for place, (a, b) in enumerate(offsets) if a < end and start < b and text[a:b].strip())
        if text[slice(*offsets[first])].lstrip() in text[start:end]:  # else the word is inside another's piece
            assert found == pytest.approx(expected[first], abs=1e-5), text[start:end]
            compared += 1
    assert compared >= 9


@each_family
def test_a_text_longer_than_the_positions_is_read_in_windows(name: str, tmp_path: Path, settings: Settings) -> None:
    model = load_model(str(FAMILIES[name].write(tmp_path / name, classes=("O", "I-a"))), settings=settings)
    assert model.config.shape.max_length == LONGEST
    (prediction,) = model.predict([Document("1", "dark mode " * 100)])
    assert prediction.words is not None
    assert len(prediction.words.offsets) == 200
    assert (prediction.words.probabilities[:, 0] < 1).all()


@each_family
def test_padding_on_the_right_and_other_rows_change_no_logits(name: str, tmp_path: Path, settings: Settings) -> None:
    """Against the library's own attention, one row at a time and written out step by step ("eager")."""
    folder = FAMILIES[name].write(tmp_path / name, classes=("O", "B-a", "I-a"))
    model = load_model(str(folder), settings=settings)
    plain = AutoModelForTokenClassification.from_pretrained(folder, attn_implementation="eager").eval()
    rows = model.encode([Document(str(size), "dark mode 13 " * size) for size in (1, 2, 5, 9)])
    outputs = model.forward(model.collate(rows)).token_logits
    assert outputs is not None
    for row, found in zip(rows, outputs, strict=True):
        with torch.inference_mode():
            alone = plain(input_ids=torch.from_numpy(row.input_ids)[None]).logits[0]
        assert (found[: len(row)] - alone).abs().max() <= 1e-4


@pytest.mark.parametrize("name", ["modernbert", "eurobert", "llama"])
def test_a_text_within_the_8192_positions_of_a_model_is_one_row(name: str, tmp_path: Path, settings: Settings) -> None:
    family = replace(FAMILIES[name], settings={**FAMILIES[name].settings, "max_position_embeddings": 8192})
    folder = family.write(tmp_path / name, classes=("O", "I-a"))
    model, text = load_model(str(folder), settings=settings), "dark mode 13 " * 700
    assert model.config.shape.max_length == 8192
    (row,) = model.encode([Document("1", text)])
    assert 2000 < len(row) < 8192
    plain = AutoModelForTokenClassification.from_pretrained(folder).eval()
    found = model.forward(model.collate([row])).token_logits
    with torch.inference_mode():
        assert found is not None
        assert (plain(input_ids=torch.from_numpy(row.input_ids)[None]).logits - found).abs().max() <= 1e-4
    assert len(model.encode([Document("1", text * 5)])) > 1


@each_family
def test_a_plain_export_says_the_same_or_is_refused(name: str, tmp_path: Path, settings: Settings) -> None:
    model = trained(FAMILIES[name].write(tmp_path / name), "full", settings)
    if name == "modernbert":  # its classifier has a layer that our head has not
        with pytest.raises(ModelUnavailable, match="no plain token classifier"):
            export_plain(model, tmp_path / "plain")
        return
    again = load_model(str(export_plain(model, tmp_path / "plain")), settings=settings)
    for one, other in zip(model.predict(DOCUMENTS), again.predict(DOCUMENTS), strict=True):
        assert one.words is not None and other.words is not None
        assert one.words.probabilities == pytest.approx(other.words.probabilities, abs=1e-4)


def test_a_backbone_named_by_a_relative_folder_is_found_from_elsewhere(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    FAMILIES["bert"].write(tmp_path / "bert")
    monkeypatch.chdir(tmp_path)
    trained(Path("bert"), "head", settings)
    monkeypatch.chdir("/")
    assert load_model("tiny", settings=settings).backbone == str(tmp_path / "bert")


@pytest.mark.parametrize("damage", ["missing", "misshapen", "cut"])
def test_a_backbone_whose_weights_do_not_fit_is_refused(damage: str, tmp_path: Path) -> None:
    weights = FAMILIES["bert"].write(tmp_path / "bert") / "model.safetensors"
    tensors = load_file(weights)
    name = "encoder.layer.1.output.dense.weight"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    else:
        kept = {key: tensor for key, tensor in tensors.items() if key != name}
        save_file(kept if damage == "missing" else kept | {name: torch.zeros(3, 3)}, weights, {"format": "pt"})
    with pytest.raises(ModelUnavailable, match=str(tmp_path / "bert")):
        backbone.load_encoder(backbone.resolve(str(tmp_path / "bert")))
