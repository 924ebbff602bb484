"""CC-SHAP of a small language model on short e-mails: its decision, the reason it gives, and whether both agree.

Needs the folder of a causal model in safetensors, as `python -m benchmarks.spoken FOLDER [EMAILS [WORDS [BUDGET]]]`.
Of two e-mails beside each other the reason of one is also scored against the decision about the other, over as many
words as both have: unrelated evidence, whose score should lie around 0.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from statistics import mean

from tokapp import places
from tokapp.documents import Document
from tokapp.explanations.judging.consistency import cc_shap
from tokapp.explanations.judging.spoken import Spoken, judge_spoken
from tokapp.formats import read_documents
from tokapp.models.language_model import load_language_model
from tokapp.tasks import load_task
from tokapp.words import split_words


def choose(count: int, words: int) -> list[Document]:
    """The first words of e-mails of each label in turn."""
    task = load_task("emails")
    by_label: dict[str, list[Document]] = {}
    for one in read_documents(places.data() / "samples" / "emails.jsonl", task):
        found = split_words(one.text)
        if one.label is not None and len(found) >= words:
            by_label.setdefault(one.label, []).append(replace(one, text=one.text[: found[words - 1][1]], spans=()))
    turns = zip(*by_label.values(), strict=False)
    return [one for turn in turns for one in turn][:count]


def unrelated(found: list[Spoken]) -> list[float]:
    """Scores of reasons against the decisions about other e-mails."""
    pairs = [(one, other) for one in found for other in found if one is not other]
    scores = [
        cc_shap(one.prediction[:size], other.explanation[:size])
        for one, other in pairs
        if (size := min(len(one.words), len(other.words)))
    ]
    return [score for score in scores if score is not None]


def main(folder: str, count: int = 4, words: int = 14, budget: int = 96) -> None:
    """Measure and print."""
    task, model = load_task("emails"), load_language_model(folder)
    found: list[Spoken] = []
    for document in choose(count, words):
        start = time.perf_counter()
        one = judge_spoken(model, document, task.document_names, noun=task.noun, budget=budget, longest=24)
        seconds = time.perf_counter() - start
        found.append(one)
        score = "undefined" if one.score is None else f"{one.score:+.3f}"
        cost = f"{one.tokens} tokens, {one.evaluations} rows, {seconds:.0f} s"
        print(f"{document.label} -> {one.label}: {score} ({cost})")
        print(f"    {document.text!r}\n    because {one.reason!r}", flush=True)
    scores, others = [one.score for one in found if one.score is not None], unrelated(found)
    figures = {"cc_shap": round(mean(scores), 3), "unrelated": round(mean(others), 3)} if scores and others else {}
    right = sum(one.label == document.label for one, document in zip(found, choose(count, words), strict=True))
    print(json.dumps({"model": model.name, "documents": len(found), "right": right, "budget": budget, **figures}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
