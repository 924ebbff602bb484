"""The same predictions on a Ray cluster: an adapter to Ray Data, which moves portions, and retries what is lost.

Portions are read on the machine that asks, by one task, and scored by a pool of actors that each keep one model in
memory. Ray restarts an actor that died and gives its portion to it again; portions come back in their order.
"""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from tokapp.errors import BadInput, ModelUnavailable, TokappError
from tokapp.inference.portions import Once, Portion, Scored, Source
from tokapp.settings import Settings

if TYPE_CHECKING:
    from tokapp.models import Model

Column = NDArray[np.object_]
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which model a cluster is to score with: by what name and settings it is loaded, and its fingerprint here."""

    name: str
    fingerprint: str
    settings: Settings = field(repr=False)
    batch_size: int | None = None


def score(source: Source, wanted: Wanted) -> Scored:
    """Each portion of a source with the predictions of its documents, in order, as `portions.score` gives them.

    The cluster is the one that Ray is connected to, else that of `settings.ray_address`, else one of this machine that
    is made for the purpose. The source must give the same portions each time. Raises BadInput without Ray or cluster,
    ModelUnavailable when a machine has another model of that name.
    """
    if os.sep in wanted.name and Path(wanted.name).is_dir():
        wanted = replace(wanted, name=str(Path(wanted.name).resolve()))  # workers stand in another folder
    with _connected(wanted.settings):
        yield from _portions(source, wanted)


def _portions(source: Source, wanted: Wanted) -> Scored:
    import ray
    from ray.exceptions import RayError

    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    workers, needs, settings = _pool(wanted.settings)
    start = ray.data.from_items([0], override_num_blocks=1)
    read = start.map_batches(_read, fn_kwargs={"source": source}, num_cpus=0, label_selector=here)
    scored = read.map_batches(
        _Worker,
        fn_kwargs={"wanted": replace(wanted, settings=settings)},
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=workers),
        **needs,
    )
    try:
        for batch in scored.iter_batches(batch_size=None, batch_format="numpy"):
            yield from batch["scored"]
    except RayError as error:
        raise _known(error) from error


def _pool(settings: Settings) -> tuple[int, dict[str, float], Settings]:
    """How many workers the cluster has room for, what each of them claims, and the settings that fit it.

    They claim half of the cores that they use: what was at work on a machine that is lost must find room on the others
    at once, since portions come back in order and so everything waits for it. A GPU is for one of them alone, as two
    halves would come from the same one.
    """
    import ray

    settings = replace(settings, api_token="", llm_key="")  # no business of other machines
    there = ray.cluster_resources()
    gpus, threads = int(there.get("GPU", 0)), settings.threads or 1
    if gpus and settings.device != "cpu":
        return gpus, {"num_gpus": 1}, settings
    workers = max(int(there.get("CPU", 1)) // threads, 1)
    return workers, {"num_cpus": threads / 2}, replace(settings, threads=threads)


def _read(_start: Mapping[str, Any], source: Source) -> Iterator[dict[str, Column]]:
    """Runs on the machine that asks, where the files or the database are."""
    for portion in source():
        yield {"portion": _cell(portion)}


class _Worker:
    """An actor: it loads its model with the first portion, so that an error there is told as what it is."""

    def __init__(self) -> None:
        self._once: Once | None = None

    def __call__(self, batch: Mapping[str, Column], wanted: Wanted) -> Iterator[dict[str, Column]]:
        self._once = self._once or Once(_load(wanted))
        for portion in cast("list[Portion]", batch["portion"]):
            predictions = self._once.predict(portion.documents, batch_size=wanted.batch_size)
            yield {"scored": _cell((portion, predictions))}


def _load(wanted: Wanted) -> Model:
    from tokapp.models import load_model

    model = load_model(wanted.name, settings=wanted.settings)
    if model.fingerprint != wanted.fingerprint:
        raise ModelUnavailable(
            f"a machine of the cluster has another model {wanted.name!r} than this one: let them share TOKAPP_HOME"
        )
    return model


def _cell(value: object) -> Column:
    """A column of one row: whatever it is stays one object."""
    column = np.empty(1, dtype=object)
    column[0] = value
    return column


@contextmanager
def _connected(settings: Settings) -> Iterator[None]:
    """Within it Ray has a cluster; one that this process brought is left or ended again."""
    # Both are read when Ray starts: nothing is told to anybody, and notes of its core do not stand among ours.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ImportError:
        raise BadInput("Ray is not installed here: pip install 'tokapp[ray]'") from None
    is_ours = not ray.is_initialized()
    if is_ours:
        _start(settings.ray_address)
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # a block, which is what travels, is a portion
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"ray\.data")
    try:
        yield
    finally:
        if is_ours:
            ray.shutdown()


def _start(address: str) -> None:
    import ray

    there: dict[str, Any] = {"address": address} if address else {"include_dashboard": False}
    try:
        _knock(address)
        ray.init(**there, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        reason = f"no Ray cluster answers at {address!r}" if address else "Ray does not start here"
        raise BadInput(f"{reason} ({error}); see TOKAPP_RAY_ADDRESS") from error


def _knock(address: str) -> None:
    """Raise OSError if nobody listens at a host and port: Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if "/" not in host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS).close()


def _known(error: BaseException) -> TokappError:
    """The error of ours that stopped the cluster, as it was raised over there; else a sentence about Ray's."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TokappError):
            return seen
        seen = getattr(seen, "cause", None) or seen.__cause__
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return ModelUnavailable(f"the Ray cluster gave up ({first}): see its logs, then do the same again to go on")
