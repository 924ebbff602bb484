"""The export as people choose it: a format, which documents, one file or one for each split."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import streamlit as st

from tokapp.documents import Document
from tokapp.evaluation.splits import Split
from tokapp.store.values import DocumentFilter
from tokapp.ui import layout, session
from tokapp.ui.text import escape, plain

if TYPE_CHECKING:
    from tokapp.store import Store
    from tokapp.store.values import Project

SPLITS: tuple[Split, ...] = get_args(Split)
_SHOWN_DOCUMENTS, _SHOWN_LINES, _WIDEST = 5, 12, 400


@dataclass(frozen=True, slots=True)
class Form:
    """A file format as people know it."""

    title: str
    meaning: str
    ending: str
    mime: str


FORMS = {
    "jsonl": Form("JSONL", "Holds everything; comes back without any loss.", ".jsonl", "application/x-ndjson"),
    "csv": Form("CSV", "A table for spreadsheets; spans stand as JSON in one column.", ".csv", "text/csv"),
    "conll": Form("CoNLL / IOB2", "One word a line with its tag, for sequence taggers.", ".conll", "text/plain"),
    "spacy": Form("spaCy JSONL", "Texts with span groups, for spaCy and Prodigy.", ".jsonl", "application/x-ndjson"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What to write: the format, which documents, and whether each split gets a file of its own."""

    form: str
    where: DocumentFilter
    labelled_only: bool
    is_split: bool

    def documents(self, store: Store, project_id: int) -> list[Document]:
        """The documents that go into the export."""
        return list(store.gold(project_id, self.where, labelled_only=self.labelled_only))


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made when it is asked for."""

    name: str
    mime: str
    make: Callable[[], bytes]


def draw_form() -> str:
    """Draw the formats and give the name of the chosen one, which the address holds."""
    from tokapp.formats import formats

    wanted = st.query_params.get("format", "").lower()
    offered = [name for name in FORMS if name in formats()]
    chosen = st.segmented_control(
        "Format",
        offered,
        default=wanted if wanted in offered else "jsonl",
        required=True,
        format_func=lambda name: FORMS[name].title,
        key="format",
    )
    layout.remember(format=None if chosen == "jsonl" else chosen)
    st.caption(escape(FORMS[chosen].meaning))
    return chosen


def draw_choice(project: Project, form: str) -> Choice:
    """Draw the filters and the split; what was chosen."""
    columns = st.columns([3, 3, 2, 3, 3], vertical_alignment="bottom")
    labels = list(dict.fromkeys([*project.task.span_names, *project.task.document_names]))
    label = columns[0].selectbox(
        "Has label", [None, *labels], key=f"export_label_{project.id}", format_func=lambda one: plain(one or "any")
    )
    source = columns[1].selectbox(
        "Source",
        [None, *session.store().sources(project.id)],
        key=f"export_source_{project.id}",
        format_func=lambda one: plain(one or "any"),
    )
    split = columns[2].selectbox(
        "Part", [None, *SPLITS], key=f"export_part_{project.id}", format_func=lambda one: one or "all"
    )
    everything = columns[3].toggle(
        "Unlabelled too", key="export_everything", help="Also what nobody has gone through yet."
    )
    is_split = columns[4].toggle(
        "One file per part",
        key="export_split",
        disabled=split is not None,
        help="A ZIP with train, validation and test, as drawn at import.",
    )
    where = DocumentFilter(label=label, source=source, split=split)
    return Choice(form, where, not everything, is_split and split is None)


def draw_beginning(documents: Sequence[Document], form: str) -> None:
    """The first lines of the file as they will be written."""
    from tokapp.formats import to_bytes

    written = plain(to_bytes(documents[:_SHOWN_DOCUMENTS], form).decode("utf-8"))
    lines = written.splitlines()[:_SHOWN_LINES]
    st.caption("How the file begins")
    st.code("\n".join(line if len(line) <= _WIDEST else f"{line[:_WIDEST]} …" for line in lines), language=None)


def draw_losses(documents: Sequence[Document], form: str) -> None:
    """Say what the format cannot hold of these documents, before anything is written."""
    from tokapp.formats import loss_report

    report = loss_report(documents, form)
    if not report:
        st.success("Nothing is lost in this format.", icon=":material/verified:")
        return
    heads = [line for line in report.lines if not line.startswith("  ")]
    st.warning("This format cannot hold: " + escape("; ".join(heads)), icon=":material/warning:")
    details = [line.strip() for line in report.lines if line.startswith("  ")]
    if details:
        with st.expander("Which ones", key="losses"):
            st.dataframe({"Where": details}, hide_index=True, key="loss_table", alt="What this format does not hold")
    st.caption("JSONL holds all of it.")


def bundle(project: Project, choice: Choice) -> Download:
    """The file behind the download button."""
    stem = re.sub(r"[^\w-]+", "-", project.name).strip("-").lower() or "export"
    form = FORMS[choice.form]
    if choice.is_split:
        return Download(f"{stem}-{choice.form}.zip", "application/zip", lambda: _zip(project, choice))
    return Download(f"{stem}{form.ending}", form.mime, lambda: _bytes(project, choice))


def _bytes(project: Project, choice: Choice) -> bytes:
    from tokapp.formats import to_bytes

    return to_bytes(choice.documents(session.store(), project.id), choice.form)


def _zip(project: Project, choice: Choice) -> bytes:
    """Train, validation and test as the store drew them, each complete even when empty."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for split in SPLITS:
            part = replace(choice, where=replace(choice.where, split=split))
            archive.writestr(f"{split}{FORMS[choice.form].ending}", _bytes(project, part))
    return stream.getvalue()
