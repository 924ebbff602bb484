"""The Store: the only door to the database. Each call is one short transaction; what comes out are plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from tokapp.documents import Attribution, Document, Prediction, Target
from tokapp.evaluation.splits import Split
from tokapp.store import activity as _activity
from tokapp.store import documents as _documents
from tokapp.store import explanations as _explanations
from tokapp.store import finished as _finished
from tokapp.store import gold as _gold
from tokapp.store import labelling as _labelling
from tokapp.store import plants as _plants
from tokapp.store import predictions as _predictions
from tokapp.store import projects as _projects
from tokapp.store import retired as _retired
from tokapp.store import table as _table
from tokapp.store.batches import batches
from tokapp.store.bulk_work import BulkWork
from tokapp.store.explained import Explained
from tokapp.store.filters import Sort
from tokapp.store.guidance import Guidance
from tokapp.store.judged import Judged
from tokapp.store.label_care import LabelCare
from tokapp.store.model_versions import ModelVersions
from tokapp.store.people import People
from tokapp.store.reason_marks import ReasonMarks
from tokapp.store.suggested import Suggested
from tokapp.store.surfaces import Surfaces
from tokapp.store.team import Team
from tokapp.store.training_starts import TrainingStarts
from tokapp.store.values import (
    SHARED,
    Activity,
    Added,
    Amount,
    DocumentFilter,
    DocumentRow,
    Edit,
    Event,
    Finished,
    Labelling,
    Project,
    ProjectSummary,
    Snapshot,
)
from tokapp.store.what_if import Without
from tokapp.tasks import Task

_ALL = DocumentFilter()


class Store(
    Team,
    People,
    Guidance,
    BulkWork,
    ModelVersions,
    TrainingStarts,
    Suggested,
    Surfaces,
    LabelCare,
    Explained,
    ReasonMarks,
    Judged,
):
    """Projects, documents, predictions, labels, models and jobs in one database; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open the database of that URL and bring its schema up to date; raises StoreUnavailable."""
        super().__init__(url)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    # Projects

    def create_project(self, name: str, task: Task, *, is_sample: bool = False) -> Project:
        """A new project with its own copy of the task; raises BadInput if the name is empty or taken."""
        with self._writing() as session:
            return _projects.create_project(session, name, task, is_sample=is_sample)

    def projects(self) -> list[ProjectSummary]:
        """Every project with its counts, by name."""
        with self._reading() as session:
            return _projects.summaries(session)

    def project(self, id_or_name: int | str) -> Project:
        """The project of that id or name; raises NotFound."""
        with self._reading() as session:
            return _projects.project(session, id_or_name)

    def identity(self) -> str:
        """A text that tells this database from every other one, the same as long as it lives; "" without projects."""
        with self._reading() as session:
            return _projects.identity(session)

    def rename_project(self, project_id: int, name: str) -> Project:
        """Give a project another name; raises BadInput, NotFound."""
        with self._writing() as session:
            return _projects.rename_project(session, project_id, name)

    def update_task(self, project_id: int, task: Task) -> Project:
        """Replace a project's task; raises BadInput if a label disappears that people have used."""
        with self._writing() as session:
            return _projects.update_task(session, project_id, task)

    # Documents

    def add_documents(
        self,
        project_id: int,
        documents: Iterable[Document],
        *,
        source: str,
        batch: int = 2000,
        progress: Callable[[Added], None] | None = None,
        refused: _documents.Refused | None = None,
    ) -> Added:
        """Import documents, one transaction per batch; those with known content are counted as duplicates.

        `progress` gets what became of each batch once it is stored. Documents that cannot be stored go to `refused`;
        without it the first one raises BadInput that names it, and the batches before it stay.
        """
        total = Added(0, 0)
        for part in batches(documents, batch):
            with self._writing() as session:
                added = _documents.add_batch(session, project_id, part, source=source, refused=refused)
            total += added
            if progress is not None:
                progress(added)
        with self._writing() as session:
            _activity.note(session, f"imported {total.added:,} documents from {source}", project_id=project_id)
        return total

    def documents(
        self,
        project_id: int,
        where: DocumentFilter = _ALL,
        *,
        sort: Sort = "id",
        limit: int = 50,
        offset: int = 0,
    ) -> list[DocumentRow]:
        """A page of the document table; documents without a confidence come last when sorted by it."""
        with self._reading() as session:
            return _table.documents(session, project_id, where, sort=sort, limit=limit, offset=offset)

    def count_documents(self, project_id: int, where: DocumentFilter = _ALL) -> int:
        """How many documents the filter lets through."""
        with self._reading() as session:
            return _table.count_documents(session, project_id, where)

    def sources(self, project_id: int) -> list[str]:
        """Where the project's documents came from."""
        with self._reading() as session:
            return _table.sources(session, project_id)

    def document_ids(self, project_id: int, where: DocumentFilter = _ALL) -> list[int]:
        """Ids of the documents that the filter lets through, ascending."""
        with self._reading() as session:
            return _table.document_ids(session, project_id, where)

    def iterate_documents(
        self, project_id: int, where: DocumentFilter = _ALL, *, batch: int = 500
    ) -> Iterator[tuple[int, Document]]:
        """Ids and documents with people's labels; memory holds one batch, no transaction stays open in between."""
        for ids in batches(self.document_ids(project_id, where), batch):
            yield from self.load_documents(ids)

    def load_documents(self, ids: Sequence[int]) -> list[tuple[int, Document]]:
        """Those documents with people's labels, ascending by id; ids that do not exist are left out."""
        found: list[tuple[int, Document]] = []
        for part in batches(ids, 1000):
            with self._reading() as session:
                found += _documents.load(session, part)
        return found

    def shortest_documents(self, project_id: int, limit: int) -> list[int]:
        """Ids of the documents with the shortest texts, ascending."""
        with self._reading() as session:
            return _table.shortest_documents(session, project_id, limit)

    def find_document(self, project_id: int, external_id: str) -> int:
        """The document of that id in its file; raises NotFound."""
        with self._reading() as session:
            return _documents.find_document(session, project_id, external_id)

    # Predictions

    def add_predictions(
        self, project_id: int, model: str, predictions: Iterable[tuple[int, Prediction]], *, batch: int = 500
    ) -> int:
        """Store or replace a model's predictions by document id; gives how many."""
        stored = 0
        for part in batches(predictions, batch):
            with self._writing() as session:
                stored += _predictions.add_batch(session, project_id, model, part)
        return stored

    def prediction(self, document_id: int, model: str) -> Prediction | None:
        """What a model said about a document, if it was asked."""
        with self._reading() as session:
            return _predictions.prediction(session, document_id, model)

    def predictions(
        self, project_id: int, model: str, where: DocumentFilter = _ALL, *, batch: int = 500
    ) -> Iterator[tuple[int, Prediction]]:
        """Ids and predictions of a model for the documents that the filter lets through."""
        for ids in batches(self.document_ids(project_id, where), batch):
            with self._reading() as session:
                found = _predictions.load(session, ids, model)
            yield from found

    def unpredicted(self, project_id: int, model: str) -> list[int]:
        """Ids of the documents that a model has not predicted yet, ascending."""
        return list(self.iterate_unpredicted(project_id, model))

    def iterate_unpredicted(self, project_id: int, model: str, *, page: int = 1000) -> Iterator[int]:
        """The same one by one, also such as come in meanwhile; memory holds one page, no transaction stays open."""
        after = 0
        while True:
            with self._reading() as session:
                ids = _predictions.unpredicted_page(session, project_id, model, after=after, limit=page)
            if not ids:
                return
            yield from ids
            after = ids[-1]

    def count_unpredicted(self, project_id: int, model: str) -> int:
        """How many documents a model has not predicted yet."""
        with self._reading() as session:
            return _predictions.count_unpredicted(session, project_id, model)

    def predicted_since(self, ids: Sequence[int], model: str, moment: datetime) -> set[int]:
        """Those of the documents of which a model's prediction was stored at that moment or later."""
        found: set[int] = set()
        for part in batches(ids, 1000):
            with self._reading() as session:
                found |= _predictions.predicted_since(session, part, model, moment)
        return found

    # Labelling

    def open_for_labelling(self, document_id: int, *, model: str | None = None, layer: str = SHARED) -> Labelling:
        """A document with the labels of a layer and a model's open suggestions; raises NotFound.

        The first to open a document that was chosen for a check finds a wrong suggestion planted among them.
        """
        with self._reading() as session:
            planned = _plants.planned(session, document_id)
        if planned is not None:
            with self._writing() as session:
                _plants.plant(session, planned)
        with self._reading() as session:
            return _labelling.open_for_labelling(session, document_id, model=model, layer=layer)

    def record(
        self,
        document_id: int,
        seen_revision: int,
        by: str,
        edit: Edit,
        *,
        model: str | None = None,
        layer: str = SHARED,
    ) -> Labelling:
        """Store one action of a person and give the document as it is then (`model` as in open_for_labelling).

        Raises StaleRevision if another event came in, BadSpan, UnknownLabel, BadInput, NotFound. A token that is
        stored already, and an edit that changes nothing, give the document as it is.
        """
        with self._writing() as session:
            _labelling.record(session, document_id, seen_revision, by, edit, layer=layer)
            return _labelling.open_for_labelling(session, document_id, model=model, layer=layer)

    def events(self, document_id: int, layer: str = SHARED) -> list[Event]:
        """Everything that happened to a layer of a document, oldest first; raises NotFound."""
        with self._reading() as session:
            return _labelling.events(session, document_id, layer)

    def finished_versions(self, project_id: int) -> list[Finished]:
        """Each person's own version of the documents that several persons worked on, by document, then by person."""
        with self._reading() as session:
            return _finished.finished_versions(session, project_id)

    def rebuild_labels(self, project_id: int) -> int:
        """Derive people's labels from the events once more; gives how many documents differed (0 if all is well)."""
        with self._writing() as session:
            return _labelling.rebuild(session, project_id)

    def neighbours(self, document_id: int, where: DocumentFilter = _ALL) -> tuple[int | None, int | None]:
        """Previous and next document in id order among those that the filter lets through."""
        with self._reading() as session:
            return _table.neighbours(session, document_id, where)

    def next_to_label(self, project_id: int, after: int | None = None, *, person: str | None = None) -> int | None:
        """The next document that is new or started, going round once; None if all are done.

        For a `person` those that were given to them come first, and those that were given to others not at all.
        """
        with self._reading() as session:
            return _table.next_to_label(session, project_id, after, person=person)

    # Gold

    def gold(self, project_id: int, where: DocumentFilter = _ALL, *, labelled_only: bool = True) -> Iterator[Document]:
        """Documents with people's labels; without `labelled_only` also those that nobody has finished.

        Deleted labels are in them as it was chosen when they were deleted.
        """
        with self._reading() as session:
            gone = _retired.left_out(session, project_id)
        for _, document in self.iterate_documents(project_id, where):
            if document.is_reviewed or not labelled_only:
                yield _retired.without_labels(document, gone)

    def snapshot(self, project_id: int, without: Without | None = None) -> Snapshot:
        """Freeze the labelled documents; the same state gives the same snapshot. Raises BadInput if there is none."""
        with self._writing() as session:
            return _gold.snapshot(session, project_id, without)

    def snapshots(self, project_id: int) -> list[Snapshot]:
        """Every snapshot of a project, newest first."""
        with self._reading() as session:
            return _gold.snapshots(session, project_id)

    def find_snapshot(self, snapshot_id: int) -> Snapshot:
        """The snapshot of that id; raises NotFound."""
        with self._reading() as session:
            return _gold.find_snapshot(session, snapshot_id)

    def training_set(self, snapshot_id: int) -> dict[Split, list[Document]]:
        """The documents of a snapshot by split, exactly as they were frozen; raises NotFound."""
        with self._reading() as session:
            return _gold.training_set(session, snapshot_id)

    def snapshot_ids(self, snapshot_id: int, split: Split) -> list[int]:
        """Document ids of one side of a snapshot, in the order of `training_set`; raises NotFound."""
        with self._reading() as session:
            return _gold.snapshot_ids(session, snapshot_id, split)

    # Explanations

    def add_attributions(self, document_id: int, attributions: Iterable[Attribution]) -> None:
        """Store or replace the explanations of decisions about one document, all of them or none."""
        with self._writing() as session:
            _explanations.add_attributions(session, document_id, attributions)

    def add_attribution(self, document_id: int, attribution: Attribution) -> None:
        """Store or replace the explanation of one decision."""
        self.add_attributions(document_id, [attribution])

    def attribution(self, document_id: int, model: str, target: Target) -> Attribution | None:
        """The stored explanation of one decision of a model."""
        with self._reading() as session:
            found = _explanations.attributions(session, document_id, model, target)
            return found[0] if found else None

    def attributions(self, document_id: int, model: str) -> list[Attribution]:
        """All stored explanations of a model's decisions about a document."""
        with self._reading() as session:
            return _explanations.attributions(session, document_id, model)

    def first_explained(self, project_id: int, model: str) -> int | None:
        """The first document of which a decision of the model is explained."""
        with self._reading() as session:
            return _explanations.first_explained(session, project_id, model)

    def explained_neighbours(self, document_id: int, model: str) -> tuple[int | None, int | None]:
        """Previous and next document in id order among those that the model's reasons are stored for."""
        with self._reading() as session:
            return _explanations.explained_neighbours(session, document_id, model)

    def explained_among(self, ids: Sequence[int], model: str) -> set[int]:
        """Those of the documents that the model's reasons are stored for."""
        with self._reading() as session:
            return _explanations.explained_among(session, ids, model)

    def unexplained(self, project_id: int, model: str) -> list[int]:
        """Ids of the documents in which a model decided something and none of its reasons are stored, ascending."""
        with self._reading() as session:
            return _explanations.unexplained(session, project_id, model)

    def unexplained_amount(self, project_id: int, model: str) -> Amount:
        """How many documents `unexplained` gives, and how long they are."""
        with self._reading() as session:
            return _explanations.unexplained_amount(session, project_id, model)

    # Activity

    def activity(self, limit: int = 20, project_id: int | None = None) -> list[Activity]:
        """What happened, newest first."""
        with self._reading() as session:
            return _activity.activity(session, limit=limit, project_id=project_id)
