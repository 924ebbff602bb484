"""A decision in the address comes back as it was; whatever else somebody writes there is refused in a sentence."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Document, Prediction, Span, Target
from tokapp.errors import BadInput
from tokapp.ui.reasons import name_target, read_target, write_target

DOCUMENT = Document("1", "The menu 🎉 is slow", "reviews")
LABELS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60)
PLACES = st.tuples(st.integers(0, 17), st.integers(1, 18)).filter(lambda place: place[0] < place[1])


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """Any decision about the document."""
    kind = draw(st.sampled_from(["document", "span", "start", "end", "cut"]))
    start, end = (0, 0) if kind == "document" else draw(PLACES)
    against, over = draw(st.just("") | LABELS), draw(st.sampled_from(["text", "sources"]))
    return Target(kind, draw(LABELS), start, end, against, over)  # type: ignore[arg-type]


@given(targets())
def test_a_decision_comes_back_from_the_address(target: Target) -> None:
    assert read_target(write_target(target), DOCUMENT) == target


def test_plain_decisions_keep_their_short_form() -> None:
    assert write_target(Target("span", "feature", 4, 8)) == "4:8:feature"
    assert write_target(Target("document", "spam")) == "spam"
    assert read_target(None, DOCUMENT) is read_target("", DOCUMENT) is None


@given(st.text() | st.text().map("?".__add__) | st.dictionaries(st.sampled_from(["kind", "label", "start"]), st.text()))
def test_anything_in_the_address_is_a_decision_about_the_document_or_refused(written: str | dict[str, str]) -> None:
    try:
        found = read_target(written if isinstance(written, str) else "?" + _query(written), DOCUMENT)
    except BadInput as error:
        assert "in the address" in str(error)
    else:
        assert found is None or 0 <= found.start <= found.end <= len(DOCUMENT.text)


def _query(fields: dict[str, str]) -> str:
    return urlencode({"kind": "span", "start": "0", "end": "3", **fields}, errors="surrogatepass")


@pytest.mark.parametrize(
    "written",
    [
        *("4:99:feature", "8:4:feature", "4:4:feature", "-1:4:feature", "١:٤:feature", f"0:{'9' * 5000}:feature"),
        *("4:8:", "a\x00b", "<b>\n", "x" * 61, "?", "?kind=document", "?kind=joke&label=a", "?label=a&start=0&end=1"),
        *("?kind=span&label=a&start=0", "?kind=end&label=a&start=0&end=19", "?kind=document&label=a&over=moon"),
        *("?kind=document&label=a&against=%00", "4:8:\ud800"),
    ],
)
def test_what_fits_no_decision_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="in the address"):
        read_target(written, DOCUMENT)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("span", "feature", 4, 8), "“menu” is feature · 93 %"),
        (Target("span", "bug", 4, 8), "“menu” is bug · marked by a person"),
        (Target("span", "feature", 4, 8, over="sources"), "“menu” is feature · 93 %, by question and passages"),
        (Target("span", "feature", 4, 8, "O"), "Why “menu” is feature rather than nothing"),
        (Target("span", "feature", 4, 8, "bug"), "Why “menu” is feature rather than bug"),
        (Target("end", "feature", 4, 8), "Why “menu” ends here, as feature"),
        (Target("start", "bug", 4, 8, over="sources"), "Why “menu” begins here, as bug, by question and passages"),
        (Target("cut", "Unsafe", 4, 8), "Why the text was cut at “menu”, as Unsafe"),
        (Target("cut", "Unsafe+Controversial", 4, 8), "Why the text was cut at “menu”, as Unsafe or Controversial"),
        (Target("document", "praise"), "The whole text is praise · 50 %"),
        (Target("document", "praise", against="bug"), "Why the whole text is praise rather than bug"),
    ],
)
def test_a_decision_has_a_name_in_words(target: Target, words: str) -> None:
    prediction = Prediction("1", "m", (Span(4, 8, "feature", 0.93),), document_scores={"praise": 0.5})
    assert name_target(target, DOCUMENT, prediction) == words
