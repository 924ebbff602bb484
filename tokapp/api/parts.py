"""What the endpoints share: settings, store, models and limits, and which model a request means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from tokapp import places
from tokapp.api.limits import Gate, Limits
from tokapp.errors import BadInput, NotFound
from tokapp.inference.resident import Resident, check_fits
from tokapp.jobs.predict import model_in_use
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task

if TYPE_CHECKING:
    from tokapp.models import Model


@dataclass(frozen=True, slots=True)
class Parts:
    """What an application works with."""

    settings: Settings
    store: Store
    models: Resident
    limits: Limits
    gate: Gate = field(init=False)
    streams: Gate = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gate", Gate(self.limits.at_once))
        object.__setattr__(self, "streams", Gate(self.limits.streams))

    def model_name(self, model: str | None, task: str | None) -> str:
        """The version that is named, else the one in use for the task.

        Raises NotFound, BadInput. Folders and hub names are no versions: a request must not make the server read them.
        """
        if model is None and task is None:
            raise BadInput("name a model or a task", where="model")
        name = model if model is not None else model_in_use(self.store, task or "")
        if places.version(name, self.settings.models) is None:
            said = f"there is no model version {name[:100]!r}"
            raise NotFound(f"{said if model is not None else f'{said} for the task'}; GET /v1/models lists them")
        return name

    def load(self, model: str | None, task: str | None) -> Model:
        """The same, loaded; raises also ModelUnavailable, ModelCorrupt."""
        found = self.models.load(self.model_name(model, task))
        self.check_task(found, model, task)
        return found

    def check_task(self, found: Model, model: str | None, task: str | None) -> None:
        """Raise BadInput if a model that is named beside a task is for another one, NotFound for an unknown task."""
        if model is not None and task is not None and task != found.task.name:
            check_fits(found, load_task(task))


def _parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


Shared = Annotated[Parts, Depends(_parts)]
