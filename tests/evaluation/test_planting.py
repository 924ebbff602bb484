import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Document, Span
from tokapp.evaluation.planting import is_chosen, is_planted, plant_in, seed_of, without_plants
from tokapp.words import split_words

TEXT = "I liked the dark mode 🎉 but the playlist of my phone slowly crashed"
DARK = Span(TEXT.index("dark"), TEXT.index("dark") + 9, "feature", 0.9)
LABELS = ("feature", "bug")


def seeds(number: int) -> list[str]:
    return [seed_of("project", f"{at:064x}") for at in range(number)]


def test_the_same_project_and_document_give_the_same_plant() -> None:
    for seed in seeds(50):
        assert plant_in(TEXT, [DARK], LABELS, seed=seed) == plant_in(TEXT, [DARK], LABELS, seed=seed)
    assert seed_of("a", "b") == seed_of("a", "b") != seed_of("b", "a")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1])
def test_the_share_of_chosen_documents_is_the_one_that_was_asked_for(share: float) -> None:
    chosen = sum(is_chosen(seed, share) for seed in seeds(20_000))
    assert abs(chosen / 20_000 - share) <= 4 * (share * (1 - share) / 20_000) ** 0.5


def test_more_checks_keep_those_that_were_there() -> None:
    few = {seed for seed in seeds(2000) if is_chosen(seed, 0.02)}
    assert few and few < {seed for seed in seeds(2000) if is_chosen(seed, 0.1)}


def test_every_kind_is_planted_and_each_is_wrong_in_its_way() -> None:
    found = [plant for seed in seeds(200) if (plant := plant_in(TEXT, [DARK], LABELS, seed=seed))]
    kinds = {kind: [one.span for one in found if one.kind == kind] for kind in {one.kind for one in found}}
    assert set(kinds) == {"wrong label", "shifted edge", "stray word"} and len(found) == 200
    assert {one.key for one in kinds["wrong label"]} == {(DARK.start, DARK.end, "bug")}
    surfaces = {TEXT[one.start : one.end] for one in kinds["shifted edge"]}
    assert surfaces == {"the dark mode", "dark mode 🎉", "dark", "mode"}
    assert {TEXT[one.start : one.end] for one in kinds["stray word"]} == {"playlist", "phone"}
    assert all(one.span.score is not None and 0.5 <= one.span.score <= 0.95 and is_planted(one.span) for one in found)


def test_nothing_is_planted_where_nothing_plausible_can_be() -> None:
    assert plant_in("ok :)", [], LABELS, seed=seed_of("p", "d")) is None
    assert plant_in(TEXT, [DARK], (), seed=seed_of("p", "d")) is None


def test_a_document_with_a_planted_span_is_not_finished() -> None:
    planted = Span(0, 1, "bug", None, "planted:stray word")
    document = Document("d", TEXT, spans=(planted, DARK), is_reviewed=True)
    left = without_plants(document)
    assert (left.spans, left.is_reviewed) == ((DARK,), False)
    assert without_plants(left) is left


@st.composite
def texts_with_suggestions(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(st.sampled_from("ab 🎉é日\r\n.thedarkmode"), max_size=60))
    words = split_words(text)
    picked = draw(st.lists(st.sampled_from(words), unique=True, max_size=4)) if words else []
    return text, [Span(start, end, draw(st.sampled_from(LABELS)), 0.8) for start, end in sorted(picked)]


@given(texts_with_suggestions(), st.integers(0, 10**6))
def test_a_plant_lies_on_word_edges_and_is_none_of_the_suggestions(case: tuple[str, Sequence[Span]], at: int) -> None:
    text, suggestions = case
    plant = plant_in(text, suggestions, LABELS, seed=seed_of("p", str(at)))
    if plant is None:
        return
    words = split_words(text)
    assert plant.span.start in {start for start, _ in words} and plant.span.end in {end for _, end in words}
    assert plant.span.key not in {one.key for one in suggestions}
    assert text[plant.span.start : plant.span.end].strip()


def test_planting_leaves_the_shared_randomness_alone() -> None:
    random.seed(3)
    first = random.random()
    random.seed(3)
    plant_in(TEXT, [DARK], LABELS, seed=seed_of("p", "d"))
    assert random.random() == first
