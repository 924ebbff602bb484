"""A short text asked of a running worker against the bare forward pass of the same tokens, rounds interleaved.

A worker is started on a fresh home, as `tokapp worker` is. In each round a text that it has not seen is scored by a
forward pass in this process (a batch that is ready), and asked through the local door as the command line asks: which
model is ready, connected, asked and answered; then predict, connected anew. Every process has one thread. The last line
is one JSON object of medians: `over_forward` (everything that is asked, against the forward pass; the bar is 3),
`request_over_forward` (only the second request), `forward_ms`, `busy_over_forward` while the worker does a prediction
job beside it, the shares `answered` within the door's two seconds, and, for information, the seconds of a whole
`tokapp predict --text` process that finds the worker (`command`) and that does not (`command_cold`). Fails if
`over_forward` is 3 or more, or something got no answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median

from tokapp import door
from tokapp.documents import Document
from tokapp.models import TokenModel, load_model
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task

BAR = 3.0
TEXT = "Love the dark mode but search number {} crashes every day"


@contextmanager
def worker(environment: Mapping[str, str], settings: Settings) -> Iterator[None]:
    """A worker that has the reviews model loaded."""
    process = subprocess.Popen([sys.executable, "-m", "tokapp", "worker"], env=environment)
    try:
        until = time.monotonic() + 120
        while door.find_warm(settings, "reviews", None) is None:
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit("the worker did not get ready")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(30)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ask(settings: Settings, document: Document) -> tuple[float, bool]:
    """Ask as the command line does; gives the seconds of the second request, and whether it was answered in time."""
    warm = door.find_warm(settings, "reviews", None)
    start = time.perf_counter()
    found = None if warm is None else warm.predict([document])
    return time.perf_counter() - start, found is not None


def measure(model: TokenModel, settings: Settings, numbers: range) -> dict[str, float]:
    """Median seconds of a forward pass, of everything that is asked and of the second request; the share answered."""
    times: dict[str, list[float]] = {"forward": [], "asked": [], "request": [], "answered": []}
    for number in numbers:
        document = Document("text-1", TEXT.format(number))
        batch = model.collate(model.encode([document]))
        times["forward"].append(seconds(lambda batch=batch: model.forward(batch)))
        start = time.perf_counter()
        request, is_answered = ask(settings, document)
        times["asked"].append(time.perf_counter() - start)
        times["request"].append(request)
        times["answered"].append(float(is_answered))
    answered = times.pop("answered")
    return {name: median(some[5:]) for name, some in times.items()} | {"answered": mean(answered)}


@contextmanager
def busy(settings: Settings, documents: int) -> Iterator[None]:
    """While entered, the worker predicts a project of long reviews."""
    store = Store(settings.database_url)
    try:
        project = store.create_project("Busy", load_task("reviews")).id
        texts = (Document(str(at), TEXT.format(f"{at} " * 30)) for at in range(documents))
        store.add_documents(project, texts, source="benchmark")
        job = store.enqueue("predict", project_id=project, payload={})
        while store.job(job.id).state == "queued":
            time.sleep(0.1)
        yield
        state = store.job(job.id)
        print(f"the job beside was {state.state} at {state.progress:.0%}")
        store.request_cancel(job.id)
    finally:
        store.close()


def command(environment: Mapping[str, str], text: str) -> float:
    """Seconds of a whole process."""
    asked = [sys.executable, "-m", "tokapp", "predict", "--task", "reviews", "--text", text]
    return seconds(lambda: subprocess.run(asked, env=environment, check=True, stdout=subprocess.DEVNULL))


def main(rounds: int, documents: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        chosen = {"TOKAPP_HOME": home, "TOKAPP_THREADS": "1", "TOKAPP_DEVICE": "cpu", "TOKAPP_DATABASE_URL": ""}
        environment = {**os.environ, **chosen}
        settings = Settings.from_environment(chosen)
        Path(home).mkdir(exist_ok=True)
        model = load_model("reviews", settings=settings)
        assert isinstance(model, TokenModel)
        with worker(environment, settings):
            quiet = measure(model, settings, range(rounds))
            commands = [command(environment, TEXT.format(f"c{number}")) for number in range(5)]
            with busy(settings, documents):
                loud = measure(model, settings, range(10_000, 10_000 + rounds // 2))
        cold = command(environment, TEXT.format("cold"))
    ratio = quiet["asked"] / quiet["forward"]
    found = {
        "rounds": rounds,
        "over_forward": ratio,
        "request_over_forward": quiet["request"] / quiet["forward"],
        "forward_ms": 1000 * quiet["forward"],
        "answered": quiet["answered"],
        "busy_over_forward": loud["asked"] / loud["forward"],
        "busy_answered": loud["answered"],
        "command": median(commands),
        "command_cold": cold,
    }
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))
    if ratio >= BAR or quiet["answered"] < 1:
        raise SystemExit(f"a warm answer takes {ratio:.2f} times as long as its forward pass; the bar is {BAR:g}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--documents", type=int, default=3000)
    chosen_ = parser.parse_args()
    main(chosen_.rounds, chosen_.documents)
