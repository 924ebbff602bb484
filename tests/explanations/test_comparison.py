"""Two explanations of one decision: how far they go by the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tokapp.documents import Attribution, Target
from tokapp.explanations.comparison import compare_reasons

WORDS = tuple((place * 2, place * 2 + 1) for place in range(6))
ONE = Attribution("1", "m", Target("document", "spam"), WORDS, tuple("abcdef"), (3.0, 2.0, 1.0, 0.5, -0.1, -4.0),
                  (0.1,) * 6, 0.0, 2.4, 64)  # fmt: skip


def test_an_explanation_agrees_with_itself_and_is_turned_round_by_other_signs() -> None:
    same = compare_reasons(ONE, ONE, top=3)
    assert (same.words, same.correlation, same.top, same.shared) == (6, pytest.approx(1.0), 3, 3)
    turned = compare_reasons(ONE, replace(ONE, values=tuple(-value for value in ONE.values)), top=3)
    assert turned.correlation == pytest.approx(-1.0) and turned.shared == 3


def test_only_words_of_both_count_and_parts_are_told_apart() -> None:
    shorter = replace(ONE, words=WORDS[:2], texts=("a", "b"), values=(1.0, 5.0), errors=(0.1, 0.1))
    found = compare_reasons(ONE, shorter, top=1)
    assert (found.words, found.top, found.shared) == (2, 1, 0) and found.correlation == pytest.approx(-1.0)
    assert compare_reasons(ONE, replace(ONE, parts=(1,) * 6)).words == 0


def test_without_any_order_there_is_no_correlation() -> None:
    assert compare_reasons(ONE, replace(ONE, values=(1.0,) * 6)).correlation is None
