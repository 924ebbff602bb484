"""Imports on the screen: small ones are done at once, large ones by the worker; and the report of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from tokapp.settings import FAILURES
from tokapp.store.importing import Choice, import_file
from tokapp.store.uploads import AT_ONCE, Upload, queue_import
from tokapp.ui import session
from tokapp.ui.text import count, escape, number, plain, shorten

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from tokapp.documents import Json
    from tokapp.formats import Failure
    from tokapp.store.values import JobRow, Project

Uploads: TypeAlias = Sequence[tuple["UploadedFile", Choice]]

_SHOWN = 500
_NEWS = timedelta(hours=1)
_REPORT, _CLOSED = "import_report", "import_closed"


@dataclass(slots=True)
class Outcome:
    """What became of one file."""

    file: str
    added: int = 0
    duplicates: int = 0
    failed: int = 0


@dataclass(slots=True)
class Report:
    """What an import did: `failures` holds the first rows that did not go in, `job` has them all.

    `error` says what ended it before all files were in.
    """

    outcomes: list[Outcome]
    failures: list[Failure] = field(default_factory=list)
    job: int | None = None
    error: str = ""


def start(project: Project, uploads: Uploads) -> None:
    """Import small files here and now; put larger ones before the worker, which goes on when the page is closed."""
    if sum(file.size for file, _ in uploads) > AT_ONCE:
        st.session_state.pop(_REPORT, None)
        files = [Upload(file.name, file, choice) for file, choice in uploads]
        queue_import(session.store(), session.settings().uploads, project.id, files)
    else:
        # Nothing is drawn in between: a page that is closed is stopped where it next draws.
        st.session_state[_REPORT] = (project.id, _import_now(project, uploads))


def _import_now(project: Project, uploads: Uploads) -> Report:
    report = Report([])
    for file, choice in uploads:
        point = import_file(
            session.store(),
            project,
            file.getvalue(),
            name=file.name,
            choice=choice,
            on_failure=report.failures.append,
        )
        report.outcomes.append(Outcome(file.name, point.added, point.duplicates, point.failed))
    return report


def draw_report(project: Project) -> bool:
    """Draw what the last import into this project did, until it is closed or old; whether there was one."""
    report = _last_report(project)
    if report is None:
        return False
    with st.container(key="import_done", gap="small"):
        if report.error:
            again = "What it had read stays; upload the files again for the rest."
            st.error(escape(f"The import stopped: {report.error.rstrip('.')}. {again}"), icon=":material/error:")
        for outcome in report.outcomes:
            _draw_outcome(outcome, project.task.noun)
        _draw_failures(report)
        if st.button("Close this report", key="import_close", type="tertiary", icon=":material/close:"):
            st.session_state.pop(_REPORT, None)
            st.session_state.setdefault(_CLOSED, set()).add(report.job)
            st.rerun()
    return True


def _last_report(project: Project) -> Report | None:
    """The report of this tab, else that of the worker's last import if it is news."""
    project_id, report = st.session_state.get(_REPORT, (None, None))
    if report is not None and project_id == project.id:
        return report  # type: ignore[no-any-return]  # what `start` put there
    ended = (one for one in session.store().jobs(project.id, "import", limit=5) if one.state in ("done", "failed"))
    job = next(ended, None)
    if job is None or job.finished is None or job.id in st.session_state.get(_CLOSED, ()):
        return None
    finished = job.finished if job.finished.tzinfo else job.finished.replace(tzinfo=UTC)
    return _report_of(job) if datetime.now(UTC) - finished < _NEWS else None


def _report_of(job: JobRow) -> Report:
    from tokapp.formats.failures import read_failures

    told = job.result.get("files")
    outcomes = [_outcome(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    file = session.settings().job_folder(job.id) / FAILURES
    return Report(outcomes, list(read_failures(file, limit=_SHOWN)), job.id, job.error)


def _outcome(told: dict[str, Json]) -> Outcome:
    counts = {
        name: value if isinstance(value := told.get(name), int) else 0 for name in ("added", "duplicates", "failed")
    }
    return Outcome(str(told.get("name", "")), **counts)


def _draw_outcome(outcome: Outcome, noun: str) -> None:
    if not outcome.added and not outcome.duplicates:
        st.warning(escape(f"Nothing was added from {outcome.file}: see why below."), icon=":material/info:")
        return
    parts = [f"{count(outcome.added, noun)} added from {outcome.file}"]
    if outcome.duplicates:
        parts.append(f"{number(outcome.duplicates)} {'was' if outcome.duplicates == 1 else 'were'} there already")
    if outcome.failed:
        parts.append(f"{count(outcome.failed, 'row')} could not be read")
    draw = st.success if outcome.added and not outcome.failed else st.warning
    draw(escape(", ".join(parts)) + r"\.", icon=":material/task_alt:" if outcome.added else ":material/info:")


def _draw_failures(report: Report) -> None:
    if not report.failures:
        return
    total = max(sum(outcome.failed for outcome in report.outcomes), len(report.failures))
    st.markdown(f"**{count(total, 'row')} not imported**")
    shown = list(islice(report.failures, _SHOWN))
    st.dataframe(
        {
            "File": [shorten(one.file, 60) for one in shown],
            "Place": [shorten(one.place, 60) for one in shown],
            "Reason": [plain(one.reason) for one in shown],
            "Content": [shorten(one.raw, 200) for one in shown],
        },
        hide_index=True,
        placeholder="–",
        column_config={"File": st.column_config.TextColumn(width=140), "Place": st.column_config.TextColumn(width=90)},
        key="failed_rows",
        height=min(36 * len(shown) + 40, 260),
        alt="Rows that were not imported, with place and reason",
    )
    st.download_button(
        "Download these rows",
        lambda: _all_failures(report),
        file_name="not-imported.csv",
        mime="text/csv",
        key="failed_download",
        icon=":material/download:",
        on_click="ignore",
    )


def _all_failures(report: Report) -> bytes:
    from tokapp.formats import failures_table
    from tokapp.formats.failures import read_failures

    found: Iterable[Failure] = report.failures
    if report.job is not None:
        found = read_failures(session.settings().job_folder(report.job) / FAILURES)
    return failures_table(found)
