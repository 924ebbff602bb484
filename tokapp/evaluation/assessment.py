"""Everything that a judged set says about a model: what the Evaluation page draws and the terminal prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Prediction
from tokapp.evaluation import baselines
from tokapp.evaluation.answers import AnswerLevels, answer_levels
from tokapp.evaluation.bootstrap import Floats, Interval, by_group, f1_intervals
from tokapp.evaluation.calibration import Bin, expected_calibration_error, reliability
from tokapp.evaluation.cases import Case, groups_of
from tokapp.evaluation.confusion import Confusion, document_confusion, word_confusion
from tokapp.evaluation.matching import MATCHES, Match, match_counts
from tokapp.evaluation.mistakes import Mistake, mistakes
from tokapp.evaluation.report import words_inside
from tokapp.evaluation.significance import PairedTest, paired_test
from tokapp.evaluation.slices import Slice, slices, surfaces
from tokapp.evaluation.spans import Counts, Scores
from tokapp.evaluation.tags import feature_scores
from tokapp.tasks import Task

ALL = ""
"""Stands for all labels together in a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of a label (`ALL`: of all of them) under a way of matching, with the 95 % interval of F1.

    `match` is "document" for labels of whole documents. `baseline` is the F1 of the baseline on the same documents: the
    pieces that were marked in training, or for documents the most frequent label of training; None without training
    documents.
    """

    label: str
    match: Match | str
    counts: Counts
    low: float
    high: float
    baseline: float | None

    @property
    def scores(self) -> Scores:
        """Precision, recall, F1."""
        return self.counts.scores


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What a judged set says about a model; tables that the set does not allow are empty or None.

    `features` are precision, recall and F1 of T-FREX's counter. `bins` and `calibration_error` are of the decision
    whether a word lies inside of any span, or of the label of the document where there are no spans to judge.
    """

    documents: int
    groups: int
    lines: tuple[Line, ...]
    words: Confusion | None
    label_confusion: Confusion | None
    bins: tuple[Bin, ...]
    calibration_error: float | None
    answers: AnswerLevels | None
    features: Scores | None
    mistakes: tuple[Mistake, ...]
    slices: tuple[Slice, ...]


def judged(task: Task, cases: Iterable[Case]) -> list[Case]:
    """The documents that people are done with; without labels of whole documents, one without spans is a negative."""
    return [case for case in cases if case.document.is_reviewed or (not task.document_labels and case.gold)]


def assess(task: Task, cases: Sequence[Case], train: Sequence[Document] = ()) -> Assessment:
    """Judge a model on documents that people are done with; `train` is what baselines and surface forms come from.

    Raises ValueError for no documents.
    """
    if not cases:
        raise ValueError("figures need at least one judged document")
    has_spans = bool(task.span_labels) and any(case.gold for case in cases)
    of_labels = document_confusion(cases) if task.document_labels else None
    confidence, correct = _decisions(cases, has_spans=has_spans)
    one_label = has_spans and len(task.span_labels) == 1
    return Assessment(
        documents=len(cases),
        groups=len(set(groups_of(cases))),
        lines=(*(_span_lines(task, cases, train) if has_spans else ()), *_document_lines(task, cases, train)),
        words=word_confusion(cases, task.span_names) if has_spans else None,
        label_confusion=of_labels if of_labels is not None and of_labels.classes else None,
        bins=tuple(reliability(confidence, correct, bins=10)),
        calibration_error=expected_calibration_error(confidence, correct) if len(confidence) else None,
        answers=answer_levels(cases) if has_spans and task.part == "answer" else None,
        features=feature_scores((case.text, case.gold, case.predicted) for case in cases) if one_label else None,
        mistakes=tuple(mistakes(cases)) if has_spans else (),
        slices=tuple(slices(cases, surfaces(train))) if has_spans else (),
    )


def compare(task: Task, first: Sequence[Case], second: Sequence[Case]) -> PairedTest:
    """Two models on the same documents, in the same order: exact spans, or labels of documents without any spans.

    Documents of a group are taken together. Raises ValueError for none.
    """
    groups, by_span = groups_of(first), bool(task.span_labels) and any(case.gold for case in first)
    one, other = (
        by_group(_rows(cases, "exact", ALL) if by_span else _document_rows(cases), groups) for cases in (first, second)
    )
    return paired_test(one, other)


def _document_rows(cases: Sequence[Case]) -> Floats:
    return np.array([_document_row(case, ALL) for case in cases], np.float64)


def _span_lines(task: Task, cases: Sequence[Case], train: Sequence[Document]) -> list[Line]:
    known = baselines.predict_known_pieces(train, [case.document for case in cases])
    simple = [replace(case, prediction=one) for case, one in zip(cases, known, strict=True)]
    labels = (ALL, *task.span_names) if len(task.span_names) > 1 else task.span_names
    wanted: list[tuple[str, Match]] = [(label, match) for label in labels for match in MATCHES]
    counts = np.stack([_rows(cases, match, label) for label, match in wanted], axis=1)
    base = [Counts(*_whole(_rows(simple, match, label))).scores.f1 if train else None for label, match in wanted]
    return _lines(wanted, counts, groups_of(cases), base)


def _lines(
    wanted: Sequence[tuple[str, Match | str]], counts: Floats, groups: Sequence[int], base: Sequence[float | None]
) -> list[Line]:
    between = f1_intervals(by_group(counts, groups))
    return [
        Line(label, match, Counts(*_whole(counts[:, place])), *_ends(between[place]), base[place])
        for place, (label, match) in enumerate(wanted)
        if counts[:, place].any()
    ]


def _ends(interval: Floats) -> Interval:
    return float(interval[0]), float(interval[1])


def _whole(rows: Floats) -> tuple[int, int, int, int]:
    right_said, said, right_there, there = (int(value) for value in rows.sum(axis=0))
    return right_said, said, right_there, there


def _rows(cases: Sequence[Case], match: Match, label: str) -> Floats:
    """Counts [documents, 4] of a label."""
    found = []
    for case in cases:
        gold, said = ([one for one in spans if label in (ALL, one.label)] for spans in (case.gold, case.predicted))
        counts = match_counts(case.text, gold, said, match)
        found.append((counts.right_predicted, counts.predicted, counts.right_gold, counts.gold))
    return np.array(found, np.float64)


def _document_lines(task: Task, cases: Sequence[Case], train: Sequence[Document]) -> list[Line]:
    labelled = [case for case in cases if case.document.label is not None and case.prediction.label is not None]
    if not task.document_labels or not labelled:
        return []
    label = baselines.most_frequent_label(train)
    simple = [replace(case, prediction=_always(case, label)) for case in labelled]
    wanted = [(name, "document") for name in (ALL, *task.document_names)]
    counts, base = (
        np.array([[_document_row(case, name) for name, _ in wanted] for case in some], np.float64)
        for some in (labelled, simple)
    )
    f1 = [Counts(*_whole(base[:, place])).scores.f1 if train else None for place in range(len(wanted))]
    return _lines(wanted, counts, groups_of(labelled), f1)


def _always(case: Case, label: str | None) -> Prediction:
    return Prediction(case.document.id, "most frequent label", (), None, {} if label is None else {label: 1.0})


def _document_row(case: Case, label: str) -> tuple[int, int, int, int]:
    gold, said = case.document.label, case.prediction.label
    there = int(gold is not None and label in (ALL, gold))
    guess = int(gold is not None and said is not None and label in (ALL, said))
    right = int(there and guess and gold == said)
    return right, guess, right, there


def _decisions(cases: Sequence[Case], *, has_spans: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How sure the model was of each decision, and whether it was right."""
    if not has_spans:
        labelled = [case for case in cases if case.document.label is not None and case.prediction.document_scores]
        sure = [max(case.prediction.document_scores.values()) for case in labelled]
        return np.array(sure, np.float64), np.array(
            [c.document.label == c.prediction.label for c in labelled], np.bool_
        )
    confidence, correct = [np.zeros(0)], [np.zeros(0, np.bool_)]
    for case in cases:
        words = case.prediction.words
        if words is not None and words.classes[:1] == ("O",):
            inside = 1.0 - words.probabilities[:, 0].astype(np.float64)
            confidence.append(np.maximum(inside, 1 - inside))
            correct.append((inside >= 0.5) == words_inside(words.offsets.tolist(), case.gold))
    return np.concatenate(confidence), np.concatenate(correct)


def record_of(found: Assessment) -> Mapping[str, object]:
    """The tables as JSON values: figures only, no text of a document."""
    return {
        "documents": found.documents,
        "groups": found.groups,
        "figures": [_line_record(line) for line in found.lines],
        "words": _confusion_record(found.words),
        "document_labels": _confusion_record(found.label_confusion),
        "calibration_error": found.calibration_error,
        "reliability": [[one.low, one.high, one.count, one.confidence, one.accuracy] for one in found.bins],
        "answers": None if found.answers is None else _answer_record(found.answers),
        "feature_level": None if found.features is None else _scores_record(found.features),
        "mistakes": {kind: sum(one.kind == kind for one in found.mistakes) for kind in _kinds(found)},
        "slices": [
            {"by": one.by, "value": one.value, "documents": one.documents, **_scores_record(one.counts.scores),
             "interval": list(one.interval)}
            for one in found.slices
        ],
    }  # fmt: skip


def _kinds(found: Assessment) -> list[str]:
    return list(dict.fromkeys(one.kind for one in found.mistakes))


def _line_record(line: Line) -> Mapping[str, object]:
    named = {"label": line.label or "all", "match": line.match, **_scores_record(line.scores)}
    return {**named, "interval": [line.low, line.high], "baseline_f1": line.baseline, "gold": line.counts.gold}


def _scores_record(scores: Scores) -> Mapping[str, float]:
    return {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}


def _confusion_record(confusion: Confusion | None) -> Mapping[str, object] | None:
    if confusion is None:
        return None
    figures = {name: _scores_record(confusion.scores(name)) for name in confusion.classes}
    return {"classes": list(confusion.classes), "counts": confusion.counts.tolist(), "figures": figures}


def _answer_record(levels: AnswerLevels) -> Mapping[str, object]:
    return {
        "examples": _scores_record(levels.examples),
        "example_auroc": levels.example_auroc,
        "characters": _scores_record(levels.characters),
        "characters_published": _scores_record(levels.characters_published),
        "overlap": levels.overlap,
        "words_marked": _scores_record(levels.marked),
        "words_unmarked": _scores_record(levels.unmarked),
        "words_balanced_accuracy": levels.balanced_accuracy,
    }
