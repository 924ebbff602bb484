"""The Train page's controls, and the recipe that they make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Json
from tokapp.errors import TrainingError
from tokapp.store.values import DocumentFilter
from tokapp.tasks import slug
from tokapp.ui import session
from tokapp.ui.recipe_steps import draw_after, draw_before
from tokapp.ui.text import count, escape
from tokapp.ui.what_if import draw_without

if TYPE_CHECKING:
    from tokapp.store.values import ModelRow, Project

MODES = {
    "lora": ("LoRA", "A small adapter beside the model: quick, and hard to spoil."),
    "bottleneck": (
        "Bottleneck",
        "A small adapter behind every block. It stays apart: no export as a plain model.",
    ),
    "full": ("Full", "Every weight of the model: slower, for many labels."),
    "head": ("Head only", "Just the last layer: a minute, for a first look."),
}
_RATES = {"full": 1e-4, "lora": 1e-3, "bottleneck": 1e-3, "head": 5e-3}
_READ = 5000
"""Labelled documents up to which the page reads them all."""
_SAMPLE = 50
"""Documents whose mean length stands for all."""
_FRESH = "Built-in backbone, from scratch"
_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Request:
    """A training as it goes into the queue."""

    name: str
    base: str | None
    recipe: dict[str, Json]
    extra: str | None
    without: dict[str, Json] | None = None

    @property
    def payload(self) -> dict[str, Json]:
        """The job's payload; the name says what is left out."""
        payload: dict[str, Json] = {"name": self.name, "base": self.base, "recipe": self.recipe, "extra": self.extra}
        if self.without is None:
            return payload
        left_out = slug(" ".join(map(str, self.without.values())))
        return payload | {"name": f"{self.name}-without-{left_out}"[:100], "without": self.without}


def labelled_counts(project: Project) -> dict[str, int]:
    """How many labelled documents stand on each side of the split."""
    store = session.store()
    sides = {split: DocumentFilter(status="labelled", split=split) for split in _SPLITS}  # type: ignore[arg-type]  # the three splits
    return {split: store.count_documents(project.id, where) for split, where in sides.items()}


def missing(project: Project, counts: dict[str, int]) -> str:
    """What must be labelled before a training makes sense; empty if nothing."""
    noun = project.task.noun
    for split, least in (("train", 8), ("validation", 3)):
        if counts[split] < least:
            return (
                f"Too little to learn from: {count(counts[split], noun)} of {least} labelled in the {split} part. "
                f"Label {count(least - counts[split], noun)} more there; uploads are spread over the parts."
            )
    return ""


def problem(project: Project, counts: Mapping[str, int]) -> str:
    """Why the labels cannot teach, by what they say; empty if they can, or are so many that the training will tell."""
    return _problem(project.id, tuple(counts.values())) if counts["train"] <= _READ else ""


@st.cache_data(ttl=30, max_entries=100, show_spinner=False)
def _problem(project_id: int, counts: tuple[int, ...]) -> str:
    from tokapp.training.checking import check_teachable

    store = session.store()
    task = store.project(project_id).task
    documents = list(store.gold(project_id, DocumentFilter(split="train", status="labelled")))
    try:
        check_teachable(documents, spans=bool(task.span_labels), labels=bool(task.document_labels))
    except TrainingError as error:
        return f"{str(error)[0].upper()}{str(error)[1:]}."
    return ""


def draw_form(project: Project, counts: Mapping[str, int]) -> Request:
    """Draw the controls; what they ask for. `counts` are labelled documents by split."""
    versions = session.store().models(project.task.name)
    bases = [one for one in versions if not one.is_ensemble]
    first, second = st.columns(2)
    base = first.selectbox(
        "Start from",
        [*(one.name for one in bases), None],
        index=_in_use(bases),
        format_func=lambda name: _FRESH if name is None else name,
        key=f"base_{project.id}",
        help="A model goes on learning from where it is; the backbone starts anew.",
    )
    name = second.text_input("Name of the new model", value=f"{project.task.name}-v{len(versions) + 1}", key="name")
    other = "" if base is not None else _draw_backbone(project)
    mode = st.segmented_control(
        "How", list(MODES), default="lora", required=True, format_func=lambda one: MODES[one][0], key="mode"
    )
    st.caption(MODES[mode or "lora"][1])
    recipe = _recipe(project, mode or "lora", base, other.strip(), counts)
    return Request(name.strip(), base, recipe, _draw_extra(project), draw_without(project))


def _draw_backbone(project: Project) -> str:
    return st.text_input(
        "Another backbone than the built-in one",
        key=f"backbone_{project.id}",
        placeholder="A folder, or owner/name on the hub",
        help="Any encoder with safetensors weights. Hub names need a connection.",
    )


def _in_use(versions: list[ModelRow]) -> int:
    return next((place for place, one in enumerate(versions) if one.state == "promoted"), len(versions))


def _recipe(project: Project, mode: str, base: str | None, backbone: str, counts: Mapping[str, int]) -> dict[str, Json]:
    from tokapp.training import default_recipe

    unlabelled = session.store().count_documents(project.id, DocumentFilter(split="train", status="new"))
    with st.expander("More settings", key="more_settings"):
        learn, seed = _draw_learning(mode)
        before, after = draw_before(project, unlabelled, mode), draw_after(mode)
    recipe: dict[str, Json] = json.loads(default_recipe(project.task).model_dump_json())
    steps: list[Json] = [*before, learn, *after, {"step": "calibrate"}, {"step": "evaluate"}]
    recipe |= {"parent": base, "seed": seed, "steps": steps}
    if base is None and backbone:
        recipe["backbone"] = backbone
    else:
        _draw_estimate(project, recipe, counts["train"], unlabelled)
    return recipe


def _draw_learning(mode: str) -> tuple[dict[str, Json], int]:
    """The fine-tuning step, and the seed."""
    step: dict[str, Json] = {"step": "fine_tune", "mode": mode}
    first, second = st.columns(4), st.columns(4)
    step["epochs"] = int(first[0].number_input("Epochs", 1, 100, 3, key="epochs"))
    rate = first[1].number_input("Learning rate", 1e-6, 0.1, _RATES[mode], step=1e-5, format="%.6f", key=f"rate_{mode}")
    step["learning_rate"] = float(rate)
    step["batch_size"] = int(first[2].number_input("Batch size", 1, 256, 16, key="batch_size"))
    seed = int(first[3].number_input("Seed", 0, 10_000, 0, key="seed"))
    says = "The mean of their weights is used where it is at least as good as the best epoch (Free Lunch)."
    step["average"] = int(second[0].number_input("Average the last epochs", 1, 20, 2, key="average", help=says))
    says = "Learning ends after so many epochs that were no better on validation. 0: never."
    step["patience"] = int(second[1].number_input("Patience, in epochs", 0, 20, 0, key="patience", help=says))
    return step, seed


def _draw_estimate(project: Project, recipe: Mapping[str, Json], labelled: int, unlabelled: int) -> None:
    from tokapp.training import Recipe
    from tokapp.training.estimate import Amount, seconds

    store = session.store()
    some = store.load_documents([row.id for row in store.documents(project.id, limit=_SAMPLE)])
    length = sum(len(document.text) for _, document in some) / max(len(some), 1)
    took = seconds(Recipe.model_validate(recipe), Amount(labelled, unlabelled, length))
    st.caption(f"Takes about {_roughly(took)} on two cores with the built-in backbone, by rule of thumb.")


def _roughly(seconds: float) -> str:
    if seconds < 60:
        return "a minute"
    return count(round(seconds / 60), "minute") if seconds < 5400 else count(round(seconds / 3600), "hour")


def _draw_extra(project: Project) -> str | None:
    """A file of further labelled documents for training, kept in the home folder under its content's hash."""
    from tokapp.formats import read_report, write_documents

    with st.expander("Add a labelled file", key="extra_file"):
        file = st.file_uploader(
            "Labelled documents", key=f"extra_{project.id}", help="JSONL, CSV or CoNLL with spans; for training only."
        )
        if file is None:
            return None
        report = read_report(file.getvalue(), project.task, name=file.name)
        marked = [one for one in report.documents if one.spans or one.label is not None or one.is_reviewed]
        st.caption(escape(f"{count(len(marked), 'labelled document')}, {count(len(report.failures), 'failing row')}."))
        if not marked:
            return None
        folder = session.settings().uploads
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.sha256(file.getvalue()).hexdigest()}.jsonl"
        if not path.exists():
            write_documents(marked, path, "jsonl", task=project.task)
        return str(path)
