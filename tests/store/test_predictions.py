import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sqlalchemy import event, select

from tokapp.documents import Attribution, Document, Prediction, Span, Target, WordScores
from tokapp.errors import BadInput
from tokapp.store import DocumentFilter, Project, Store
from tokapp.store.packing import pack, unpack
from tokapp.store.tables import AttributionTable, now

WORDS = WordScores(
    np.array([[0, 3], [4, 11]], np.int32), np.array([[0.75, 0.25], [0.125, 0.875]], np.float32), ("O", "B-feature")
)


def test_a_prediction_comes_back(store: Store, project: Project) -> None:
    given_in = Prediction(
        "r1", "m", (Span(4, 11, "feature", 0.875, "model:m"),), WORDS, {"praise": 0.5, "complaint": 0.1}
    )
    assert store.add_predictions(project.id, "m", [(1, given_in)]) == 1
    found = store.prediction(1, "m")
    assert found is not None and found.words is not None
    assert (found.document_id, found.model, found.document_scores) == ("r1", "m", given_in.document_scores)
    assert [(span, span.score, span.origin) for span in found.spans] == [(given_in.spans[0], 0.875, "model:m")]
    assert found.words.offsets.tolist() == WORDS.offsets.tolist() and found.words.classes == WORDS.classes
    assert found.words.probabilities.tolist() == WORDS.probabilities.tolist()
    assert found.label == "praise"


@given(
    probabilities=st.integers(0, 30).flatmap(
        lambda rows: arrays(np.float32, (rows, 3), elements=st.floats(0, 1, width=32))
    ),
    data=st.data(),
)
def test_packed_scores_keep_offsets_exactly_and_probabilities_to_three_digits(
    probabilities: np.ndarray, data: st.DataObject
) -> None:
    edges = st.lists(st.integers(0, 2_000_000), min_size=2 * len(probabilities), max_size=2 * len(probabilities))
    offsets = np.array(sorted(data.draw(edges)), np.int32).reshape(-1, 2)
    found = unpack(pack(WordScores(offsets, probabilities, ("O", "ü", "I"))))
    assert found.offsets.tolist() == offsets.tolist() and found.classes == ("O", "ü", "I")
    assert found.probabilities.dtype == np.float32
    assert np.abs(found.probabilities - probabilities).max(initial=0) < 1e-3


def test_what_models_voted_comes_back(store: Store, project: Project) -> None:
    apart = WordScores(WORDS.offsets, WORDS.probabilities, WORDS.classes, np.array([0.0, 0.25], np.float32))
    spans = (Span(4, 11, "feature", 0.9, "model:m", agreement=0.5), Span(0, 3, "feature", 0.8, "model:m"))
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", spans, apart))])
    found = store.prediction(1, "m")
    assert found is not None and found.words is not None and found.words.disagreement is not None
    assert [(span.agreement, span.score, span.group) for span in found.spans] == [(0.5, 0.9, ""), (None, 0.8, "")]
    assert found.words.disagreement.tolist() == [0.0, 0.25]
    assert found.words.probabilities.tolist() == WORDS.probabilities.tolist()
    assert unpack(pack(WORDS)).disagreement is None


def test_predicting_again_replaces(store: Store, project: Project) -> None:
    for label, score in (("bug", 0.3), ("feature", 0.6)):
        spans = (Span(0, 3, label, score), Span(4, 8, label, 0.9))
        store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", spans))])
    [row] = store.documents(project.id, DocumentFilter(label="feature"))
    assert (row.predicted, row.confidence) == (2, pytest.approx(0.6))
    assert store.count_documents(project.id, DocumentFilter(label="bug")) == 0
    assert len(list(store.predictions(project.id, "m"))) == 1


def test_the_predictions_of_two_models_stand_side_by_side(store: Store, project: Project) -> None:
    store.add_predictions(project.id, "old", [(1, Prediction("r1", "old", (Span(0, 3, "bug", 0.5),)))])
    store.add_predictions(project.id, "new", [(1, Prediction("r1", "new", ()))])
    assert [len(p.spans) for name in ("old", "new") for _, p in store.predictions(project.id, name)] == [1, 0]
    assert store.documents(project.id, DocumentFilter(model="old"))[0].predicted == 1
    assert store.documents(project.id, DocumentFilter(model="new"))[0].predicted == 0


def test_without_spans_the_least_sure_word_counts(store: Store, project: Project) -> None:
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", (), WORDS)), (2, Prediction("r2", "m", ()))])
    assert [row.confidence for row in store.documents(project.id)] == [0.125, None, None]


def test_unpredicted_is_what_a_model_has_not_seen(store: Store, project: Project) -> None:
    assert store.unpredicted(project.id, "m") == [1, 2, 3]
    store.add_predictions(project.id, "m", [(2, Prediction("r2", "m", ()))])
    assert (store.unpredicted(project.id, "m"), store.unpredicted(project.id, "n")) == ([1, 3], [1, 2, 3])
    assert store.prediction(1, "m") is None
    assert store.projects()[0].predicted == 1


def test_a_document_of_another_project_is_refused(store: Store, project: Project) -> None:
    other = store.create_project("other", project.task)
    with pytest.raises(BadInput, match="document 1 is not in this project"):
        store.add_predictions(other.id, "m", [(1, Prediction("r1", "m", ()))])


def test_an_attribution_comes_back(store: Store, project: Project) -> None:
    target = Target("span", "feature", 4, 11)
    given_in = Attribution(
        "r1", "m", target, ((0, 3), (4, 11)), ("The", "battery"), (0.25, -1.5), (0.01, 0.02), -2.0, -3.25, 64, True, 7
    )
    store.add_attribution(1, given_in)
    store.add_attribution(1, given_in)
    assert store.attribution(1, "m", target) == given_in
    assert store.attributions(1, "m") == [given_in]
    assert store.attribution(1, "m", Target("document", "praise")) is None


def test_predictions_go_in_by_hundreds_a_statement(store: Store, project: Project) -> None:
    texts = (Document(f"n{n}", f"text {n}") for n in range(1000))
    store.add_documents(project.id, texts, source="many")
    statements: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    ids = store.document_ids(project.id)[-1000:]
    found = [(pk, Prediction("", "m", (Span(0, 4, "bug", 0.5), Span(5, 6, "feature", 0.5)), WORDS)) for pk in ids]
    for _ in range(2):  # the second time they are replaced
        statements.clear()
        assert store.add_predictions(project.id, "m", found) == 1000
        for table, rows in (("predictions", 1000), ("prediction_labels", 2000)):
            inserts = [one for one in statements if one.startswith(f"INSERT INTO {table} ")]
            assert len(inserts) <= 6 and sum(one.count("), (") + 1 for one in inserts) == rows
    assert len(list(store.predictions(project.id, "m"))) == 1000


def test_what_is_unpredicted_comes_page_by_page_and_with_what_comes_in_meanwhile(
    store: Store, project: Project
) -> None:
    other = store.create_project("other", project.task)
    for name in ("a", "b", "c"):
        for home in (other, project):
            store.add_documents(home.id, [Document(name, f"{name} text")], source="mixed")
    wanted = store.document_ids(project.id)
    pages = store.iterate_unpredicted(project.id, "m", page=2)
    first = next(pages)
    store.add_predictions(project.id, "m", [(pk, Prediction("", "m", ())) for pk in (first, wanted[3])])
    store.add_documents(project.id, [Document("late", "a late text")], source="late")
    assert [first, *pages] == [pk for pk in store.document_ids(project.id) if pk != wanted[3]]
    assert store.count_unpredicted(project.id, "m") == 5 and store.count_unpredicted(project.id, "n") == 7


def test_what_was_predicted_since_a_moment_is_known(store: Store, project: Project) -> None:
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", ()))])
    moment = now()
    store.add_predictions(project.id, "m", [(2, Prediction("r2", "m", ()))])
    assert store.predicted_since([1, 2, 3], "m", moment) == {2}
    assert store.predicted_since([1, 2, 3], "n", moment) == set()


@pytest.mark.parametrize(
    "target",
    [
        Target("span", "feature", 4, 11, against="bug"),
        Target("span", "feature", 4, 11, against="O"),
        Target("span", "feature", 4, 11, over="sources"),
        Target("start", "feature", 4, 11),
        Target("end", "feature", 4, 11),
        Target("cut", "feature", 4, 11),
        Target("document", "feature", 4, 11),
    ],
    ids=str,
)
def test_every_decision_about_the_same_words_has_reasons_of_its_own(
    store: Store, project: Project, target: Target
) -> None:
    words = (((0, 3), (4, 11)), ("The", "battery"), (0.25, -1.5), (0.0, 0.0), -2.0, -3.25, 64)
    plain = Attribution("r1", "m", Target("span", "feature", 4, 11), *words)
    other = Attribution("r1", "m", target, *words, method="partition", parts=(0, 2))
    store.add_attributions(1, [plain, other])
    assert store.attribution(1, "m", plain.target) == plain
    assert store.attribution(1, "m", target) == other


def test_reasons_of_older_versions_are_read(store: Store, project: Project) -> None:
    """They name neither parts nor a method: everything was about the text, by the only method that was kept."""
    target = Target("span", "feature", 4, 11)
    store.add_attribution(1, Attribution("r1", "m", target, ((0, 3),), ("The",), (0.25,), (0.0,), -2.0, -1.75, 64))
    with store._writing() as session:
        row = session.scalars(select(AttributionTable)).one()
        row.detail = {name: row.detail[name] for name in ("words", "texts", "values", "errors")}
    found = store.attribution(1, "m", target)
    assert found is not None and (found.method, found.parts, found.values) == ("odd-regression", (), (0.25,))
