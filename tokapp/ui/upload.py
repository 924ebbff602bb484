"""The upload: files in, a preview that shows and lets change how they are read, an import with a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Document
from tokapp.errors import TokappError
from tokapp.ui import access, session
from tokapp.ui.text import count, escape, number, plain, shorten

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from tokapp.formats import Failure, Preview
    from tokapp.store.values import Project

_FIELDS = {
    "text": ("Text", "What is labelled. Every other column is kept beside it."),
    "id": ("Id", "Names a document in your own files."),
    "label": ("Label of the document", "One of the project's document labels."),
    "spans": ("Spans", "Marked spans, as JSON."),
    "question": ("Question", "What was asked."),
    "context": ("Passages", "What an answer must be backed by."),
    "group": ("Group", "Documents of one group stay on one side of the split."),
}
_ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "cp1252",
    "latin-1",
    "mac-roman",
    "cp1251",
    "shift_jis",
    "gb18030",
    "big5",
)
_DELIMITERS = {",": "comma  ,", ";": "semicolon  ;", "\t": "tab", "|": "bar  |"}
_SHOWN_FAILURES = 500


@dataclass(slots=True)
class Choice:
    """How a person wants a file to be read; None means: as guessed."""

    mapping: Mapping[str, str | None] | None = None
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of one file."""

    file: str
    added: int = 0
    duplicates: int = 0
    failures: list[Failure] = field(default_factory=list)
    error: str = ""


def draw_upload(project: Project) -> None:
    """Draw uploader, preview and import button; after an import its report."""
    from tokapp.formats import UPLOAD_LIMIT, readable_extensions

    files = st.file_uploader(
        "Files",
        type=[extension.removeprefix(".") for extension in readable_extensions()],
        accept_multiple_files=True,
        max_upload_size=UPLOAD_LIMIT // 2**20,
        key=f"upload_{project.id}_{st.session_state.get('upload_turn', 0)}",
        label_visibility="collapsed",
    )
    if files:
        choice = _draw_preview(project, files)
        label = f"Import {count(len(files), 'file')}"
        if access.button(label, "import", key="import_start", type="primary", icon=":material/upload:"):
            outcomes = [_import(project, file, choice.get(file.file_id, Choice())) for file in files]
            st.session_state["import_report"] = (project.id, outcomes)
            st.session_state["upload_turn"] = st.session_state.get("upload_turn", 0) + 1
            st.rerun()


def draw_report(project: Project) -> bool:
    """Draw what the last import into this project did; whether there was one."""
    project_id, outcomes = st.session_state.get("import_report", (None, []))
    if project_id != project.id:
        return False
    for outcome in outcomes:
        if outcome.error:
            st.error(escape(outcome.error), icon=":material/error:")
        if outcome.added or outcome.duplicates or outcome.failures:
            _draw_outcome(outcome, project.task.noun)
    _draw_failures([failure for outcome in outcomes for failure in outcome.failures])
    return True


def _draw_outcome(outcome: Outcome, noun: str) -> None:
    parts = [f"{count(outcome.added, noun)} added from {outcome.file}"]
    if outcome.duplicates:
        parts.append(f"{number(outcome.duplicates)} were there already")
    if outcome.failures:
        parts.append(f"{count(len(outcome.failures), 'row')} could not be read")
    draw = st.success if outcome.added and not outcome.failures else st.warning
    draw(escape(", ".join(parts)) + r"\.", icon=":material/task_alt:" if outcome.added else ":material/info:")


def _draw_failures(failures: list[Failure]) -> None:
    if not failures:
        return
    from tokapp.formats import failures_table

    st.markdown(f"**{count(len(failures), 'row')} not imported**")
    shown = failures[:_SHOWN_FAILURES]
    st.dataframe(
        {
            "File": [one.file for one in shown],
            "Place": [one.place for one in shown],
            "Reason": [one.reason for one in shown],
            "Content": [shorten(one.raw, 200) for one in shown],
        },
        key="failed_rows",
        height=min(36 * len(shown) + 40, 260),
        alt="Rows that were not imported, with place and reason",
    )
    st.download_button(
        "Download these rows",
        lambda: failures_table(failures),
        file_name="not-imported.csv",
        mime="text/csv",
        key="failed_download",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw_preview(project: Project, files: list[UploadedFile]) -> dict[str, Choice]:
    """The preview of one file; gives the choices made so far for all of them."""
    choices: dict[str, Choice] = st.session_state.setdefault("import_choices", {})
    names = {file.file_id: file for file in files}
    chosen = next(iter(names))
    if len(files) > 1:
        chosen = st.selectbox(
            "Preview of", list(names), format_func=lambda key: plain(names[key].name), key="preview_file", width=420
        )
    file = names[chosen]
    with session.guard():
        choices[chosen] = _draw_reading(project, file, choices.get(chosen, Choice()))
    return choices


def _draw_reading(project: Project, file: UploadedFile, choice: Choice) -> Choice:
    from tokapp.formats import preview

    found = preview(
        file.getvalue(), file.name, project.task, encoding=choice.encoding, delimiter=choice.delimiter, rows=20
    )
    for note in found.notes:
        st.caption(f":material/info: {escape(note)}")
    mapping: dict[str, str | None] = {}
    with st.container(border=True, key="reading"):
        if found.columns:
            mapping = _draw_mapping(project, file.file_id, found)
        encoding, delimiter = _draw_encoding(file.file_id, found, choice)
    _draw_rows(found, mapping.get("text"))
    new = Choice(mapping or None, encoding, delimiter)
    if (encoding, delimiter) != (choice.encoding, choice.delimiter):
        st.session_state["import_choices"][file.file_id] = new
        st.rerun()
    return new


def _draw_mapping(project: Project, file_id: str, found: Preview) -> dict[str, str | None]:
    task = project.task
    offered = ["text", "id", "spans", "group"]
    offered += ["label"] if task.document_labels else []
    offered += ["question", "context"] if task.part == "answer" else []
    mapping = {one.name: getattr(found.mapping, one.name) for one in fields(found.mapping) if one.name in _FIELDS}
    columns = st.columns(min(len(offered), 4))
    for place, name in enumerate(offered):
        title, meaning = _FIELDS[name]
        guess = mapping[name]
        options = [*found.columns] if name == "text" and guess else [None, *found.columns]
        mapping[name] = columns[place % len(columns)].selectbox(
            title,
            options,
            index=options.index(guess) if guess in options else 0,
            format_func=lambda column: "–" if column is None else plain(column),
            key=f"map_{name}_{file_id}_{found.encoding}_{found.delimiter}",
            help=meaning,
        )
    return mapping


def _draw_encoding(file_id: str, found: Preview, choice: Choice) -> tuple[str | None, str | None]:
    columns = st.columns(4)
    encoding, delimiter = choice.encoding, choice.delimiter
    if found.encoding:
        known = list(dict.fromkeys([found.encoding, *_ENCODINGS]))
        picked = columns[0].selectbox(
            "Encoding",
            known,
            index=known.index(found.encoding),
            key=f"encoding_{file_id}",
            help="Change it if letters with accents look wrong below.",
        )
        encoding = picked if picked != found.encoding else choice.encoding
    if found.delimiter:
        marks = list(dict.fromkeys([found.delimiter, *_DELIMITERS]))
        mark = columns[1].selectbox(
            "Cells are parted by",
            marks,
            index=marks.index(found.delimiter),
            format_func=lambda one: _DELIMITERS.get(one, repr(one)),
            key=f"delimiter_{file_id}",
        )
        delimiter = mark if mark != found.delimiter else choice.delimiter
    return encoding, delimiter


def _draw_rows(found: Preview, text_column: str | None) -> None:
    order = sorted(range(len(found.columns)), key=lambda place: found.columns[place] != text_column)
    st.dataframe(
        {found.columns[place]: [shorten(row[place], 200) for row in found.rows] for place in order},
        key="preview_rows",
        height=min(36 * len(found.rows) + 40, 250),
        alt="The first rows of the file",
    )


def _import(project: Project, file: UploadedFile, choice: Choice) -> Outcome:
    outcome = Outcome(file.name)
    bar = st.progress(0.0, text=escape(f"Reading {file.name}"))
    size = max(file.size, 1)
    read = 0

    def documents() -> Iterator[Document]:
        nonlocal read
        from tokapp.formats import UPLOAD_LIMIT, iter_documents

        items = iter_documents(
            file.getvalue(),
            project.task,
            name=file.name,
            mapping=choice.mapping,
            encoding=choice.encoding,
            delimiter=choice.delimiter,
            max_bytes=UPLOAD_LIMIT,
        )
        for item in items:
            if isinstance(item, Document):
                read += len(item.text)
                yield item
            else:
                outcome.failures.append(item)

    def report(done: int) -> None:
        bar.progress(min(read / size, 0.99), text=f"{number(done)} read")

    try:
        added = session.store().add_documents(project.id, documents(), source=file.name, progress=report)
        outcome.added, outcome.duplicates = added.added, added.duplicates
    except TokappError as error:
        outcome.error = str(error)
    bar.empty()
    return outcome
