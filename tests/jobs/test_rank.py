"""Ranking jobs with the real built-in model and a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, TokappError
from tokapp.jobs.context import Context, ModelCache
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


@pytest.fixture(scope="module")
def rank(settings: Settings) -> Iterator[Callable[..., list[tuple[str, float]]]]:
    """Run a ranking job as a worker would, and give texts with scores in the order of the queue."""
    store = Store(settings.database_url)
    project = store.create_project("Reviews", load_task("reviews")).id
    texts = [f"{text}, says number {at}" for at, text in enumerate(TEXTS * (COUNT // len(TEXTS)))]
    store.add_documents(project, [Document(str(at), text) for at, text in enumerate(texts)], source="test")
    models = ModelCache(settings)
    predicted = store.document_ids(project)
    store.add_predictions(
        project,
        "reviews",
        zip(predicted, models.load("reviews").predict([d for _, d in store.load_documents(predicted)]), strict=True),
    )

    def run(ordering: str, **order: object) -> list[tuple[str, float]]:
        store.enqueue("rank", project_id=project, payload={"ordering": ordering})
        job = store.claim("me")
        assert job is not None
        try:
            with Context(store, settings, job, "me", models) as context:
                result = find_handler("rank")(context, job)
        except TokappError as error:
            store.fail(job.id, "me", str(error))
            raise
        store.finish(job.id, "me", result)
        queued = store.queue(project, Order(ordering, **order), limit=COUNT)  # type: ignore[arg-type]
        return [(one.document.preview, one.score or 0.0) for one in queued]

    run.store, run.project = store, project  # type: ignore[attr-defined]
    yield run
    store.close()


@pytest.mark.parametrize("ordering", ("margin", "entropy", "typical", "diverse"))
def test_every_document_is_scored_and_the_scores_fall(
    ordering: str, rank: Callable[..., list[tuple[str, float]]]
) -> None:
    found = rank(ordering)
    scores = [score for _, score in found]
    assert len(found) == COUNT
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
    assert all(0 <= score <= 1 for score in scores)


def test_the_most_diverse_shows_every_kind_of_text_early(rank: Callable[..., list[tuple[str, float]]]) -> None:
    early = {text.split(", says")[0] for text, _ in rank("diverse")[: len(TEXTS)]}
    assert early == set(TEXTS)


def test_a_second_model_is_needed_to_disagree(rank: Callable[..., list[tuple[str, float]]]) -> None:
    with pytest.raises(BadInput, match="only one model"):
        rank("disagreement")


def test_too_few_labels_for_errors_say_how_many_are_missing(rank: Callable[..., list[tuple[str, float]]]) -> None:
    with pytest.raises(BadInput, match="0 documents are labelled: label 30 more"):
        rank("label_errors")


def test_wrong_labels_come_first_among_likely_errors(rank: Callable[..., list[tuple[str, float]]]) -> None:
    store: Store = rank.store  # type: ignore[attr-defined]
    marked = {"search bar": 0, "dark mode": 0, "Sync": 1, "widget": 3, "offline maps": 4, "navigation": 4}
    wrong = "update"  # on one document of the second kind this is marked in place of "Sync"
    for pk, document in store.load_documents(store.document_ids(rank.project)):  # type: ignore[attr-defined]
        kind = (pk - 1) % len(TEXTS)
        pieces = [wrong] if pk == 8 else [piece for piece, one in marked.items() if one == kind]
        spans = tuple(
            Span(document.text.index(piece), document.text.index(piece) + len(piece), "feature") for piece in pieces
        )
        seen = 0
        if spans:
            seen = store.record(pk, 0, "ann", Edit("add", spans)).revision
        store.record(pk, seen, "ann", Edit("submit"))
    found = rank("label_errors", is_review=True)
    assert [text for text, _ in found].index(f"{TEXTS[1]}, says number 7") < 6
