"""Tiny random models of every shape, with a real tokenizer: what an explanation rests on needs no training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from tokapp.models.config import Shape, config_for
from tokapp.models.network import Network
from tokapp.models.token_model import TokenModel
from tokapp.tasks import load_task
from tokapp.training.run import feature_width

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = ["the", "search", "app", "is", "slow", "after", "update", "please", "fix", "notes", "sync", "##ing", "##es"]


def tiny_tokenizer(*, with_mask: bool = True) -> PreTrainedTokenizerFast:
    """Word pieces: some whole words, every letter and digit, so that rare words fall into many pieces."""
    letters = [prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" for prefix in ("", "##")]
    vocabulary = {
        piece: index for index, piece in enumerate(dict.fromkeys([*SPECIAL, *PIECES, *letters, *".,!?'-😀é"]))
    }
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    if with_mask:
        names["mask_token"] = "[MASK]"
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def tiny_model(task: str, shape: Shape, *, seed: int = 0, with_mask: bool = True) -> TokenModel:
    """A random two-layer network with strong enough weights that words matter to each other."""
    torch.manual_seed(seed)
    tokenizer = tiny_tokenizer(with_mask=with_mask)
    encoder = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
            initializer_range=0.3,
        ),
        add_pooling_layer=False,
    )
    config = config_for(load_task(task), shape, feature_width=feature_width(shape.features))
    network = Network(encoder, config)
    for head in network.heads:
        for weight in head.parameters():
            torch.nn.init.normal_(weight, std=0.3)
    return TokenModel(f"tiny-{task}", load_task(task), network, tokenizer)


@pytest.fixture(scope="session")
def make_model() -> Callable[..., TokenModel]:
    return tiny_model


@pytest.fixture(scope="session")
def reviews() -> TokenModel:
    """Spans from a token head (bio)."""
    return tiny_model("reviews", Shape(max_length=64))


@pytest.fixture(scope="session")
def emails() -> TokenModel:
    """Document labels from an additive head, spans from its evidence."""
    return tiny_model("emails", Shape(spans="evidence", max_length=64))


@pytest.fixture(scope="session")
def rag() -> TokenModel:
    """Spans in an answer, document labels from the spans (io)."""
    return tiny_model("rag", Shape(scheme="io", document="spans", max_length=64))
