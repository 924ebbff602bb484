"""Tiny random checkpoints of other families, with tokenizers that are trained here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModel,
    AutoModelForTokenClassification,
    BertConfig,
    CamembertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    EuroBertConfig,
    LlamaConfig,
    ModernBertConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    RobertaConfig,
    XLMRobertaConfig,
)

LONGEST = 64
"""Tokens that every one of these checkpoints has positions for."""

CORPUS = (
    "Love the dark mode, but the search does not find my notes 😀 any more.",
    "東京 の 検索 は 便利 です。日本語 の カメラ も 日本語",
    "Çok güzel, cafe\u0301 résumé naïve; the quick brown fox jumps over 13 lazy dogs!",
)
_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_DECODER = ("<|begin_of_text|>", "<|end_of_text|>")
_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


@cache
def wordpiece() -> PreTrainedTokenizerFast:
    """As BERT has it: lower case, accents off, unknown words as one piece."""
    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.normalizer, raw.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    raw.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=[*_BERT]))
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return _wrap(raw, _BERT, "token_type_ids")


@cache
def byte_level() -> PreTrainedTokenizerFast:
    """As RoBERTa has it: byte-level BPE with a blank put before the text."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=[*_ROBERTA], initial_alphabet=alphabet)
    )
    raw.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    return _wrap(raw, ("<pad>", "<unk>", "<s>", "</s>", "<mask>"))


@cache
def decoder_bytes() -> PreTrainedTokenizerFast:
    """As Llama 3 has it: byte-level BPE that only begins with a special token, and has none for masks and padding."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=[*_DECODER], initial_alphabet=alphabet)
    )
    raw.post_processor = processors.TemplateProcessing(
        single=f"{_DECODER[0]} $A", pair=f"{_DECODER[0]} $A {_DECODER[0]}:1 $B:1", special_tokens=[(_DECODER[0], 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=_DECODER[0], eos_token=_DECODER[1])


@cache
def bare_bytes() -> PreTrainedTokenizerFast:
    """As Qwen has it: byte-level BPE that puts nothing around a text."""
    raw = Tokenizer.from_str(decoder_bytes().backend_tokenizer.to_str())
    raw.post_processor = processors.ByteLevel(trim_offsets=False)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=_DECODER[1], pad_token=_DECODER[1])


@cache
def unigram() -> PreTrainedTokenizerFast:
    """As XLM-R and DeBERTa-v2 have it: SentencePiece's unigram model over text whose blanks became visible."""
    # Not trained: the trainer's pieces differ from run to run.
    words = sorted({word for text in CORPUS for word in text.split()})
    characters = sorted({character for word in words for character in word})
    scores = {"▁": -4.0} | dict.fromkeys(characters, -6.0) | {form: -5.0 for w in words for form in (w, f"▁{w}")}
    raw = Tokenizer(models.Unigram([*((name, 0.0) for name in _ROBERTA), *scores.items()], unk_id=3))
    raw.normalizer, raw.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return _wrap(raw, ("<pad>", "<unk>", "<s>", "</s>", "<mask>"))


def _wrap(raw: Tokenizer, special: tuple[str, ...], *inputs: str) -> PreTrainedTokenizerFast:
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        model_input_names=["input_ids", *inputs, "attention_mask"],
        **dict(zip(names, special, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class Family:
    """A family: its tokenizer, its configuration class, and what is special about it."""

    tokenizer: Callable[[], PreTrainedTokenizerFast]
    config: type[PreTrainedConfig]
    settings: dict[str, Any]

    def write(self, folder: Path, *, classes: tuple[str, ...] = ()) -> Path:
        """A checkpoint folder: the bare encoder, or with `classes` a token classifier."""
        torch.manual_seed(0)
        tokenizer = self.tokenizer()
        names: dict[str, Any] = {"id2label": dict(enumerate(classes))} if classes else {}
        config = self.config(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **self.settings, **names)
        kind = AutoModelForTokenClassification if classes else AutoModel
        kind.from_config(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder


_ROBERTA_LIKE = {**_SMALL, "max_position_embeddings": LONGEST + 2, "type_vocab_size": 1}
_DEBERTA = {
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 16,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "type_vocab_size": 0,
    "max_position_embeddings": LONGEST,
}
_DECODES = {"max_position_embeddings": LONGEST, "num_key_value_heads": 1, "bos_token_id": 0, "eos_token_id": 1}
_MODERN = {"cls_token_id": 0, "bos_token_id": 0, "sep_token_id": 2, "eos_token_id": 2, "local_attention": 16}

FAMILIES = {
    "bert": Family(wordpiece, BertConfig, {**_SMALL, "max_position_embeddings": LONGEST}),
    "distilbert": Family(
        wordpiece,
        DistilBertConfig,
        {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48, "max_position_embeddings": LONGEST},
    ),
    "electra": Family(wordpiece, ElectraConfig, {**_SMALL, "embedding_size": 16, "max_position_embeddings": LONGEST}),
    "roberta": Family(byte_level, RobertaConfig, _ROBERTA_LIKE),
    "modernbert": Family(byte_level, ModernBertConfig, {**_SMALL, **_MODERN, "max_position_embeddings": LONGEST}),
    "xlm-roberta": Family(unigram, XLMRobertaConfig, _ROBERTA_LIKE),
    "camembert": Family(unigram, CamembertConfig, _ROBERTA_LIKE),
    "deberta-v2": Family(unigram, DebertaV2Config, {**_SMALL, **_DEBERTA, "conv_kernel_size": 3, "conv_act": "gelu"}),
    "deberta-v3": Family(unigram, DebertaV2Config, {**_SMALL, **_DEBERTA}),
    "eurobert": Family(decoder_bytes, EuroBertConfig, {**_SMALL, **_DECODES, "mask_token_id": 1}),
    "llama": Family(decoder_bytes, LlamaConfig, {**_SMALL, **_DECODES}),
    "qwen3": Family(bare_bytes, Qwen3Config, {**_SMALL, **_DECODES, "head_dim": 16}),
}
