import pytest

from tokapp.documents import Prediction, Span
from tokapp.errors import BadInput, UnknownLabel
from tokapp.store import Edit, Labelling, Project, Store, Verb

BATTERY = Span(4, 11, "feature")
LASTS = Span(12, 17, "bug")


def record(store: Store, edit: Edit, layer: str = "") -> Labelling:
    return store.record(1, store.open_for_labelling(1, layer=layer).revision, "eva", edit, layer=layer)


@pytest.mark.parametrize("layer", ["", "eva"])
def test_any_point_can_be_gone_back_to_and_nothing_is_erased(store: Store, project: Project, layer: str) -> None:
    seen = [store.open_for_labelling(1, layer=layer)]
    edits = (Edit("add", (BATTERY,)), Edit("set_label", label="praise"), Edit("submit"), Edit("remove", (BATTERY,)))
    seen += [record(store, edit, layer) for edit in edits]
    for past in seen[:-1]:
        back = record(store, Edit("restore", revision=past.revision), layer)
        assert (back.document, back.status) == (past.document, past.status)
        undone = record(store, Edit("undo"), layer)
        assert (undone.document, undone.status) == (seen[-1].document, seen[-1].status)
    verbs = [event.verb for event in store.events(1, layer)]
    assert verbs == ["add", "set_label", "submit", "remove", *["restore", "undo"] * 4]
    assert store.rebuild_labels(project.id) == 0


@pytest.mark.parametrize("revision", [None, -1, 1])
def test_a_point_that_never_was_is_a_sentence(store: Store, project: Project, revision: int | None) -> None:
    with pytest.raises(BadInput, match="choose one from 0 to 0"):
        record(store, Edit("restore", revision=revision))


def test_what_a_reviewer_decides_is_one_event_that_keeps_who_marked(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)))
    picked = (Span(12, 17, "bug", origin="person:ana"),)
    decided = record(store, Edit("adjudicate", picked, "praise"))
    assert [(span.key, span.origin) for span in decided.document.spans] == [(LASTS.key, "person:ana")]
    assert decided.document.label == "praise"
    assert store.events(1)[-1].by == "eva"
    assert record(store, Edit("undo")).document.spans == (BATTERY,)
    with pytest.raises(UnknownLabel):
        record(store, Edit("adjudicate", (), "nope"))


@pytest.mark.parametrize(
    ("verb", "others"),
    [("accept", ()), ("reject", ()), ("relabel", (Span(4, 11, "bug"),)), ("move", (Span(4, 17, "bug"),))],
)
def test_what_became_of_a_suggestion_keeps_score_and_model_for_good(
    store: Store, project: Project, verb: Verb, others: tuple[Span, ...]
) -> None:
    store.add_model("m", "reviews")
    store.promote("m", by="eva")
    suggested = Span(4, 11, "feature", 0.9, "model:m")
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", (suggested,)))])
    record(store, Edit(verb, (BATTERY, *others)))  # as a browser sends it: without score and model
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", ()))])
    [event] = store.events(1)
    assert isinstance(event.before, dict)
    assert event.before["suggestions"] == [[4, 11, "feature", "model:m", 0.9]]
    assert event.at.tzinfo is not None
