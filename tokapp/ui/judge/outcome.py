"""What a finished check found, as frames for the screen and files to take along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from tokapp.documents import Target
from tokapp.explanations.judging import Judgement
from tokapp.explanations.judging.extractive import NAME
from tokapp.explanations.judging.judged import read_judged
from tokapp.explanations.judging.self_consistency import Consistency, Hint, Insertions, ReasonScores
from tokapp.explanations.wording import Source
from tokapp.formats.delimited import guarded
from tokapp.settings import JUDGED, Settings
from tokapp.ui.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.store.values import JobRow

NAMES = {
    "odd-regression": "tokapp",
    "permutation": "SHAP, permutation",
    "partition": "SHAP, partition",
    "leave-one-out": "Leave one word out",
    "integrated-gradients": "Integrated gradients",
    "random order": "Random order",
}
_JUDGEMENT, _SCORES = TypeAdapter(Judgement), TypeAdapter(ReasonScores)
_PASSED = {True: "passed", False: "failed", None: "–"}


@dataclass(frozen=True, slots=True)
class Checked:
    """One reason that was checked, of a document of the store."""

    pk: int
    found: Consistency

    @property
    def target(self) -> Target:
        """The decision that it is the reason for."""
        return self.found.target


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished check: `scores` and `reasons` where reasons in words were asked for, the worst match first."""

    model: str
    documents: int
    judgement: Judgement
    source: Source | None
    scores: ReasonScores | None
    reasons: tuple[Checked, ...]


def read_outcome(job: JobRow, settings: Settings) -> Outcome:
    """The outcome of a finished job; reasons one by one only where its folder can be read."""
    result = job.result
    scores = result.get("scores")
    found = [Checked(one.pk, reason) for one in read_judged(settings.job_folder(job.id) / JUDGED) if scores
             for reason in one.reasons]  # fmt: skip
    return Outcome(
        model=str(result["model"]),
        documents=int(str(result["documents"])),
        judgement=_JUDGEMENT.validate_python(result["judgement"]),
        source=TypeAdapter(Source | None).validate_python(result.get("reasons")),
        scores=None if scores is None else _SCORES.validate_python(scores),
        reasons=tuple(sorted(found, key=_how_good)),
    )


def _how_good(one: Checked) -> tuple[bool, float]:
    """Undefined ones stand last."""
    score = one.found.match.score
    return score is None, 0.0 if score is None else score


def method_frame(judgement: Judgement) -> pd.DataFrame:
    """A line per method, ours first; columns that say nothing about any method are left out."""
    import pandas as pd

    plausible = [one.plausibility for one in judgement.methods]
    frame = pd.DataFrame(
        {
            "method": [NAMES.get(one.method, one.method) for one in judgement.methods],
            "error": [one.error for one in judgement.methods],
            "error_long": [one.error_long for one in judgement.methods],
            "comprehensiveness": [one.comprehensiveness for one in judgement.methods],
            "sufficiency": [one.sufficiency for one in judgement.methods],
            "stability": [one.stability for one in judgement.methods],
            "auprc": [one and one.auprc for one in plausible],
            "token_f1": [one and one.token_f1 for one in plausible],
            "iou_f1": [one and one.iou_f1 for one in plausible],
            "evaluations": [round(one.evaluations) for one in judgement.methods],
        }
    )
    return frame.dropna(axis="columns", how="all")


def reason_frame(reasons: Sequence[Checked]) -> pd.DataFrame:
    """A line per reason; a test that none of them was put to has no column."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "pk": [one.pk for one in reasons],
            "match": [one.found.match.score for one in reasons],
            "label": [plain(one.target.label) for one in reasons],
            "reason": [shorten(one.found.reason.text, 200) for one in reasons],
            "insertions": [_verdict(one.found.insertions) for one in reasons],
            "hint": [_verdict(one.found.hint) for one in reasons],
            "document": [plain(one.found.document_id) for one in reasons],
        }
    )
    return frame.drop(columns=[name for name in ("insertions", "hint") if set(frame[name]) <= {_PASSED[None]}])


def _verdict(test: Insertions | Hint | None) -> str:
    return _PASSED[None if test is None else test.passed]


def write_json(outcome: Outcome) -> bytes:
    """Everything, ASCII only."""
    record = {
        "model": outcome.model,
        "documents": outcome.documents,
        **outcome.judgement.to_record(),
        "reasons_by": outcome.source,
        "measure_of_reasons": NAME,
        "scores": None if outcome.scores is None else asdict(outcome.scores),
        "reasons": [asdict(one.found) for one in outcome.reasons],
    }
    return (json.dumps(record, indent=1) + "\n").encode("ascii")


def write_methods(outcome: Outcome) -> bytes:
    """CSV with a line per method."""
    return method_frame(outcome.judgement).to_csv(index=False).encode("utf-8")


def write_reasons(outcome: Outcome) -> bytes:
    """CSV with a line per reason; texts that a spreadsheet would run are guarded."""
    import pandas as pd

    rows = [
        {
            "document": guarded(one.found.document_id),
            "label": guarded(one.target.label),
            "start": one.target.start if one.target.has_place else "",
            "end": one.target.end if one.target.has_place else "",
            "by": one.found.reason.source,
            "reason": guarded(one.found.reason.text),
            "cc_shap_extractive": one.found.match.score,
            "why_undefined": one.found.match.why,
            "word_put_in": _verdict(one.found.insertions),
            "hint_put_in": _verdict(one.found.hint),
        }
        for one in outcome.reasons
    ]
    return pd.DataFrame(rows).to_csv(index=False).encode("utf-8", "replace")
