"""The hand-checked table of T-FREX's counters and of seqeval."""

from __future__ import annotations

import pytest

from tokapp.evaluation.tags import entity_scores, feature_counts, spans_of_tags, token_scores

TABLE = [
    ("exact", "O B I O", "O B I O", (1, 0, 0), 1.0),
    ("too short", "O B O O", "O B I O", (0, 0, 1), 0.0),
    ("too long", "O B I O", "O B O O", (0, 2, 1), 0.0),
    ("two adjacent, all right", "O B B O", "O B B O", (1, 0, 0), 1.0),
    ("stray I on gold B", "O I O O", "O B O O", (0, 1, 1), 1.0),
    ("missed", "O O O O", "O B I O", (0, 0, 1), 0.0),
    ("spurious, one word", "O B O O", "O O O O", (0, 1, 0), 0.0),
    ("spurious, two words", "O B I O", "O O O O", (0, 2, 0), 0.0),
    ("at the end", "O O B", "O O B", (1, 0, 0), 1.0),
]


@pytest.mark.parametrize(
    ("predicted", "gold", "counts", "f1"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_counters_agree_with_the_hand_checked_table(
    predicted: str, gold: str, counts: tuple[int, int, int], f1: float
) -> None:
    assert feature_counts(predicted.split(), gold.split()) == counts
    named = [[tag if tag == "O" else f"{tag}-feature" for tag in tags.split()] for tags in (predicted, gold)]
    assert entity_scores([named[0]], [named[1]]).f1 == f1


def test_an_inside_tag_of_another_label_opens_a_span() -> None:
    spans = spans_of_tags(["B-a", "I-a", "I-b", "O", "I-a"])
    assert [(span.start, span.end, span.label) for span in spans] == [(0, 2, "a"), (2, 3, "b"), (4, 5, "a")]


def test_token_scores_count_tags_and_not_spans() -> None:
    scores = token_scores([["B-a", "I-a", "O"]], [["B-a", "O", "O"]])
    assert (scores.precision, scores.recall) == (0.5, 1.0)
