"""Two real models: the reasons of what flips between them, and everything that comes back with the one before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.test_ensembles import work
from tests.jobs.test_rank import TEXTS, Desk
from tests.models.voters import save_shaken
from tokapp.documents import Document, Span, Target
from tokapp.home import register_built_in_models
from tokapp.inference.resident import Resident
from tokapp.jobs.catching_up import catch_up
from tokapp.settings import Settings
from tokapp.store import DocumentFilter, Store
from tokapp.tasks import load_task


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A project that the built-in model, which is in use, and a copy of it with a shaken head have read."""
    home = tmp_path_factory.mktemp("rollback")
    settings = Settings.from_environment({"TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"})
    save_shaken(settings.models / "shaken")
    store = Store(settings.database_url)
    register_built_in_models(store)
    project = store.create_project("Reviews", load_task("reviews")).id
    store.add_documents(project, [Document(str(at), text) for at, text in enumerate(TEXTS)], source="test")
    made = Desk(store, project, Resident(settings), settings)
    for model in ("reviews", "shaken"):
        work(made, "predict", {"model": model})
    yield made
    store.close()


def seen(desk: Desk) -> list[object]:
    """What every page shows: suggestions, the table with its filter, the queue's least certain first, an export."""
    store = desk.store
    rows = store.documents(desk.project, sort="confidence")
    opened = [store.open_for_labelling(row.id) for row in rows]
    return [
        [(row.id, row.confidence, row.predicted) for row in rows],
        [(one.model, one.suggestions) for one in opened],
        store.documents(desk.project, DocumentFilter(max_confidence=0.9)),
        [one.predicted for one in store.projects()],
    ]


def test_what_was_predicted_comes_back_with_the_model(desk: Desk) -> None:
    before = seen(desk)
    desk.store.promote("shaken", by="ana")
    assert seen(desk) != before and catch_up(desk.store, "reviews") == []
    desk.store.rollback("reviews", by="ana")
    assert catch_up(desk.store, "reviews") == [], "nothing is predicted anew"
    assert seen(desk) == before


def test_what_was_added_since_is_read_when_a_model_comes_back(desk: Desk) -> None:
    desk.store.promote("shaken", by="ana")
    desk.store.add_documents(desk.project, [Document("late", "The new dark mode crashes on start")], source="late")
    work(desk, "predict", {"model": "shaken"})
    kept = dict(desk.store.predictions(desk.project, "reviews"))
    desk.store.create_project("Untouched", load_task("reviews"))
    desk.store.rollback("reviews", by="ana")
    [job] = catch_up(desk.store, "reviews")
    assert (job.kind, job.project_id, job.payload) == ("predict", desk.project, {"model": "reviews"})
    assert catch_up(desk.store, "reviews") == [job], "it waits once"
    assert work(desk, "predict", {"model": "reviews"})["documents"] == 1
    found = dict(desk.store.predictions(desk.project, "reviews"))
    assert {pk: found[pk].spans for pk in kept} == {pk: one.spans for pk, one in kept.items()}
    assert len(found) == len(kept) + 1 and catch_up(desk.store, "reviews") == []


def test_flips_are_explained_for_both_and_what_one_cannot_decide_is_passed_over(desk: Desk) -> None:
    pk, document = next(desk.store.iterate_documents(desk.project))
    end = document.text.index(" ")
    flip = {"kind": "span", "label": "feature", "start": 0, "end": end}
    unknown = {**flip, "label": "a label of another model"}
    for model in ("reviews", "shaken"):
        result = work(desk, "explain", {"model": model, "decisions": {str(pk): [flip, unknown]}, "budget": 64})
        assert (result["documents"], result["attributions"]) == (1, 1)
        found = desk.store.attribution(pk, model, Target.of_span(Span(0, end, "feature")))
        assert found is not None and found.model == model
