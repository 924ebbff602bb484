"""Trainings in MLflow as well, where its own environment variable says so; the registry stays what counts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LONGEST = 500
"""Characters that MLflow's servers have room for in a parameter."""


def log_training(
    settings: Settings, name: str, *, task: str, recipe: Mapping[str, Json], figures: Mapping[str, Json]
) -> str | None:
    """Log a version as a run of the experiment `tokapp/TASK`; what went wrong in a sentence, None if nothing did.

    Nothing is sent unless MLFLOW_TRACKING_URI is set. That a log cannot be written stops no training.
    """
    if not settings.mlflow_uri:
        return None
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # or it calls its makers at import, unasked
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError:
        return "MLFLOW_TRACKING_URI is set, but mlflow is not installed: pip install tokapp[mlflow]"
    try:
        client = MlflowClient(tracking_uri=settings.mlflow_uri)
        run = client.create_run(_experiment(client, f"tokapp/{task}"), run_name=name).info.run_id
        for key, value in flat(recipe):
            client.log_param(run, key, str(value)[:_LONGEST])
        for key, value in flat(figures):
            if isinstance(value, int | float) and not isinstance(value, bool):
                client.log_metric(run, key, float(value))
        client.set_terminated(run)
    except (MlflowException, OSError) as error:
        return f"the training could not be logged in MLflow: {str(error).splitlines()[0]}"
    return None


def _experiment(client: MlflowClient, name: str) -> str:
    known = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if known is None else known.experiment_id)


def flat(record: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Json]]:
    """Every value in nested records under its path, such as `steps.0.mode`; empty lists and records have none."""
    for key, value in record.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}.")
        elif isinstance(value, list | tuple):
            yield from flat({str(place): one for place, one in enumerate(value)}, f"{path}.")
        else:
            yield path, value
