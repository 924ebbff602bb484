"""Whose judgement holds for a token: its own, or that of the word it belongs to."""

from __future__ import annotations

from typing import Protocol

from tokapp.inference.streaming.judging import Judgement
from tokapp.words import split_words, word_at

_JOINERS = "'’\u200d"


class Voice(Protocol):
    """Is asked about one token after the other."""

    def take(self, judgement: Judgement, text: str) -> tuple[Judgement, bool]:
        """What holds for a token that shows `text`, and whether that is a decision of its own."""
        ...


class ByToken:
    """Lets every token speak for itself, as guard models learn it."""

    def take(self, judgement: Judgement, text: str) -> tuple[Judgement, bool]:
        """The token's own judgement."""
        return judgement, True


class ByWord:
    """Gives all tokens of a word what is said at its first one, which is where classifiers of words learn.

    White space goes with the word before. A token that ends within a character goes with what came before it, too,
    since only its last token shows what that is; where a word begins with it, its first token speaks for the word. So
    does an apostrophe behind a letter or an emoji's joiner, which may turn out to stand within the word.
    """

    def __init__(self) -> None:
        self._word = ""
        self._said: Judgement | None = None
        self._waiting: Judgement | None = None

    def take(self, judgement: Judgement, text: str) -> tuple[Judgement, bool]:
        """What the word says; a decision of its own where the word begins."""
        first = self._waiting or judgement
        self._waiting = None if text else first
        if text and self._begins_word(text):
            self._said = first
            return first, True
        return self._said or judgement, False

    def _begins_word(self, text: str) -> bool:
        seen = self._word + text
        settled = seen.rstrip(_JOINERS)
        words = split_words(settled)
        self._word = seen[words[-1][0] :] if words else seen
        at = len(seen) - len(text.lstrip())
        if len(settled) <= at < len(seen):
            return not at or seen[at - 1].isspace()
        held_by = word_at(words, at)
        return held_by is not None and words[held_by][0] == at
