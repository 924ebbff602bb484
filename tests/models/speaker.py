"""A tiny causal language model of random weights, which says something to everything."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.models.families import decoder_bytes


def write_speaker(where: Path) -> Path:
    """A two-layer Llama with tied embeddings, as safetensors, and its tokenizer of bytes."""
    torch.manual_seed(3)
    tokenizer = decoder_bytes()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=48,
        max_position_embeddings=256,
        initializer_range=0.4,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(where)
    tokenizer.save_pretrained(where)
    return where
