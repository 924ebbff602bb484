"""Trainings in MLflow: a run with every setting and figure, only where its variable says so, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokapp.jobs.tracking import flat, log_training
from tokapp.settings import Settings

RECIPE = {"seed": 3, "steps": [{"step": "fine_tune", "mode": "lora"}]}
FIGURES = {"test": {"span_exact_f1": 0.5}, "curve": [{"step": 4}], "note": "words", "is_on": True}


def settings(home: Path, uri: str) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(home), "MLFLOW_TRACKING_URI": uri})


def log(chosen: Settings) -> str | None:
    return log_training(chosen, "mine", task="reviews", recipe=RECIPE, figures=FIGURES)


def test_nothing_is_logged_unasked(tmp_path: Path) -> None:
    assert log(settings(tmp_path, "")) is None
    assert list(tmp_path.iterdir()) == []


def test_a_training_is_a_run_with_its_settings_and_figures(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    uri = f"sqlite:///{tmp_path / 'runs.db'}"
    assert log(settings(tmp_path, uri)) is None and log(settings(tmp_path, uri)) is None
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("tokapp/reviews")
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.run_name for run in runs] == ["mine", "mine"] and runs[0].info.status == "FINISHED"
    assert runs[0].data.params == {"seed": "3", "steps.0.step": "fine_tune", "steps.0.mode": "lora"}
    assert runs[0].data.metrics == {"test.span_exact_f1": 0.5, "curve.0.step": 4.0}


def test_a_log_that_cannot_be_written_stops_no_training(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    (tmp_path / "file").write_text("in the way")
    found = log(settings(tmp_path, f"sqlite:///{tmp_path / 'file' / 'runs.db'}"))
    assert found is not None and "could not be logged in MLflow" in found and "\n" not in found


def test_records_are_flat_by_their_paths() -> None:
    assert dict(flat({"a": {"b": [1, {"c": None}]}, "d": []})) == {"a.b.0": 1, "a.b.1.c": None}
