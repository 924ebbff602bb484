"""Recipes: an ordered list of training steps that is saved with the model it made and can be run again.

backbone: built-in
shape: {scheme: bio, max_length: 256}
steps:
  - {step: right_reasons, weight: 0}
  - {step: fine_tune, mode: lora, epochs: 4, average: 2, learning_rate: 1.0e-3}
  - {step: calibrate, temperature: true, thresholds: true}
  - {step: evaluate}
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokapp.errors import TrainingError
from tokapp.models.config import BUILT_IN, Shape
from tokapp.tasks import Task
from tokapp.training.steps import STEPS
from tokapp.training.steps.calibrate import Calibrate
from tokapp.training.steps.evaluate import Evaluate
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    StepSettings: TypeAlias = Settings
else:
    StepSettings = Annotated[
        Union[tuple(type(module.NEUTRAL) for module in STEPS.values())], Field(discriminator="step")  # noqa: UP007
    ]


class Recipe(BaseModel):
    """How a model is made.

    `backbone` is "built-in", a local folder or a hub name; with `parent` (a model version) its weights, backbone and
    shape are taken over instead and training goes on from there. `seed` fixes every draw.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    backbone: str = BUILT_IN
    parent: str | None = None
    shape: Shape = Shape()
    seed: int = Field(default=0, ge=0)
    steps: tuple[StepSettings, ...] = (FineTune(average=2), Calibrate(), Evaluate())

    @property
    def unlabelled(self) -> int:
        """How many texts that nobody labelled its steps can learn from."""
        return max((step.unlabelled for step in self.steps), default=0)

    def to_yaml(self) -> str:
        """The recipe as YAML; `Recipe.from_yaml` gives the same recipe back."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    @classmethod
    def from_yaml(cls, text: str, *, where: str = "recipe") -> Recipe:
        """Read a recipe; raises TrainingError naming the field that is wrong."""
        try:
            return cls.model_validate(yaml.safe_load(text) or {})
        except yaml.YAMLError as error:
            raise TrainingError(f"{where}: not readable as YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "recipe"
            raise TrainingError(f"{where}: {place} is wrong: {first['msg']}") from error

    @classmethod
    def from_file(cls, path: Path) -> Recipe:
        """Read a recipe file; raises TrainingError when it cannot be read."""
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TrainingError(f"cannot read recipe {path}: {error}") from error
        return cls.from_yaml(text, where=path.name)


def load_recipe(path: Path | str) -> Recipe:
    """Read a recipe file; raises TrainingError when it cannot be read or names the field that is wrong."""
    return Recipe.from_file(Path(path))


def default_recipe(task: Task) -> Recipe:
    """A recipe that does well for a task without further thought."""
    if task.part == "answer":
        return Recipe(shape=Shape(scheme="io", document="spans" if len(task.document_labels) == 2 else None))
    return Recipe(shape=Shape(max_length=256), steps=(FineTune(epochs=4, average=2), Calibrate(), Evaluate()))
