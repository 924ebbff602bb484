"""A version for other tools: as a zip file with a plain Hugging Face folder, or sent to the model hub."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from tokapp import places
from tokapp.ui import access, session
from tokapp.ui.about import record_of
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.store.values import ModelRow


def draw_plain_export(row: ModelRow) -> None:
    """The file to download and, where a token is set, the form that sends it to the hub."""
    if row.is_ensemble:
        return
    with st.expander("Use it elsewhere", icon=":material/ios_share:", key="elsewhere"):
        st.caption(
            "A plain folder with weights and tokenizer, as `AutoModelForTokenClassification.from_pretrained` and the "
            "`token-classification` pipeline of transformers load it."
        )
        reason = obstacle(row)
        if reason:
            st.caption(escape(reason))
            return
        if not access.may("export"):
            st.caption(access.refusal("export"))
            return
        st.download_button(
            "Download it as a zip file",
            data=access.checked("export", maker(row.name)),
            file_name=f"{row.name}.zip",
            mime="application/zip",
            key="plain_zip",
            icon=":material/download:",
            on_click="ignore",
        )
        if session.settings().hub_token:
            _draw_push(row)


def obstacle(row: ModelRow) -> str:
    """Why a version cannot be written so, as far as its folder tells; empty if it can."""
    folder = places.version(row.name, session.settings().models)
    if folder is None:
        return "Only versions that are kept here can be written so."
    design = record_of(folder, "config")
    shape = design.get("shape")
    has_parts = design.get("bottleneck") is not None or bool(design.get("feature_width"))
    is_more = has_parts or (isinstance(shape, dict) and bool(shape.get("hidden")))
    if is_more or not design.get("classes"):
        return f"{row.name} is more than a plain token classifier, so it cannot be written as one."
    return ""


def maker(name: str) -> Callable[[], bytes]:
    """What makes the zip file of a model once somebody wants it; raises ModelUnavailable, ModelCorrupt."""
    model = _loader(name)

    def make() -> bytes:
        from tokapp.models.export import zip_plain

        with tempfile.TemporaryDirectory() as scratch:
            return zip_plain(model(), Path(scratch) / "plain.zip").read_bytes()

    return make


def _loader(name: str) -> Callable[[], Model]:
    settings = session.settings()

    def load() -> Model:
        from tokapp.models import load_model

        return load_model(name, settings=replace(settings, precision="float32"), device="cpu")

    return load


def _draw_push(row: ModelRow) -> None:
    from tokapp.models.hub import push

    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.text_input("Name on the hub", placeholder="owner/name", key="hub_name", width=300)
        is_private = st.checkbox("Private", value=True, key="hub_private")
        pressed = access.button("Send it to the hub", "export", key="hub_push", disabled=not target.strip())
    if pressed:
        with session.guard(), st.spinner("Sending it to the hub …"):
            sent = push(_loader(row.name)(), target.strip(), session.settings().hub_token, is_private=is_private)
            st.success(escape(f"It is at {sent}"), icon=":material/cloud_done:")
