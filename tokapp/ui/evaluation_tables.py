"""The tables of an evaluation as frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.documents import NOTHING, Span
from tokapp.ui.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.documents import Document
    from tokapp.evaluation.assessment import Line
    from tokapp.evaluation.cases import Case
    from tokapp.evaluation.confusion import Confusion
    from tokapp.evaluation.mistakes import Mistake
    from tokapp.evaluation.slices import Slice
    from tokapp.evaluation.spans import Scores

MATCH_NAMES = {
    "exact": "exact",
    "lemma": "same base forms",
    "words": "same words",
    "overlap": "overlap",
    "document": "whole text",
}


def line_frame(lines: Sequence[Line]) -> pd.DataFrame:
    """A line per label and way of matching, with the interval of F1 and the baseline's F1."""
    import pandas as pd

    rows = [
        {
            "Label": plain(line.label) or "all labels",
            "Match": MATCH_NAMES[line.match],
            **_figures(line.scores),
            "95 % interval": _interval(line.low, line.high),
            "Baseline F1": line.baseline,
            "By people": line.counts.gold,
        }
        for line in lines
    ]
    return pd.DataFrame(rows)


def confusion_frame(confusion: Confusion) -> pd.DataFrame:
    """Precision, recall and F1 of every class."""
    import pandas as pd

    rows = []
    for place, name in enumerate(confusion.classes):
        shown = "nothing (O)" if name == NOTHING and place == 0 else plain(name)
        rows.append(
            {"Label": shown, **_figures(confusion.scores(name)), "By people": int(confusion.counts[place].sum())}
        )
    return pd.DataFrame(rows)


def scores_frame(named: Mapping[str, Scores]) -> pd.DataFrame:
    """A line of figures per name."""
    import pandas as pd

    return pd.DataFrame([{"Measure": name, **_figures(scores)} for name, scores in named.items()])


def slice_frame(slices: Sequence[Slice]) -> pd.DataFrame:
    """A line per part; all of them are by the same thing."""
    import pandas as pd

    rows = [
        {
            one.by.capitalize(): shorten(one.value, 40),
            "Documents": one.documents,
            **_figures(one.counts.scores),
            # One text alone says nothing of how far the figure would move with others.
            "95 % interval": _interval(*one.interval) if one.documents > 1 else "",
        }
        for one in slices
    ]
    return pd.DataFrame(rows)


def mistake_frame(found: Sequence[Mistake], texts: Mapping[str, Document]) -> pd.DataFrame:
    """A line per mistake of one kind: what people marked, what the model marked, and where."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "People": [_show(texts[one.key].text, one.gold) for one in found],
            "Model": [_show(texts[one.key].text, one.predicted) for one in found],
            "Where": [_around(texts[one.key].text, one.span) for one in found],
        }
    )
    return frame.loc[:, (frame != "").any()]


def wrong_label_frame(cases: Sequence[Case]) -> pd.DataFrame:
    """A line per document under a wrong label, with how sure the model was of it."""
    import pandas as pd

    rows = [
        {
            "People": plain(case.document.label or ""),
            "Model": plain(case.prediction.label or ""),
            "Sure": f"{max(case.prediction.document_scores.values()):.2f}",
            "Where": shorten(case.text, 160),
        }
        for case in cases
    ]
    return pd.DataFrame(rows)


def _figures(scores: Scores) -> dict[str, float]:
    return {"Precision": scores.precision, "Recall": scores.recall, "F1": scores.f1}


def _interval(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def _show(text: str, span: Span | None) -> str:
    return "" if span is None else f"{shorten(text[span.start : span.end], 60)} [{plain(span.label)}]"


def _around(text: str, span: Span) -> str:
    start, end = max(span.start - 40, 0), min(span.end + 40, len(text))
    return ("…" if start else "") + shorten(text[start:end], 160) + ("…" if end < len(text) else "")
