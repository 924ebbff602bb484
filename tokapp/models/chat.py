"""The template of conversations that guard models are trained on (ChatML, as Qwen3 writes it without thoughts)."""

from __future__ import annotations

from transformers import PreTrainedTokenizerFast

from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models.encoding import Encoder, Frame

TURN, END = "<|im_start|>", "<|im_end|>"
THOUGHT = ("<think>", "</think>")

_BEFORE = f"{TURN}user\n"
_BETWEEN = f"{END}\n{TURN}assistant\n{THOUGHT[0]}\n\n{THOUGHT[1]}\n\n"


class ChatEncoder(Encoder):
    """Writes a document's question as a user's turn, and its text as the response.

    Marks of turns within either are text that somebody wrote, and begin or end no turn. Raises ModelUnavailable for a
    tokenizer that has no such marks.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, max_length: int) -> None:
        super().__init__(tokenizer, max_length=max_length, part="answer")
        self._pair = chat_frame(tokenizer)

    def turns(self, document: Document) -> tuple[list[int], list[int]]:
        """The tokens up to the end of the user's turn, and those from there to where the response begins."""
        ids, rest = self.opening(document), len(self._pair.between) - 1
        return ids[:-rest], ids[-rest:]


def chat_frame(tokenizer: PreTrainedTokenizerFast) -> Frame:
    """What stands around a prompt and its response."""
    known = tokenizer.get_added_vocab()
    lacking = [mark for mark in (TURN, END) if mark not in known]
    if lacking:
        raise ModelUnavailable(f"the tokenizer lacks {lacking[0]}, which ends turns; get the model's own tokenizer")
    before, between = (tuple(tokenizer.encode(text, add_special_tokens=False)) for text in (_BEFORE, _BETWEEN))
    return Frame(before, between, (), (0, 0, 0, 0, 0))
