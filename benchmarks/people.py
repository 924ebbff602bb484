"""Many people label at once through real HTTP sessions: `make bench-people ARGS="--people 20 --edits 6"`.

Every person marks words in a document of their own and, every third time, in one that all share. Nothing may be lost
or stored twice, and nobody may read that a database is locked. Prints a table and, as its last line, a JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.session_client import Person
from tokapp.documents import Document
from tokapp.store import Store
from tokapp.tasks import load_task

WORDS = 60
TEXT = " ".join(f"word{number:02d}" for number in range(WORDS))
LENGTH = len("word00")


def prepare(store: Store, people: int) -> tuple[int, list[int], int]:
    """A project with a document for everybody and one that all share: project, own documents, shared document."""
    project = store.create_project("Load", load_task("reviews")).id
    documents = [Document(f"own-{at}", f"{TEXT} {at}") for at in range(people)]
    store.add_documents(project, [*documents, Document("shared", TEXT)], source="load")
    *own, shared = store.document_ids(project)
    return project, own, shared


async def work(person: Person, own: int, shared: int, edits: int) -> None:
    """One person's session; what is refused because somebody else was faster is opened again."""
    async with person:
        for at in range(edits):
            await person.open(shared if at % 3 == 1 else own)
            start = (at % WORDS) * (LENGTH + 1)
            await person.mark(start, start + LENGTH, "feature")


async def label_together(url: str, project: int, own: Sequence[int], shared: int, edits: int) -> list[Person]:
    """Everybody at once."""
    everybody = [Person(url, project) for _ in own]
    await asyncio.gather(*(work(one, pk, shared, edits) for one, pk in zip(everybody, own, strict=True)))
    return everybody


def check(store: Store, everybody: Sequence[Person], documents: Sequence[int], edits: int) -> dict[str, int]:
    """Counts of what was stored, was refused and changed nothing; fails if anything was lost or stored twice."""
    answers = [answer for one in everybody for answer in one.answers.values()]
    refused = [answer for answer in answers if isinstance(answer, str)]
    stored = sum(len(store.events(pk)) for pk in documents)
    spans = sum(len(store.open_for_labelling(pk).document.spans) for pk in documents)
    assert len(answers) == len(everybody) * edits, "an action got no answer"
    assert stored == spans, "an action was stored twice, or its span was lost"
    assert not [reason for reason in refused if "somebody else" not in reason], Counter(refused)
    made = len(answers) - len(refused)
    assert stored <= made, "more was stored than was said to be"
    return {"answers": len(answers), "stored": stored, "refused": len(refused), "already there": made - stored}


def main() -> None:
    """Run the server and the people, print what came of it."""
    from tests.browser.conftest import start_app, stop_app

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--edits", type=int, default=6)
    parser.add_argument("--url", help="database, e.g. postgresql+psycopg://... (default: a SQLite file)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = chosen.url or f"sqlite:///{home / 'tokapp.db'}"
        store = Store(database)
        project, own, shared = prepare(store, chosen.people)
        app = start_app(home, database=database)
        try:
            everybody = asyncio.run(label_together(app.url, project, own, shared, chosen.edits))
        finally:
            stop_app(app)
        counts = check(store, everybody, [*own, shared], chosen.edits)
        store.close()
    seconds = sorted(value for one in everybody for value in one.seconds)
    figures = {
        "people": chosen.people,
        "database": database.partition(":")[0],
        **counts,
        "median_seconds": round(statistics.median(seconds), 3),
        "p95_seconds": round(seconds[int(len(seconds) * 0.95)], 3),
    }
    for name, value in figures.items():
        print(f"{name:16} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
