"""Ranking jobs with the real built-in model and a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, TokappError
from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.jobs.handlers import find_handler
from tokapp.settings import Settings
from tokapp.store import Edit, Order, Store
from tokapp.tasks import load_task

TEXTS = (
    "The search bar is slow and I miss the dark mode",
    "Sync between my phone and the tablet stopped after the update",
    "Great app, I love it",
    "Please add a widget for the calendar view",
    "The offline maps never load and navigation is wrong",
    "My whole family uses it every single day",
)
COUNT = 36


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(tmp_path_factory.mktemp("rank"))})


@dataclass(frozen=True, slots=True)
class Desk:
    """A project whose documents are predicted, and a worker's hands."""

    store: Store
    project: int
    models: Resident
    settings: Settings

    def rank(self, ordering: str, *, is_review: bool = False) -> list[tuple[str, float]]:
        """Run a ranking job as a worker would, and give texts with scores in the order of the queue."""
        self.store.enqueue("rank", project_id=self.project, payload={"ordering": ordering})
        job = self.store.claim("me")
        assert job is not None
        try:
            with Context(self.store, self.settings, job, "me", self.models) as context:
                result = find_handler("rank")(context, job)
        except TokappError as error:
            self.store.fail(job.id, "me", str(error))
            raise
        self.store.finish(job.id, "me", result)
        queued = self.store.queue(self.project, Order(ordering, is_review=is_review), limit=COUNT)
        return [(one.document.preview, one.score or 0.0) for one in queued]


@pytest.fixture(scope="module")
def desk(settings: Settings) -> Iterator[Desk]:
    store = Store(settings.database_url)
    project = store.create_project("Reviews", load_task("reviews")).id
    texts = [f"{text}, says number {at}" for at, text in enumerate(TEXTS * (COUNT // len(TEXTS)))]
    store.add_documents(project, [Document(str(at), text) for at, text in enumerate(texts)], source="test")
    models = Resident(settings)
    pairs = store.load_documents(store.document_ids(project))
    said = models.load("reviews").predict([document for _, document in pairs])
    store.add_predictions(project, "reviews", zip((pk for pk, _ in pairs), said, strict=True))
    yield Desk(store, project, models, settings)
    store.close()


@pytest.mark.parametrize("ordering", ("margin", "entropy", "typical", "diverse"))
def test_every_document_is_scored_and_the_scores_fall(ordering: str, desk: Desk) -> None:
    found = desk.rank(ordering)
    scores = [score for _, score in found]
    assert len(found) == COUNT
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
    assert all(0 <= score <= 1 for score in scores)


def test_the_most_diverse_shows_every_kind_of_text_early(desk: Desk) -> None:
    early = {text.split(", says")[0] for text, _ in desk.rank("diverse")[: len(TEXTS)]}
    assert early == set(TEXTS)


def test_a_second_model_is_needed_to_disagree(desk: Desk) -> None:
    with pytest.raises(BadInput, match="only one model"):
        desk.rank("disagreement")


def test_too_few_labels_for_errors_say_how_many_are_missing(desk: Desk) -> None:
    with pytest.raises(BadInput, match="0 documents are labelled: label 30 more"):
        desk.rank("label_errors")


def test_wrong_labels_come_first_among_likely_errors(desk: Desk) -> None:
    store = desk.store
    marked = {"search bar": 0, "dark mode": 0, "Sync": 1, "widget": 3, "offline maps": 4, "navigation": 4}
    wrong = "update"  # on one document of the second kind this is marked in place of "Sync"
    for pk, document in store.load_documents(store.document_ids(desk.project)):
        kind = (pk - 1) % len(TEXTS)
        pieces = [wrong] if pk == 8 else [piece for piece, one in marked.items() if one == kind]
        spans = tuple(
            Span(document.text.index(piece), document.text.index(piece) + len(piece), "feature") for piece in pieces
        )
        seen = 0
        if spans:
            seen = store.record(pk, 0, "ann", Edit("add", spans)).revision
        store.record(pk, seen, "ann", Edit("submit"))
    found = desk.rank("label_errors", is_review=True)
    assert [text for text, _ in found].index(f"{TEXTS[1]}, says number 7") < 6


def test_without_two_people_on_a_document_there_is_no_disagreement_of_people(desk: Desk) -> None:
    with pytest.raises(BadInput, match="finished by two people"):
        desk.rank("people")


def test_documents_on_which_people_differ_come_first_labelled_or_waiting_for_a_reviewer(desk: Desk) -> None:
    store = desk.store
    other = store.create_project("Two people", load_task("reviews")).id
    store.add_documents(other, [Document(f"p{at}", f"{TEXTS[0]} once more {at}") for at in range(4)], source="test")
    ids = store.document_ids(other)
    store.give(other, ids[:3], ["ana", "ben"], is_blind=True)
    for pk, mine, theirs in ((ids[0], 3, 3), (ids[1], 3, 10), (ids[2], 3, 6)):
        for name, end in (("ana", mine), ("ben", theirs)):
            seen = store.record(pk, 0, name, Edit("add", (Span(0, end, "feature"),)), layer=name).revision
            store.record(pk, seen, name, Edit("submit"), layer=name)
    found = Desk(store, other, desk.models, desk.settings).rank("people", is_review=True)
    assert len(found) == 3
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0 == scores[-1]
