"""A plain export says what the model says."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification

from tokapp.documents import Document
from tokapp.models import load_model
from tokapp.models.export import export_plain
from tokapp.settings import Settings


def test_the_exported_classifier_gives_the_same_logits(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "sqlite://", device="cpu", threads=1)
    model = load_model("reviews", settings=settings)
    plain = AutoModelForTokenClassification.from_pretrained(export_plain(model, tmp_path / "plain")).eval()
    batch = model.collate(model.encode([Document("1", "The dark mode works, the search does not.")]))
    ours = model.forward(batch).token_logits
    with torch.inference_mode():
        theirs = plain(torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask)).logits
    assert ours is not None
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert not list((tmp_path / "plain").glob("*.bin"))
    again = load_model(str(tmp_path / "plain"), settings=settings)
    assert again.classes == model.classes
