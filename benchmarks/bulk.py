"""Bulk prediction in flat memory: documents per second and peak memory at two sizes, from files and from the store.

`make bench-bulk` scores 10,000 and 200,000 different reviews, made of the sample reviews, each way and size in a
process of its own that also loads the model. The last line is one JSON object; it leaves with 1 if a peak at the larger
size is more than 1.1 times the one at the smaller size. `ARGS="--sizes 1000 5000 --ways jsonl"` is quick.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tokapp import places
from tokapp.documents import Document
from tokapp.formats import read_documents
from tokapp.formats.amount import count_documents
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task

MOST_GROWTH = 1.1
TASK = load_task("reviews")


def reviews(count: int) -> Iterator[Document]:
    """Different reviews as long as those of the sample: each of its texts in turn, with a number behind it."""
    texts = [document.text for document in read_documents(places.data() / "samples" / "reviews.jsonl", TASK)]
    return (Document(f"r{n}", f"{texts[n % len(texts)]} {n}", TASK.name) for n in range(count))


def write_jsonl(count: int, folder: Path) -> None:
    """A file of reviews, one a line."""
    with (folder / "in.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"id": one.id, "text": one.text}) + "\n" for one in reviews(count))


def write_parquet(count: int, folder: Path) -> None:
    """The same in one row group, the worst case for a reader."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids, texts = zip(*((one.id, one.text) for one in reviews(count)), strict=True)
    pq.write_table(pa.table({"id": ids, "text": texts}), folder / "in.parquet", row_group_size=count)


def fill_store(count: int, folder: Path) -> None:
    """A project of reviews that nobody has predicted, and the job to do so."""
    from tokapp.home import register_built_in_models

    store = Store(settings(folder).database_url)
    register_built_in_models(store)
    project = store.create_project("bulk", TASK)
    store.add_documents(project.id, reviews(count), source="bulk")
    store.enqueue("predict", project_id=project.id, payload={"model": TASK.name})
    store.close()


def score_file(folder: Path, ending: str) -> None:
    """What `tokapp predict` does."""
    from tokapp.cli import tokapp

    inputs, output = str(folder / f"in.{ending}"), str(folder / f"out.{ending}")
    tokapp.main(["predict", inputs, "--task", TASK.name, "--model", TASK.name, "-o", output], standalone_mode=False)


def score_store(folder: Path) -> None:
    """What `tokapp worker` does."""
    from tokapp.jobs import run_worker

    run_worker(settings(folder), once=True)


def count_stored(folder: Path) -> int:
    """How many predictions the store holds."""
    store = Store(settings(folder).database_url)
    count = store.projects()[0].predicted
    store.close()
    return count


WAYS: dict[str, tuple[Callable[[int, Path], None], Callable[[Path], None], Callable[[Path], int | None]]] = {
    "jsonl": (write_jsonl, lambda folder: score_file(folder, "jsonl"), lambda at: count_documents(at / "out.jsonl")),
    "parquet": (
        write_parquet,
        lambda folder: score_file(folder, "parquet"),
        lambda at: count_documents(at / "out.parquet"),
    ),
    "store": (fill_store, score_store, count_stored),
}
"""How the documents are made, how they are scored, and how many were."""


def settings(folder: Path) -> Settings:
    """Settings of a home of its own."""
    return Settings.from_environment({**os.environ, "TOKAPP_HOME": str(folder), "TOKAPP_DATABASE_URL": ""})


def peak() -> float:
    """The most memory that this process has held since it began, in MB (Linux)."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(way: str, folder: Path) -> None:
    """In a process of its own: score, and print seconds and peak as JSON."""
    started = time.perf_counter()
    WAYS[way][1](folder)
    print(json.dumps({"seconds": time.perf_counter() - started, "peak": peak()}))


def run(way: str, count: int) -> tuple[float, float]:
    """Documents per second and peak in MB of one way at one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        WAYS[way][0](count, folder)
        environment = {**os.environ, "TOKAPP_HOME": name, "TOKAPP_DATABASE_URL": ""}
        command = [sys.executable, "-m", "benchmarks.bulk", "--measure", way, name]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        scored = WAYS[way][2](folder)
    assert scored == count, f"{scored} of {count} documents were scored"
    speed = count / found["seconds"]
    print(f"{way:<8} {count:>9,} documents {speed:>8,.0f} a second  peak {found['peak']:>6,.0f} MB", flush=True)
    return speed, found["peak"]


def main() -> None:
    """Measure and print; leave with 1 if memory grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=(10_000, 200_000))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        measure(chosen.measure[0], Path(chosen.measure[1]))
        return
    figures: dict[str, dict[str, object]] = {}
    grown = []
    for way in chosen.ways:
        (_, small), (speed, large) = (run(way, count) for count in chosen.sizes)
        figures[way] = {"per_second": round(speed), "peak_mb": [round(small), round(large)]}
        figures[way]["growth"] = round(large / small, 3)
        grown += [way] if large > MOST_GROWTH * small else []
    print(json.dumps({"documents": list(chosen.sizes), "most_growth": MOST_GROWTH, **figures}))
    if grown:
        sys.exit(f"memory grows with the number of documents: {', '.join(grown)}")


if __name__ == "__main__":
    main()
