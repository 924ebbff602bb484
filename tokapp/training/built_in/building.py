"""Making a built-in model: data, recipe, figures, card, folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tokapp import places
from tokapp.documents import Json
from tokapp.settings import Settings
from tokapp.tasks import load_task
from tokapp.training.built_in.judging import find_plan, judge, judge_left_out, rows_to_json, table, verdicts
from tokapp.training.built_in.plan import Plan
from tokapp.training.progress import Progress
from tokapp.training.run import run_steps, save_version


def build_model(name: str, data: Path, output: Path | None, *, say: Callable[[str], None] | None = None) -> Path:
    """See `tokapp.training.built_in.build`; a build that was stopped goes on from its last checkpoint."""
    say = say or (lambda line: None)
    plan, settings = find_plan(name), Settings.from_environment(os.environ)
    splits, checkpoints = plan.load(data), settings.home / "building" / name
    say(f"{name}: {', '.join(f'{len(documents)} {side}' for side, documents in splits.items())} documents")
    state = run_steps(
        plan.recipe,
        splits["train"],
        splits["validation"],
        task=load_task(plan.task),
        settings=settings,
        on_progress=_teller(name, say),
        checkpoints=checkpoints,
    )
    rows = judge(plan, state.model(), splits, data)
    left_out = judge_left_out(plan, splits, settings, checkpoints, say)
    figures: dict[str, Json] = {
        "test": dict(rows[0].measures),
        "rows": rows_to_json(rows[1:]),
        "left_out": rows_to_json(left_out),
    }
    for line in (table([*rows, *left_out]), *verdicts(plan, rows)):
        say(line)
    folder = (output or places.data() / "models") / name
    with tempfile.TemporaryDirectory(prefix="tokapp-build-") as scratch:
        made = save_version(Path(scratch) / name, plan.recipe, state, figures=figures, sections=_sections(plan))
        _replace(folder, made)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return folder


def _teller(name: str, say: Callable[[str], None]) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.validation_f1 is not None:
            place = f"step {progress.step} of {progress.steps}, {progress.remaining:.0f} s to go"
            say(f"{name}: {place}, loss {progress.loss:.4f}, validation {progress.validation_f1:.3f}")

    return tell


def _sections(plan: Plan) -> list[tuple[str, str]]:
    card = plan.card
    return [("Summary", card.summary), ("Data", card.data), ("Licence", card.licence), ("Limits", card.limits)]


def _replace(folder: Path, made: Path) -> None:
    """Put a new folder in the place of an old one; the old one is whole until the new one stands beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(made, beside)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
