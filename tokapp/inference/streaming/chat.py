"""Which token ids belong to the template of a conversation and to no turn of it."""

from __future__ import annotations

from transformers import PreTrainedTokenizerFast

_TURN = "<|im_start|>"
_THOUGHT = ("<think>", "</think>")


class Template:
    """Follows ids one by one: special tokens, the line that names whose turn it is, and the marks around thoughts.

    White space right behind any of these is the template's, too, and so is an empty thought as a whole. Qwen3Guard's
    evaluation skips the same positions, but for the line break before a thought that is not empty.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        known = tokenizer.get_added_vocab()
        self._special = {*tokenizer.all_special_ids, *(known[mark] for mark in (_TURN, *_THOUGHT) if mark in known)}
        self._turn = known.get(_TURN)
        self._in_header = self._was_template = False

    def holds(self, one: int, text: str) -> bool:
        """Whether the next id, which spells `text`, is part of the template."""
        was_header, is_blank = self._in_header, not text.strip()
        self._in_header = one == self._turn or (was_header and "\n" not in text)
        self._was_template = one in self._special or was_header or (self._was_template and is_blank and bool(text))
        return self._was_template
