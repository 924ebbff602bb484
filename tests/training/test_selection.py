"""Instance selection as T-FREX's script has it, by hand, by its invariants, and in a recipe."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.training.contract import DOCUMENTS, StepContract, tiny_state
from tokapp.documents import Span
from tokapp.training.run import run_step
from tokapp.training.selection import NOTHING, choose, groups_of, typicality, walk
from tokapp.training.steps.select_instances import NEUTRAL, SelectInstances

F1, F2 = ("feature", "one"), ("feature", "two")
SETS = st.lists(st.frozensets(st.sampled_from([F1, F2, NOTHING, ("other", "")]), min_size=1), max_size=30)


class TestSelectInstances(StepContract):
    neutral = (NEUTRAL, SelectInstances(share=1, label_free=1.0), SelectInstances(share=1, order="most typical"))
    working = SelectInstances(share=0.4, order="most typical", groups="labels", label_free=0.5)

    def test_the_neutral_setting_learns_from_every_document(self, folder: Path) -> None:
        """T11.1."""
        for settings in self.neutral:
            state = tiny_state(folder)
            run_step(settings, state)
            assert state.train is DOCUMENTS and not state.metrics

    def test_later_steps_learn_from_what_was_kept(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(self.working, state)
        spans = sum(bool(one.spans) for one in state.train)
        free = sum(one.is_reviewed and not one.spans for one in state.train)
        assert (spans, free) == (math.ceil(0.4 * 8), 1)
        assert state.train[-2:] == DOCUMENTS[-2:]  # what nobody labelled
        found = {"documents": 10, "kept": 5, "kept_share": 0.5, "groups": 2, "kept_without_labels": 1}
        assert state.metrics["select_instances"] == found


def test_the_worked_example_of_the_notes() -> None:
    """T11.2: the diagonal is 0 and the sum is divided by all; of equal ones the first goes first."""
    found = typicality(np.array([(1, 0), (0.8, 0.6), (0, 1), (0.6, 0.8)]))
    assert np.allclose(found, (0.35, 0.59, 0.35, 0.59))
    assert walk(found) == [0, 2, 1, 3] and walk(found, most=True) == [1, 3, 0, 2]


def test_a_document_with_two_features_counts_for_both() -> None:
    groups = [frozenset({F1}), frozenset({F1}), frozenset({F1}), frozenset({F1, F2})]
    assert choose([0, 1, 2, 3], groups, 0.25, {}) == [0, 3]
    assert choose([3, 2, 1, 0], groups, 0.25, {}) == [3]


@given(groups=SETS, share=st.sampled_from([0.125, 0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 1.0]), seed=st.integers(0, 99))
def test_every_group_keeps_its_share(groups: list[frozenset[tuple[str, str]]], share: float, seed: int) -> None:
    """T11.3 and T11.1."""
    order = np.random.default_rng(seed).permutation(len(groups)).tolist()
    kept = choose(order, groups, share, {})
    sizes, left = (Counter(group for place in some for group in groups[place]) for some in (order, kept))
    hundredths = round(share * 1000)
    assert all(left[group] * 1000 >= hundredths * size for group, size in sizes.items())
    assert kept == sorted(set(kept)) and (share < 1 or kept == sorted(order))


@given(count=st.integers(1, 40), seed=st.integers(0, 99))
def test_the_closed_form_is_the_matrix(count: int, seed: int) -> None:
    """T11.4."""
    vectors = np.random.default_rng(seed).normal(size=(count, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0.0)
    assert np.allclose(typicality(vectors), cosines.mean(axis=1), atol=1e-6)


def test_groups_are_labels_or_their_words() -> None:
    document = replace(DOCUMENTS[0], text="Dark Mode, dark mode", label="praise")
    document = replace(document, spans=(Span(0, 9, "feature"), Span(11, 20, "feature")))
    assert groups_of(document, by_surface=True) == {("feature", "dark mode"), ("praise", "")}
    assert groups_of(replace(document, label=None), by_surface=False) == {("feature", "")}
    assert groups_of(replace(document, label=None, spans=()), by_surface=True) == {NOTHING}
