"""Texts cut into pieces in any way, and what models say to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from tokapp.inference.streaming import TokenVerdict
from tokapp.models import TokenModel

Make = Callable[..., TokenModel]
PIECES = (
    *("dark mode", "don't", "'", "'ll", "’s", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "!", "?!\n", "12", "345", "ﬁne"),
    *("e\u0301", "\u0301", "日本語", "。", "สวัสดี", "हिन्दी", "\ud800", "[SEP]", "<s>"),
    *("😀", "👨\u200d👩\u200d👧", "\u200d", "👍🏽", "🇩🇪", "🇫"),
)
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=30))
cut_texts = texts.flatmap(
    lambda text: st.tuples(st.just(text), st.lists(st.integers(0, len(text)), max_size=8).map(sorted))
)


def in_pieces(text: str, cuts: list[int]) -> list[str]:
    places = [0, *cuts, len(text)]
    return [text[start:end] for start, end in pairwise(places)]


def streamed(model: TokenModel, pieces: Iterable[str | list[int]], **options: object) -> list[TokenVerdict]:
    session = model.stream(**options)  # type: ignore[arg-type]
    return [verdict for piece in pieces for verdict in session.push(piece)] + session.close()


def assert_alike(some: list[TokenVerdict], others: list[TokenVerdict]) -> None:
    """Equal decisions and places; probabilities within what the order of additions changes."""
    assert [(one.start, one.text, one.label, one.category, one.flagged) for one in some] == [
        (one.start, one.text, one.label, one.category, one.flagged) for one in others
    ]
    assert [one.risk for one in some] == pytest.approx([one.risk for one in others], abs=1e-5)
