"""From a file into a project: what can be read and stored goes in, the rest is listed with its place and reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.formats import Failure, iter_documents

if TYPE_CHECKING:
    from tokapp.formats.source import Data
    from tokapp.store.store import Store
    from tokapp.store.values import Added, Project


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person wants a file to be read; None means: as guessed."""

    mapping: Mapping[str, str | None] | None = None
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """How far the import of a file has come: `items` read (documents and failures), and what became of them."""

    items: int = 0
    added: int = 0
    duplicates: int = 0
    failed: int = 0
    characters: int = 0


def import_file(
    store: Store,
    project: Project,
    data: Data,
    *,
    on_failure: Callable[[Failure], None],
    on_progress: Callable[[Point], None] | None = None,
    name: str,
    choice: Choice = Choice(),
    after: Point = Point(),
    max_bytes: int | None = None,
) -> Point:
    """Import a file, telling every row that does not go in; a file that cannot be read as a whole is one failure.

    `on_progress` gets each point that is safely stored; with `after` such a point, the import goes on from there. What
    it raises ends the import. Raises StoreUnavailable.
    """
    way = _Way(name, after, on_failure, on_progress)
    read = {"mapping": choice.mapping, "encoding": choice.encoding, "delimiter": choice.delimiter}
    try:
        items = iter_documents(data, project.task, name=name, max_bytes=max_bytes, **read)  # type: ignore[arg-type]  # the keys have the types of the class above
        documents = way.documents(islice(items, after.items, None))
        store.add_documents(project.id, documents, source=name, progress=way.stored, refused=way.refused)
    except BadInput as error:
        way.fail(Failure(name, error.where if error.where != name else "", _without_place(error)))
    if way.point.items == 0 and way.point.failed == 0:
        way.fail(Failure(name, "", "there are no documents in it: only a heading, or nothing but blank lines"))
    return way.point


class _Way:
    """Counts along the way through one file."""

    def __init__(
        self,
        name: str,
        point: Point,
        on_failure: Callable[[Failure], None],
        on_progress: Callable[[Point], None] | None,
    ) -> None:
        self._name, self.point, self._on_failure, self._on_progress = name, point, on_failure, on_progress

    def documents(self, items: Iterator[Document | Failure]) -> Iterator[Document]:
        """The documents among the items; failures are told."""
        for item in items:
            self.point = replace(self.point, items=self.point.items + 1)
            if isinstance(item, Document):
                self.point = replace(self.point, characters=self.point.characters + len(item.text))
                yield item
            else:
                self.fail(item)

    def stored(self, added: Added) -> None:
        """Count a batch: everything that was read so far is stored or told."""
        point = self.point
        self.point = replace(point, added=point.added + added.added, duplicates=point.duplicates + added.duplicates)
        if self._on_progress is not None:
            self._on_progress(self.point)

    def refused(self, document_id: str, reason: str) -> None:
        """Tell of a document that can be read, but not stored."""
        self.fail(Failure(self._name, f"document {document_id[:60]!r}", reason))

    def fail(self, failure: Failure) -> None:
        """Tell and count a failure."""
        self.point = replace(self.point, failed=self.point.failed + 1)
        self._on_failure(failure)


def _without_place(error: BadInput) -> str:
    return str(error).removeprefix(f"{error.where}: ") if error.where else str(error)
