"""The model card: what a version is, what it was made from, and how good it is, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokapp.documents import Json
from tokapp.tasks import Task

_HEADINGS = {
    "calibration": "Calibration, on validation",
    "averaging": "Averaged weights, scored on validation",
    "weighing": "Share of words learnt from",
    "continue_pretraining": "Continued pre-training",
    "select_instances": "Selected documents",
}


def write_card(
    card: Mapping[str, Json],
    metrics: Mapping[str, Json],
    recipe: str,
    task: Task,
    *,
    sections: Sequence[tuple[str, str]] = (),
) -> str:
    """The card as Markdown; `sections` are further headings with their texts, before the figures."""
    documents = card.get("documents")
    counts = documents if isinstance(documents, Mapping) else {}
    lines = [f"# {card['name']}", "", f"{task.title}: {task.description}", ""]
    lines += [f"- Made on {card['created']} from backbone `{card['backbone']}`"]
    lines += [f"- Goes on from version `{card['parent']}`"] if card.get("parent") else []
    lines += [f"- Labels: {', '.join(dict.fromkeys((*task.span_names, *task.document_names)))}"]
    lines += [f"- Documents: {', '.join(f'{count} {side}' for side, count in counts.items())}"]
    for heading, text in sections:
        lines += ["", f"## {heading}", "", text]
    for side, figures in metrics.items():
        if isinstance(figures, Mapping) and figures:
            heading = _HEADINGS.get(side, f"Figures on {side}")
            lines += ["", f"## {heading}", "", "| measure | value |", "|---|---|"]
            lines += [f"| {name} | {value:.3f} |" for name, value in figures.items() if isinstance(value, float)]
    return "\n".join([*lines, "", "## Recipe", "", "```yaml", recipe.rstrip(), "```", ""])
