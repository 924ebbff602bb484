"""The upload: files in, and a preview that shows and lets change how they are read."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.store.importing import Choice
from tokapp.ui import access, importing, session
from tokapp.ui.text import count, escape, plain, shorten

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from tokapp.formats import Preview
    from tokapp.store.values import Project

_FIELDS = {
    "text": ("Text", "What is labelled. Every other column is kept beside it."),
    "id": ("Id", "Names a document in your own files."),
    "label": ("Label of the document", "One of the project's document labels."),
    "spans": ("Spans", "Marked spans, as JSON."),
    "question": ("Question", "What was asked."),
    "context": ("Passages", "What an answer must be backed by."),
    "group": ("Group", "An app, a thread, a passage: its documents stay on one side of the split."),
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


def draw_upload(project: Project) -> None:
    """Draw uploader, preview and import button."""
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
            importing.start(project, [(file, choice.get(file.file_id, Choice())) for file in files])
            st.session_state["upload_turn"] = st.session_state.get("upload_turn", 0) + 1
            st.rerun()


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
        {plain(found.columns[place]): [shorten(row[place], 200) for row in found.rows] for place in order},
        key="preview_rows",
        height=min(36 * len(found.rows) + 40, 250),
        alt="The first rows of the file",
    )
