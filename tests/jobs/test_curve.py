"""The curve job: parts by group that lie within each other, real trainings, and going on where it stopped."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tests.jobs.faulty import labelled
from tests.models.voters import member
from tokapp.evaluation.learning_curve import Point
from tokapp.jobs import curve, run_worker
from tokapp.models import registry
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task
from tokapp.ui.worth import points_of, say

DOCUMENTS = [replace(labelled(number), meta={"group": str(number % 7)}) for number in range(40)]


def test_parts_hold_whole_groups_and_grow() -> None:
    parts = [curve.part_of(DOCUMENTS, share, seed=3) for share in (0.25, 0.5, 1.0)]
    names = [{one.id for one in part} for part in parts]
    assert names[0] < names[1] < names[2] and len(names[2]) == len(DOCUMENTS)
    for part in parts:
        groups = {one.meta["group"] for one in part}
        assert len(part) == sum(one.meta["group"] in groups for one in DOCUMENTS)
    assert [one.id for one in curve.part_of(DOCUMENTS, 0.5, seed=4)] != [one.id for one in parts[1]]


def test_every_training_leaves_a_figure_and_none_a_version(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "tokapp.db")
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"})
    tiny = member("bert", tmp_path)
    registry.save(settings.models / "tiny", tiny.network, tiny.tokenizer, tiny.task)
    store = Store(settings.database_url)
    project = store.create_project("p", load_task("reviews")).id
    store.add_documents(project, [labelled(number) for number in range(40)], source="f")
    payload = {"base": "tiny", "shares": [0.5, 1.0], "seeds": 2, "epochs": 1}
    job = store.enqueue("curve", project_id=project, payload=payload)
    file = settings.job_folder(job.id) / f"points-{store.snapshot(project).id}.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"documents": 5, "seed": 0, "figure": 0.125}\n')  # what an earlier attempt has done
    run_worker(settings, once=True)
    done = store.job(job.id)
    points = points_of(done)
    assert done.state == "done", done.error
    assert points[0] == Point(5, 0, 0.125) and len(points) == 4
    whole = store.find_snapshot(int(str(done.result["snapshot"]))).counts["train"]
    assert [(one.documents, one.seed) for one in points[1::2]] == [(whole, 0), (whole, 1)]
    assert all(0 <= one.figure <= 1 for one in points)
    assert [path.name for path in settings.models.iterdir()] == ["tiny"] and store.models() == []
    store.close()


def test_what_figures_say_is_a_sentence() -> None:
    points = [Point(n, seed, 0.8 - 10 / n) for n in (50, 100, 150, 200) for seed in range(3)]
    assert say(points, "reviews").startswith("100 more corrected reviews: about +0.01")
    flat = [Point(n, seed, 0.7) for n in (50, 100, 200) for seed in range(3)]
    assert say(flat, "reviews").endswith("which may be nothing")
    assert "cannot be told" in say(points[:3], "reviews")
