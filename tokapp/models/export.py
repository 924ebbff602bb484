"""A model version as a plain Hugging Face token classifier, for tools that know nothing of tokapp."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForTokenClassification

from tokapp.errors import ModelUnavailable
from tokapp.models import backbone as backbones
from tokapp.models.ensemble import EnsembleModel, Model
from tokapp.models.registry import no_network


def export_plain(model: Model, folder: Path) -> Path:
    """Write merged weights, token head and tokenizer as `AutoModelForTokenClassification` loads them (safetensors).

    Raises ModelUnavailable for models that a plain classifier cannot hold: with word features, a hidden layer before
    the classes, bottleneck adapters, without token classes, or of several members.
    """
    if isinstance(model, EnsembleModel):
        raise ModelUnavailable(f"it cannot be exported: {no_network(model.name, model.config)}")
    design, head = model.config, model.network.tokens
    if model.precision != "float32":
        raise ModelUnavailable(f"{model.name} is in {model.precision}; set TOKAPP_PRECISION=float32 to export it")
    if design.bottleneck is not None:
        raise ModelUnavailable(
            f"{model.name} has bottleneck adapters, which a plain classifier has no place for and which cannot be "
            "merged into its weights; train it by mode lora or full to export it"
        )
    if head is None or design.feature_width or design.shape.hidden:
        raise ModelUnavailable(f"{model.name} is more than a plain token classifier, so it cannot be exported as one")
    source = backbones.resolve(design.backbone)
    names = dict(enumerate(design.classes))
    plain = AutoModelForTokenClassification.from_pretrained(
        source.source,
        revision=source.revision or "main",
        id2label=names,
        label2id={name: index for index, name in names.items()},
        use_safetensors=True,
    )
    encoder, linear = plain.base_model, getattr(plain, "classifier", getattr(plain, "score", None))
    trained = model.network.encoder.state_dict()
    with torch.no_grad():
        missing = encoder.load_state_dict(trained, strict=False).missing_keys
        inner = {id(parameter) for part in (encoder, linear) if part is not None for parameter in part.parameters()}
        has_more = any(id(parameter) not in inner for parameter in plain.parameters())  # as ModernBERT's dense layer
        if any(not key.startswith("pooler") for key in missing) or has_more or not isinstance(linear, nn.Linear):
            raise ModelUnavailable(f"the architecture of {model.name} has no plain token classifier to export to")
        linear.load_state_dict(head[-1].state_dict())
    plain.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


def zip_plain(model: Model, file: Path) -> Path:
    """Write the same as one zip file, in a folder of the model's name; raises as `export_plain` does."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = export_plain(model, Path(scratch) / "plain")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:  # weights do not get smaller
            for path in sorted(folder.iterdir()):
                packed.write(path, f"{model.name}/{path.name}")
    return file
