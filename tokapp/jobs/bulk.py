"""The bulk job: an action on more documents than a page can wait for, chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping

from tokapp.documents import Json
from tokapp.jobs.context import Context
from tokapp.jobs.payload import BulkForm, read
from tokapp.store import JobRow


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Go on with an action until no document waits; a second attempt goes on where the first one stopped.

    The result holds `bulk` and, by outcome, how many documents came to it.
    """
    form = read(BulkForm, job.payload)
    bulk = context.store.bulk(form.bulk)
    while waiting := bulk.outcomes.get("waiting", 0):
        done = bulk.documents - waiting
        context.report(progress=done / bulk.documents, message=f"{done:,} of {bulk.documents:,} documents")
        bulk = context.store.run_bulk(bulk.id, by=form.by)
    return {"bulk": bulk.id, **{str(name): count for name, count in bulk.outcomes.items()}}
