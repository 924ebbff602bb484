"""Tiny networks with tokenizers of their own that mark the same labels, so that they can vote together."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.models.families import FAMILIES
from tokapp import places
from tokapp.models import TokenModel, backbone, registry
from tokapp.models.config import Shape, config_for
from tokapp.models.network import Network
from tokapp.tasks import load_task


def member(family: str, folder: Path, *, seed: int = 0, scheme: str = "bio", task: str = "reviews") -> TokenModel:
    """A tiny network on a tokenizer of its own, with heads that do not say the same of every word."""
    source = backbone.resolve(str(FAMILIES[family].write(folder / f"{family}-{scheme}-{seed}")))
    torch.manual_seed(seed)
    shape = Shape.model_validate({"scheme": scheme, "max_length": 24})
    network = Network(backbone.load_encoder(source), config_for(load_task(task), shape, backbone=source.name))
    for head in network.heads:
        for weight in head.parameters():
            torch.nn.init.normal_(weight, std=1.0)
    return TokenModel(f"{family}-{seed}", load_task(task), network, backbone.load_tokenizer(source))


def three_tokenizers(folder: Path) -> list[TokenModel]:
    """Word pieces, byte-level pairs and a unigram model, one each; two schemes; rows of 24 tokens."""
    return [
        member("bert", folder, scheme="bio"),
        member("roberta", folder, seed=1, scheme="bioes"),
        member("xlm-roberta", folder, seed=2, scheme="bio"),
    ]


def save_shaken(folder: Path) -> None:
    """A version that is the built-in reviews model with a shaken head: it marks much the same, but not all."""
    _, network, tokenizer, _ = registry.load(places.data() / "models" / "reviews")
    torch.manual_seed(0)
    assert network.tokens is not None
    with torch.no_grad():
        network.tokens[-1].weight.add_(torch.randn_like(network.tokens[-1].weight), alpha=0.3)
    registry.save(folder, network, tokenizer, load_task("reviews"))
