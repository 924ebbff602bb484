"""Trainings that start by themselves, where a project chose so: what speaks for one, and the job with its reason."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tokapp.documents import Json
from tokapp.evaluation.decisions import Share, rates
from tokapp.store import JobRow, Store
from tokapp.store.decisions import own
from tokapp.store.training_rules import TrainingRules

LEAST_DECISIONS = 20
"""So few decisions on suggestions say nothing about how many are accepted."""
_EVERY = 60.0
"""Seconds between two looks at the rules."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a project is since its last training, or since its beginning.

    `accepted` is the share of the model in use's suggestions that people accepted since; None where no rule asks.
    """

    since: datetime | None
    corrections: int
    accepted: Share | None = None

    def reason(self, rules: TrainingRules, now: datetime) -> str | None:
        """Why a training is due by the rules; None while it is not."""
        if rules.corrections is not None and self.corrections >= rules.corrections:
            return (
                f"{self.corrections:,} corrections since the last training, {rules.corrections:,} were to be waited for"
            )
        if rules.hours is not None and self.corrections and self._is_older(rules.hours, now):
            return f"{rules.hours:,} hours have passed, and there were {self.corrections:,} corrections meanwhile"
        if rules.accept_below is not None and self._is_refused(rules.accept_below):
            assert self.accepted is not None  # or nothing could be refused
            return (
                f"of {self.accepted.total:,} suggestions {self.accepted.count:,} were accepted since the last "
                f"training, less than {rules.accept_below:.0%}"
            )
        return None

    def _is_older(self, hours: int, now: datetime) -> bool:
        return self.since is None or now - self.since >= timedelta(hours=hours)

    def _is_refused(self, below: float) -> bool:
        """Whether all of the interval lies below: a few refusals may be chance."""
        return self.accepted is not None and self.accepted.total >= LEAST_DECISIONS and self.accepted.high < below


def standing(store: Store, project_id: int, rules: TrainingRules) -> Standing:
    """How far a project is since its last training; raises NotFound."""
    since = store.last_training(project_id)
    accepted = _accepted(store, project_id, since) if rules.accept_below is not None else None
    return Standing(since, store.corrections_since(project_id, since), accepted)


def _accepted(store: Store, project_id: int, since: datetime | None) -> Share:
    in_use = store.promoted(store.project(project_id).task.name)
    name = "" if in_use is None else in_use.name
    recent = [one for one in own(store.decisions(project_id)) if since is None or one.at > since]
    return rates(one for one in recent if one.model == name).share("accepted")


def payload_for(store: Store, project_id: int, reason: str) -> dict[str, Json]:
    """A training by the task's usual recipe that goes on from the model in use, with why it starts."""
    from tokapp.training import default_recipe

    task = store.project(project_id).task
    rows = store.models(task.name)
    bases = sorted((row for row in rows if not row.is_ensemble), key=lambda row: row.state != "promoted")
    recipe = json.loads(default_recipe(task).model_dump_json())
    base = bases[0].name if bases else None
    return {"name": f"{task.name}-v{len(rows) + 1}", "base": base, "recipe": recipe, "reason": reason}


class Starter:
    """Looks once a minute whether a training is due; where nobody chose any rule that is one small query.

    What takes longer, the rate of acceptance, is computed anew only once somebody has done something.
    """

    def __init__(self, store: Store, *, every: float = _EVERY) -> None:
        self._store, self._every, self._next = store, every, 0.0
        self._seen: dict[int, tuple[int, TrainingRules, datetime | None]] = {}

    def look(self) -> list[JobRow]:
        """The trainings that were started; raises StoreUnavailable."""
        if time.monotonic() < self._next:
            return []
        self._next = time.monotonic() + self._every
        rules = self._store.projects_with_training_rules()
        found = (self._start(project_id, one) for project_id, one in rules.items())
        return [job for job in found if job is not None]

    def _start(self, project_id: int, rules: TrainingRules) -> JobRow | None:
        store = self._store
        state = (store.newest_event(project_id), rules, store.last_training(project_id))
        if rules.hours is None and self._seen.get(project_id) == state:
            return None
        reason = standing(store, project_id, rules).reason(rules, datetime.now(UTC))
        if reason is None:
            self._seen[project_id] = state
            return None
        return store.start_training(project_id, payload_for(store, project_id, reason))
