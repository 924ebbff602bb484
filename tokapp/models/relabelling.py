"""A trained network for a task whose labels have changed: what it knows of those that stay is kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from tokapp.errors import TrainingError
from tokapp.models.config import NetworkConfig, config_for
from tokapp.models.network import Network
from tokapp.tasks import Task


def relabel(network: Network, task: Task) -> None:
    """Give the heads of a network the labels of a task, in place.

    Classes that it has learnt keep their weights, those that are gone are dropped, new ones begin untrained.
    Raises TrainingError for labels of a kind that the network has no head for.
    """
    former = network.design
    config = with_labels_of(task, former)
    if (config.classes, config.labels) == (former.classes, former.labels):
        return
    if network.tokens is not None:
        network.tokens[-1] = _with_rows(network.tokens[-1], former.classes, config.classes)
    if network.document is not None:
        network.document.votes[-1] = _with_rows(network.document.votes[-1], former.labels, config.labels)
    network.design = config


def with_labels_of(task: Task, config: NetworkConfig) -> NetworkConfig:
    """The same network's configuration for the labels of a task; raises TrainingError as `relabel` does."""
    try:
        fresh = config_for(task, config.shape, backbone=config.backbone, feature_width=config.feature_width)
    except ValueError as error:  # a head would have nothing to tell
        raise _misfit(config, task) from error
    if bool(fresh.classes) != bool(config.classes) or bool(fresh.labels) != bool(config.labels):
        raise _misfit(config, task)
    thresholds = {name: one for name, one in config.calibration.thresholds.items() if name in task.span_names}
    calibration = config.calibration.model_copy(update={"thresholds": thresholds})
    changes = {"classes": fresh.classes, "labels": fresh.labels, "calibration": calibration}
    return config.model_copy(update=changes)


def _with_rows(layer: nn.Module, former: Sequence[str], names: Sequence[str]) -> nn.Linear:
    """A layer with an output for each name, copied from the former ones where they have it."""
    assert isinstance(layer, nn.Linear)
    made = nn.Linear(layer.in_features, len(names), device=layer.weight.device, dtype=layer.weight.dtype)
    with torch.no_grad():
        for place, name in enumerate(names):
            if name in former:
                made.weight[place] = layer.weight[former.index(name)]
                made.bias[place] = layer.bias[former.index(name)]
    return made


def _misfit(config: NetworkConfig, task: Task) -> TrainingError:
    learnt, wanted = (*config.classes[1:], *config.labels), (*task.span_names, *task.document_names)
    return TrainingError(
        f"the parent model was trained for {', '.join(learnt)}, the task has {', '.join(wanted) or 'no labels'}; "
        "train from a backbone instead of a parent"
    )
