"""bfloat16 where it pays: measured before it is used, refused in a sentence, and hardly another prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.models.families import FAMILIES
from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.inference.embedding import embed
from tokapp.models import TokenModel, load_model
from tokapp.models.device import bfloat16_gain
from tokapp.models.export import export_plain
from tokapp.settings import Settings

TEXTS = ("I love the dark mode of this app", "Sync between phone and tablet fails since the update 😀", "", "Great!")
DOCUMENTS = [Document(str(n), text, question="?", contexts=("The dark mode is new.",)) for n, text in enumerate(TEXTS)]


def load(name: str) -> TokenModel:
    return load_model(name, settings=Settings(Path("nowhere"), "sqlite://", device="cpu", threads=1))


@pytest.mark.parametrize("name", ["reviews", "emails", "rag", "published"])
def test_the_backbone_computes_in_bfloat16_and_probabilities_stay_float32(name: str, tmp_path: Path) -> None:
    name = name if name != "published" else str(FAMILIES["llama"].write(tmp_path / "llama", classes=("O", "I-a")))
    model = load(name)
    exact, fingerprint = model.predict(DOCUMENTS), model.fingerprint
    model.use_bfloat16(2.0)
    assert model.precision == "bfloat16" and model.fingerprint not in ("", fingerprint)
    assert {weight.dtype for weight in model.network.encoder.parameters()} == {torch.bfloat16}
    for one, other in zip(exact, model.predict(DOCUMENTS), strict=True):
        assert one.words is not None and other.words is not None
        assert other.words.probabilities.dtype == np.float32
        assert other.words.probabilities == pytest.approx(one.words.probabilities, abs=0.06)
    assert embed(model, DOCUMENTS).dtype == np.float32
    with pytest.raises(ModelUnavailable, match="TOKAPP_PRECISION=float32"):
        export_plain(model, tmp_path / "plain")


def test_where_it_is_not_faster_it_is_refused_in_a_sentence() -> None:
    model = load("reviews")
    with pytest.raises(ModelUnavailable, match=r"0\.80 times as fast .* on cpu .*reviews.* TOKAPP_PRECISION=float32"):
        model.use_bfloat16(0.8)
    assert model.precision == "float32"


def test_a_model_is_loaded_in_it_only_after_one_timed_product() -> None:
    gain = bfloat16_gain(torch.device("cpu"), 384, 1536)
    assert gain >= 0
    settings = Settings(Path("nowhere"), "sqlite://", device="cpu", threads=1)
    assert load_model("reviews", settings=settings).precision == "float32"
    try:
        assert load_model("reviews", settings=replace(settings, precision="bfloat16")).precision == "bfloat16"
    except ModelUnavailable:
        assert gain < 1.1
