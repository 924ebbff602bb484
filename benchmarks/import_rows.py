"""Import: a CSV of 100,000 rows into the store against `pandas.read_csv` + `to_sql`, interleaved.

Ours also checks and hashes every text, finds duplicates, draws splits and writes events; the peer only writes a table.
The last line is one JSON object; `times_pandas` is our time divided by the peer's (below 1: ours is faster).
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd
from sqlalchemy import create_engine

from tokapp.documents import Document
from tokapp.formats import iter_documents
from tokapp.store import Store
from tokapp.tasks import load_task

WORDS = [
    "the",
    "app",
    "crashes",
    "when",
    "I",
    "open",
    "dark",
    "mode",
    "and",
    "search",
    "bar",
    "sync",
    "photos",
    "notes",
    "great",
    "update",
    "slow",
    "login",
]


def write_rows(file: Path, count: int) -> None:
    """A CSV of different reviews of 5 to 40 words."""
    rng = random.Random(0)
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["id", "text"])
        rows.writerows([n, f"{' '.join(rng.choices(WORDS, k=rng.randint(5, 40)))} {n}"] for n in range(count))


def import_ours(file: Path, folder: Path) -> int:
    """Read and store as `tokapp import` does."""
    store = Store(f"sqlite:///{folder / 'ours.db'}")
    project = store.create_project("P", load_task("reviews"))
    good = (item for item in iter_documents(file, project.task) if isinstance(item, Document))
    added = store.add_documents(project.id, good, source=file.name).added
    store.close()
    return added


def import_pandas(file: Path, folder: Path) -> int:
    """Read and store as a plain script would."""
    engine = create_engine(f"sqlite:///{folder / 'pandas.db'}")
    frame = pd.read_csv(file)
    frame.to_sql("documents", engine, index=False)
    engine.dispose()
    return len(frame)


def main(count: int = 100_000, rounds: int = 3) -> None:
    """Measure and print."""
    ways: dict[str, Callable[[Path, Path], int]] = {"tokapp": import_ours, "pandas": import_pandas}
    times: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "rows.csv"
        write_rows(file, count)
        for turn in range(rounds):
            for name, way in ways.items():
                folder = Path(scratch) / f"{turn}-{name}"
                folder.mkdir()
                start = time.perf_counter()
                assert way(file, folder) == count
                times[name].append(time.perf_counter() - start)
    for name, durations in times.items():
        print(f"{name:<10} {median(durations):8.2f} s for {count:,} rows, {count / median(durations):10,.0f} rows/s")
    ratio = round(median(times["tokapp"]) / median(times["pandas"]), 3)
    print(json.dumps({"rows": count, "rounds": rounds, "times_pandas": ratio}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
