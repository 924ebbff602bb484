"""Which token ids belong to the template of a conversation and to no turn of it."""

from __future__ import annotations

from transformers import PreTrainedTokenizerFast

from tokapp.models.chat import END, THOUGHT, TURN


class Template:
    """Follows ids one by one: special tokens, the line that names whose turn it is, and the marks around thoughts.

    White space right behind a mark is the template's, too, and so is an empty thought as a whole. These are the
    positions that Qwen3Guard's evaluation passes over, and the line break before a thought that is not empty.
    `is_within` says that the ids go on behind the mark that ends a turn.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, is_within: bool = False) -> None:
        known = tokenizer.get_added_vocab()
        self._marks = {known[mark] for mark in (TURN, END, *THOUGHT) if mark in known}
        self._special, self._turn = {*tokenizer.all_special_ids, *self._marks}, known.get(TURN)
        self._in_header, self._is_behind_mark = False, is_within

    def holds(self, one: int, text: str) -> bool:
        """Whether the next id, which spells `text`, is part of the template."""
        was_header = self._in_header
        self._in_header = one == self._turn or (was_header and "\n" not in text)
        goes_on = self._is_behind_mark and text.isspace()
        self._is_behind_mark = one in self._marks or was_header or goes_on
        return self._is_behind_mark or one in self._special
