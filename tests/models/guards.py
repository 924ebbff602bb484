"""Tiny random guard models in the layout in which Qwen3Guard's stream models are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

from tests.models.families import bare_bytes

WIDTH, INNER = 32, 16
HEADS = {
    "risk_level_category_pre": (INNER, WIDTH),
    "risk_level_category_layernorm": (INNER,),
    "risk_level_head": (3, INNER),
    "category_head": (8, INNER),
    "query_risk_level_category_pre": (INNER, WIDTH),
    "query_risk_level_category_layernorm": (INNER,),
    "query_risk_level_head": (3, INNER),
    "query_category_head": (9, INNER),
}


def chat_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE with the marks of turns as special tokens, and those of thoughts as added ones."""
    raw = Tokenizer.from_str(bare_bytes().backend_tokenizer.to_str())
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    raw.add_tokens(["<think>", "</think>"])
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|end_of_text|>")


def write_guard(folder: Path, *, positions: int = 512, **changes: Any) -> Path:
    """A checkpoint folder; `changes` are made to its config.json."""
    torch.manual_seed(0)
    tokenizer = chat_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, intermediate_size=48, max_position_embeddings=positions, tie_word_embeddings=True,
    )  # fmt: skip
    backbone = {f"model.{name}": tensor for name, tensor in Qwen3Model(config).state_dict().items()}
    heads = {f"{name}.weight": torch.randn(shape) for name, shape in HEADS.items()}
    folder.mkdir(parents=True)
    unused = {"lm_head.weight": backbone["model.embed_tokens.weight"].clone()}
    save_file(backbone | heads | unused, folder / "model.safetensors", {"format": "pt"})
    record = config.to_dict() | {
        "architectures": ["Qwen3ForGuardModel"],
        "auto_map": {"AutoModel": "modeling_qwen3_guard.Qwen3ForGuardModel"},
        "guard_inner_size": INNER,
        "num_risk_level": 3,
        "num_category": 8,
        "num_query_risk_level": 3,
        "num_query_category": 9,
    }
    (folder / "config.json").write_text(json.dumps(record | changes))
    (folder / "modeling_qwen3_guard.py").write_text("raise RuntimeError('remote code ran')\n")
    tokenizer.save_pretrained(folder)
    return folder
