"""Answers behind the page: one thread for first ones, one that evaluates more coalitions while no first one is due.

They are threads of the app and no job: the model and the scores of the first answer are here, they start at once, and
PyTorch leaves the interpreter to the pages while it computes. Each takes one document at a time, and only what somebody
still looks at, and stores what it finds, so that everybody else and the next visit see it.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

import streamlit as st
from streamlit import runtime

from tokapp.documents import Attribution, Document, Target
from tokapp.errors import TokappError
from tokapp.explanations import QUICK, default_budget
from tokapp.explanations.explainer import Explainer

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.store import Store

_log = logging.getLogger(__name__)
_PATIENCE = 45.0
"""Seconds after which a work that nobody has looked at is dropped."""
_MOST_WAITING = 16
_MOST_KEPT = 4
_MOST_KNOWN = 256

Key: TypeAlias = tuple[int, str, tuple[Target, ...], int]
"""Document, model, decisions and budget."""
State: TypeAlias = Literal["waiting", "running", "done", "failed"]


class _Unseen(TokappError):
    """Nobody looks at this work any more."""


@dataclass(slots=True)
class Work:
    """One refinement: how far it is (0 to 1), and when somebody last looked at it."""

    targets: tuple[Target, ...]
    budget: int
    state: State = "waiting"
    share: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    ended: Event = field(default_factory=Event)

    def look(self) -> bool:
        """Whether it waits or runs; what nobody looks at is dropped."""
        self.seen = time.monotonic()
        return self.state in ("waiting", "running")

    def check(self, share: float) -> None:
        """Note how far it is; raises once nobody looks, or when the app ends, which would wait for it."""
        self.share = share
        if time.monotonic() - self.seen > _PATIENCE or _is_ending():
            raise _Unseen("nobody looks at this explanation any more")


def _is_ending() -> bool:
    return runtime.exists() and runtime.get_instance().state.name in ("STOPPING", "STOPPED")


class Refiner:
    """Explainers of the documents that were looked at last, and the refinements that are asked for."""

    def __init__(self) -> None:
        self._first = ThreadPoolExecutor(1, "explain")
        self._better = ThreadPoolExecutor(1, "refine")
        self._lock = Lock()
        self._calm = Event()
        self._calm.set()
        self._explainers: OrderedDict[tuple[str, str], Explainer] = OrderedDict()
        self._works: OrderedDict[Key, Work] = OrderedDict()

    def explainer(self, model: Model, document: Document) -> Explainer:
        """What knows the scores of a document; it also serves other decisions about the same words."""
        key = (model.fingerprint, document.hash)
        with self._lock:
            found = self._explainers.pop(key, None) or Explainer(model, document)
            self._explainers[key] = found
            while len(self._explainers) > _MOST_KEPT:
                self._explainers.popitem(last=False)
        return found

    def ask(
        self,
        pk: int,
        model: str,
        targets: tuple[Target, ...],
        budget: int,
        *,
        load: Callable[[], Explainer],
        store: Store,
    ) -> Work | None:
        """The work that explains some decisions with a budget, begun if it is new; None while too much else waits."""
        key = (pk, model, targets, budget)
        with self._lock:
            if key in self._works:
                return self._works[key]
            if sum(one.state == "waiting" for one in self._works.values()) >= _MOST_WAITING:
                return None
            work = self._works[key] = Work(targets, budget)
            while len(self._works) > _MOST_KNOWN:
                self._works.popitem(last=False)
        pool = self._first if budget == QUICK else self._better
        pool.submit(self._run, key, work, load, store)
        return work

    def _run(
        self,
        key: Key,
        work: Work,
        load: Callable[[], Explainer],
        store: Store,
    ) -> None:
        is_first = work.budget == QUICK

        def check(share: float) -> None:
            if not is_first:
                self._calm.wait(_PATIENCE)
            work.check(share)

        try:
            work.check(0.0)
            work.state = "running"
            if is_first:
                self._calm.clear()
            found = load().explain(work.targets, budget=work.budget, progress=check)
            known = {one.target: one.evaluations for one in store.attributions(key[0], key[1])}
            store.add_attributions(key[0], [one for one in found if one.evaluations > known.get(one.target, 0)])
            work.state = "done"
        except _Unseen:
            self._forget(key)
        except Exception:  # noqa: BLE001  the edge of the thread: the page shows that it failed, and why is in the log
            _log.exception("refining an explanation failed document=%s model=%s", key[0], key[1])
            work.state = "failed"
            self._forget(key, is_first=is_first)
        finally:
            if is_first:
                self._calm.set()
            work.ended.set()

    def _forget(self, key: Key, *, is_first: bool = True) -> None:
        """Let a work be asked for again; a refinement that failed would fail once a second."""
        if is_first:
            with self._lock:
                self._works.pop(key, None)


@st.cache_resource(show_spinner=False)
def refiner() -> Refiner:
    """The one of this process."""
    return Refiner()


def next_budget(attribution: Attribution) -> int:
    """How many evaluations the next stage has: a settled answer, then at least 16 for each word, then twice as many."""
    players = len(attribution.words)
    settled = default_budget(players)
    if attribution.evaluations < settled:
        return settled
    return max(2 * attribution.evaluations, 16 * players)
