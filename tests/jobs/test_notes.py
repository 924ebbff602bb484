"""What a model warns of while a job runs stands in the log of that job, and of no other."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import torch

from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.models.encoding import Batch
from tokapp.models.network import Outputs
from tokapp.models.pieces import InPieces
from tokapp.settings import Settings
from tokapp.store import Store


def run_short_of_memory() -> None:
    """Four rows of eight tokens on a device that holds ten tokens at once."""

    def forward(batch: Batch) -> Outputs:
        if batch.input_ids.size > 10:
            raise torch.OutOfMemoryError("Tried to allocate 2.00 GiB.")
        return Outputs(torch.zeros(*batch.input_ids.shape, 2))

    ids = np.zeros((4, 8), np.int64)
    InPieces(torch.device("cpu")).run(forward, Batch(ids, ids, ids, ids > 0, None))


def test_a_job_says_that_memory_ran_out_and_goes_on(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path)})
    store = Store(settings.database_url)
    queued = store.enqueue("predict", payload={})
    job = store.claim("me")
    assert job is not None
    with Context(store, settings, job, "me", Resident(settings)) as context:
        run_short_of_memory()
        other = threading.Thread(target=run_short_of_memory)
        other.start()
        other.join()
        context.flush()
    run_short_of_memory()
    context.flush()
    assert [line.split(": ", 1)[-1] for line in store.job(queued.id).log] == [
        "memory of cpu ran out with 32 tokens at once; from now on there are at most 16",
        "memory of cpu ran out with 16 tokens at once; from now on there are at most 8",
    ]
    store.close()
