"""Language models that go on writing a text: what an explanation of their own words needs of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models import backbone as backbones
from tokapp.models.causal import empty_cache, is_causal
from tokapp.models.device import choose_device
from tokapp.models.encoding import Encoder
from tokapp.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Encoding as Pieces

_SHOWN = "\ue000"
"""Stands for what a person says while a template is looked at; no text of a template holds it."""


class LanguageModel:
    """A causal model with its tokenizer; `positions` is how many tokens it can read and write in all."""

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        device: torch.device | None = None,
    ) -> None:
        self.name, self.tokenizer = name, tokenizer
        self.model = model.to(device or torch.device("cpu")).eval()  # type: ignore[arg-type]  # theirs
        self.positions = backbones.own_length(model)
        self.encoder = Encoder(tokenizer, max_length=self.positions)
        self._keeps = "logits_to_keep" in backbones.argument_names(model)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        device: torch.device = self.model.device
        return device

    @property
    def pieces(self) -> int:
        """How many tokens there are to choose from."""
        return int(self.model.config.get_text_config().vocab_size)

    def cut(self, text: str) -> Pieces:
        """Tokens of a piece of text, with offsets; special tokens that somebody wrote into it are plain text."""
        return self.encoder.cut(text)

    def turn(self) -> tuple[list[int], list[int]]:
        """Tokens before what a person says and those after it, where the model's answer begins."""
        if not self.tokenizer.chat_template:
            return self.encoder.opening(Document("", "")), []
        said = [{"role": "user", "content": _SHOWN}]
        shown = self.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        before, _, after = str(shown).partition(_SHOWN)
        return self.tokenizer.encode(before, add_special_tokens=False), self.tokenizer.encode(
            after, add_special_tokens=False
        )

    @property
    def hidden_piece(self) -> int:
        """The token that stands where one is hidden: the mask, else dots, as the CC-SHAP authors have it."""
        mask = self.tokenizer.mask_token_id
        return int(mask) if mask is not None else int(self.cut("...").ids[0])

    def last_logits(self, ids: Tensor, count: int) -> Tensor:
        """Logits behind each of the last `count` tokens of equal rows, float32 [rows, count, pieces]."""
        options = {"logits_to_keep": count} if self._keeps else {}
        with torch.inference_mode():
            logits: Tensor = self.model(input_ids=ids.to(self.device), use_cache=False, **options).logits
        return logits[:, -count:].float()

    def go_on(self, ids: Sequence[int], most: int) -> list[int]:
        """The most probable next tokens one after another, until the model ends its turn or `most` are written."""
        ends = _ends(self.model.generation_config, self.tokenizer)
        cache, found = empty_cache(self.model.config), list[int]()
        fed = torch.tensor([list(ids)], device=self.device)
        with torch.inference_mode():
            for _ in range(min(most, self.positions - len(ids))):
                logits = self.model(input_ids=fed, past_key_values=cache, use_cache=True).logits[0, -1]
                following = int(logits.argmax())
                if following in ends:
                    break
                found.append(following)
                fed = torch.tensor([[following]], device=self.device)
        return found


def load_language_model(name: str, *, settings: Settings | None = None) -> LanguageModel:
    """The causal model in a folder or behind a hub name, in float32; only safetensors weights are read.

    Raises ModelUnavailable if it cannot be had, lacks weights, or reads in both directions.
    """
    settings = settings or Settings.from_environment(os.environ)
    source = backbones.resolve(name, allowed_code=settings.remote_code)
    model, report = backbones.load_with_report(source, AutoModelForCausalLM)
    backbones.check_complete(source, report)
    if not is_causal(model, model.config):
        raise ModelUnavailable(f"{name!r} reads in both directions and goes on writing no text: name a causal model")
    device = choose_device(settings.device)
    return LanguageModel(Path(name).name, model, backbones.load_tokenizer(source), device=device)


def _ends(config: object, tokenizer: PreTrainedTokenizerFast) -> set[int]:
    """Tokens that end a turn."""
    given = getattr(config, "eos_token_id", None)
    ends = set(given if isinstance(given, list) else [given])
    return {int(one) for one in (*ends, tokenizer.eos_token_id) if one is not None}
