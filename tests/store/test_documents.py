import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, BadSpan, NotFound, UnknownLabel
from tokapp.store import Added, DocumentFilter, Project, Store

NASTY = [
    "plain",
    " \t leading and trailing \n ",
    "a\r\nb\rc\nd\u2028e",
    "👩‍👩‍👧 and 🎉, 𝒜, e\u0301",
    "שלום مرحبا 日本語",
    "=cmd|' /C calc'!A0",
    "<script>alert('x')</script> & %s {0} $$",
    "x" * 1_000_000,
]


def test_text_comes_back_as_it_went_in(store: Store, project: Project) -> None:
    meta = {"stars": 5, "nested": {"list": [1, 2.5, None, True, "ü"]}}
    given_in = [
        Document(f"n{i}", text, "reviews", question=text[:50], contexts=(text[:9], ""), meta=meta)
        for i, text in enumerate(NASTY)
    ]
    store.add_documents(project.id, given_in, source="<b>.csv")
    found = dict(store.iterate_documents(project.id, DocumentFilter(source="<b>.csv"), batch=3))
    assert list(found.values()) == given_in


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_any_text_comes_back(store: Store, project: Project, text: str) -> None:
    document = Document(text, text, "reviews", contexts=(text,))
    store.add_documents(project.id, [document], source="any")
    assert document in [found for _, found in store.iterate_documents(project.id)]


def test_a_nul_character_is_kept_or_refused_in_a_sentence(store: Store, project: Project) -> None:
    document = Document("nul", "a\x00b", "reviews")
    if store.url.startswith("sqlite"):
        store.add_documents(project.id, [document], source="f")
        [(_, found)] = store.load_documents([store.find_document(project.id, "nul")])
        assert found == document
    else:
        with pytest.raises(BadInput, match="document 'nul': it holds a NUL"):
            store.add_documents(project.id, [document], source="f")


@pytest.mark.parametrize(
    ("document", "error", "says"),
    [
        (Document("d", ""), BadInput, "no text"),
        (Document("d", "half \ud83d pair"), BadInput, "character 5 is half of a surrogate pair"),
        (Document("d", "x", contexts=("\udc00",)), BadInput, "surrogate"),
        (Document("d", "short", spans=(Span(2, 9, "bug"),)), BadSpan, "ends after the text"),
        (Document("d", "short", spans=(Span(2, 3, "<b>"),)), UnknownLabel, "'<b>' is not in task"),
        (Document("d", "short", label="nope"), UnknownLabel, "'nope'"),
    ],
)
def test_what_cannot_be_stored_is_named(
    store: Store, project: Project, document: Document, error: type[BadInput], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        store.add_documents(project.id, [document], source="f")
    assert str(caught.value).startswith("document 'd': ")
    assert store.count_documents(project.id) == 3


def test_equal_content_is_stored_once(store: Store, project: Project) -> None:
    twice = [Document("a", "new"), Document("b", "new"), Document("c", "The battery lasts long")]
    added = store.add_documents(project.id, twice, source="f")
    assert (added.added, added.duplicates, set(added.duplicate_ids)) == (1, 2, {"b", "c"})
    other = store.create_project("other", project.task)
    assert store.add_documents(other.id, twice, source="f").added == 2


def test_a_split_never_moves_and_groups_stay_together(store: Store, project: Project) -> None:
    grouped = [Document(f"g{i}", f"text {i}", meta={"group": f"user {i % 20}"}) for i in range(100)]
    store.add_documents(project.id, grouped, source="f", batch=7)
    rows = store.documents(project.id, DocumentFilter(source="f"), limit=1000)
    sides = {(int(row.external_id[1:]) % 20, row.split) for row in rows}
    assert len(rows) == 100 and len(sides) == 20


def test_progress_tells_what_became_of_each_batch(store: Store, project: Project) -> None:
    seen: list[Added] = []
    documents = (Document(str(i), f"text {i % 4}") for i in range(10))
    total = store.add_documents(project.id, documents, source="f", batch=4, progress=seen.append)
    assert [(one.added, one.duplicates) for one in seen] == [(4, 0), (0, 4), (0, 2)]
    assert (total.added, total.duplicates) == (4, 6)


def test_what_cannot_be_stored_is_told_and_the_rest_goes_in(store: Store, project: Project) -> None:
    told: list[tuple[str, str]] = []
    documents = [Document("good", "fine"), Document("half", "a \ud800 b"), Document("none", ""), Document("too", "ok")]
    added = store.add_documents(project.id, documents, source="f", refused=lambda *one: told.append(one))
    assert added.added == 2
    assert [one for one, _ in told] == ["half", "none"]
    assert "no text" in told[1][1]


@pytest.fixture
def predicted(store: Store, project: Project) -> Project:
    """Confidences .9, .4 and none; the second document was labelled by a file."""
    scores = {1: ("feature", 0.9), 2: ("bug", 0.4)}
    rows = [
        (pk, Prediction(f"r{pk}", "m", (Span(0, 3, label, score, "model:m"),))) for pk, (label, score) in scores.items()
    ]
    store.add_predictions(project.id, "m", rows)
    done = Document("r4", "labelled already", spans=(Span(0, 8, "bug"),), label="praise", is_reviewed=True)
    store.add_documents(project.id, [done], source="done.csv")
    return project


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (DocumentFilter(), [1, 2, 3, 4]),
        (DocumentFilter(search="BATTERY"), [1]),
        (DocumentFilter(search="lasts battery"), [1]),
        (DocumentFilter(search="battery crashes"), []),
        (DocumentFilter(search="r3"), [3]),
        (DocumentFilter(search="100%"), []),
        (DocumentFilter(search="_"), []),
        (DocumentFilter(label="bug"), [2, 4]),
        (DocumentFilter(label="praise"), [4]),
        (DocumentFilter(label="feature", model="unknown"), []),
        (DocumentFilter(status="labelled"), [4]),
        (DocumentFilter(source="reviews.csv"), [1, 2, 3]),
        (DocumentFilter(min_confidence=0.5), [1]),
        (DocumentFilter(max_confidence=0.5), [2]),
        (DocumentFilter(label="bug", status="new", max_confidence=0.5, search="crash"), [2]),
    ],
)
def test_filters_hold_together(store: Store, predicted: Project, where: DocumentFilter, expected: list[int]) -> None:
    assert store.document_ids(predicted.id, where) == expected
    assert [row.id for row in store.documents(predicted.id, where)] == expected
    assert store.count_documents(predicted.id, where) == len(expected)
    assert [pk for pk, _ in store.iterate_documents(predicted.id, where, batch=2)] == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("id", [1, 2, 3, 4]),
        ("-id", [4, 3, 2, 1]),
        ("confidence", [2, 1, 3, 4]),
        ("-confidence", [1, 2, 4, 3]),
        ("status", [4, 1, 2, 3]),
        ("source", [4, 1, 2, 3]),
        ("-updated", [4, 3, 2, 1]),
    ],
)
def test_sorting_pages_through_all(store: Store, predicted: Project, sort: str, expected: list[int]) -> None:
    pages = [store.documents(predicted.id, sort=sort, limit=3, offset=offset) for offset in (0, 3)]  # type: ignore[arg-type]
    assert [row.id for page in pages for row in page] == expected


def test_a_row_shows_both_what_people_and_what_the_model_said(store: Store, predicted: Project) -> None:
    first, *_, last = store.documents(predicted.id)
    assert (first.predicted, first.spans, first.status, first.label) == (1, 0, "new", None)
    assert first.confidence == pytest.approx(0.9)
    assert (last.predicted, last.spans, last.status, last.label, last.confidence) == (0, 1, "labelled", "praise", None)


def test_an_unknown_order_is_refused(store: Store, project: Project) -> None:
    with pytest.raises(BadInput, match="cannot sort by"):
        store.documents(project.id, sort="name")  # type: ignore[arg-type]


def test_neighbours_follow_the_filter(store: Store, predicted: Project) -> None:
    assert store.neighbours(2) == (1, 3)
    assert store.neighbours(2, DocumentFilter(label="bug")) == (None, 4)
    assert store.neighbours(4) == (3, None)


def test_the_next_to_label_goes_round_once(store: Store, predicted: Project) -> None:
    assert [store.next_to_label(predicted.id, after) for after in (None, 1, 3, 4)] == [1, 2, 1, 1]
    other = store.create_project("empty", predicted.task)
    assert store.next_to_label(other.id) is None


def test_a_document_is_found_by_its_id_in_the_file(store: Store, project: Project) -> None:
    assert store.find_document(project.id, "r2") == 2
    with pytest.raises(NotFound, match="'r99'"):
        store.find_document(project.id, "r99")


def test_an_import_counts_as_peoples_word(store: Store, predicted: Project) -> None:
    labelling = store.open_for_labelling(4)
    assert (labelling.status, labelling.revision, labelling.document.label) == ("labelled", 1, "praise")
    assert [event.by for event in store.events(4)] == ["import"]
    assert not labelling.can_undo


def test_an_import_in_many_batches_stores_every_document(store: Store, project: Project) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.permutation(5000)
    store.add_documents(project.id, (Document(str(n), f"number {n}") for n in numbers), source="big")
    found = {document.id: document.text for _, document in store.iterate_documents(project.id) if document.id.isdigit()}
    assert found == {str(n): f"number {n}" for n in range(5000)}
