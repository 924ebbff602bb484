"""Jobs with an ensemble of real models: whatever a worker does with a model it does with several that vote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.test_rank import TEXTS, Desk
from tests.models.voters import save_shaken
from tokapp.api.records import PredictedRecord
from tokapp.documents import Document, Json, Span
from tokapp.door import _prediction as door_prediction
from tokapp.errors import TokappError
from tokapp.formats.predictions import prediction_record
from tokapp.home import register_built_in_models
from tokapp.inference.ensembles import Wish, enter, make_ensemble
from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.jobs.handlers import find_handler
from tokapp.settings import Settings
from tokapp.store import Edit, Store
from tokapp.tasks import load_task


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A project whose model in use is an ensemble: the built-in one, and a copy of it with a shaken head."""
    home = tmp_path_factory.mktemp("ensembles")
    settings = Settings.from_environment({"TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"})
    save_shaken(settings.models / "shaken")
    store = Store(settings.database_url)
    register_built_in_models(store)
    project = store.create_project("Reviews", load_task("reviews")).id
    store.add_documents(project, [Document(str(at), text) for at, text in enumerate(TEXTS)], source="test")
    enter(store, make_ensemble(Wish("both", ("reviews", "shaken")), settings=settings))
    store.promote("both", by="me")
    yield Desk(store, project, Resident(settings), settings)
    store.close()


def work(desk: Desk, kind: str, payload: dict[str, Json] | None = None) -> dict[str, Json]:
    desk.store.enqueue(kind, project_id=desk.project, payload=payload or {})
    job = desk.store.claim("me")
    assert job is not None
    try:
        with Context(desk.store, desk.settings, job, "me", desk.models) as context:
            result = find_handler(kind)(context, job)
    except TokappError as error:
        desk.store.fail(job.id, "me", str(error))
        raise
    desk.store.finish(job.id, "me", result)
    return dict(result)


def test_an_ensemble_predicts_explains_and_ranks_in_the_worker(desk: Desk) -> None:
    assert work(desk, "predict") == {"model": "both", "documents": len(TEXTS), "precision": "float32"}
    stored = dict(desk.store.predictions(desk.project, "both"))
    spans = [span for one in stored.values() for span in one.spans]
    assert spans and all(span.agreement is not None and span.origin == "model:both" for span in spans)
    found = work(desk, "explain", {"limit": 1, "budget": 20})
    assert found["documents"] == 1 and found["attributions"]
    [(text, score), *rest] = desk.rank("disagreement")
    apart = {one.document_id: one.words.disagreement.max() for one in stored.values() if one.words is not None}  # type: ignore[union-attr]
    assert TEXTS.index(text) == int(max(apart, key=lambda key: apart[key]))
    assert 0 < score <= 1 and [one for _, one in rest] == sorted((one for _, one in rest), reverse=True)
    assert len(desk.rank("diverse")) == len(desk.rank("margin")) == len(TEXTS)


def test_the_store_knows_of_what_an_ensemble_is_made(desk: Desk) -> None:
    row = desk.store.model("both")
    assert row.is_ensemble and not desk.store.model("reviews").is_ensemble
    assert set(row.recipe["ensemble"]["members"]) == {"reviews", "shaken"}  # type: ignore[index, call-overload]


def test_training_from_an_ensemble_says_what_to_start_from(desk: Desk) -> None:
    store = desk.store
    for pk, document in store.load_documents(store.document_ids(desk.project)):
        revision = store.record(pk, 0, "ann", Edit("add", (Span(0, document.text.index(" "), "feature"),))).revision
        store.record(pk, revision, "ann", Edit("submit"))
    with pytest.raises(TokappError, match="both is an ensemble and has no weights of its own: take one of its members"):
        work(desk, "train", {"name": "next", "base": "both", "recipe": {"steps": []}})


def test_an_ensemble_stays_loaded_until_a_member_is_replaced(desk: Desk, tmp_path: Path) -> None:
    name, folder = "both", desk.settings.models / "shaken"
    model = desk.models.load(name)
    assert desk.models.find(name) is model
    aside = tmp_path / "shaken"
    folder.rename(aside)
    try:
        assert desk.models.find(name) is None
        with pytest.raises(TokappError, match="the ensemble both needs its member shaken"):
            desk.models.load(name)
    finally:
        aside.rename(folder)
    assert desk.models.find(name) is model


def test_what_was_voted_comes_through_the_local_door(desk: Desk) -> None:
    document = Document("d", TEXTS[0])
    (prediction,) = desk.models.predict(desk.models.load("both"), [document])
    assert prediction.spans
    record = PredictedRecord.model_validate(prediction_record(document, prediction))
    back = door_prediction(record.model_dump(mode="json", exclude_unset=True), "both")
    assert [one.agreement for one in back.spans] == pytest.approx([one.agreement for one in prediction.spans])
    assert back.spans == prediction.spans
