"""The steps of a recipe: one file each, with settings, a neutral setting at which nothing changes, and `run`.

A new step is a file here and its name in `STEPS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from tokapp.training.steps import (
    calibrate,
    continue_pretraining,
    contrast,
    evaluate,
    fine_tune,
    prefer,
    right_reasons,
    select_instances,
    self_train,
    weigh_tokens,
)

STEPS: Mapping[str, ModuleType] = {
    module.NEUTRAL.step: module
    for module in (
        continue_pretraining,
        select_instances,
        right_reasons,
        weigh_tokens,
        contrast,
        fine_tune,
        self_train,
        prefer,
        calibrate,
        evaluate,
    )
}
"""Every step by the name that recipes call it: its `NEUTRAL` settings, whose type reads them, and `run`."""
