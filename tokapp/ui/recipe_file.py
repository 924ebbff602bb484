"""A recipe as a file: shown, given away, and taken in place of the page's controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
import yaml

from tokapp.documents import Json
from tokapp.errors import TrainingError
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.ui.training_form import Request

_LARGEST_MB = 1


def draw_recipe(request: Request) -> Request | None:
    """Show the recipe of a request, or take another one in; None while that one cannot be read."""
    with st.expander("The recipe", key="recipe"):
        own = st.toggle("Use a recipe of my own", key="own_recipe", help="A recipe file takes the controls' place.")
        if own:
            text, name = _read()
            if not text.strip():
                st.caption("Nothing given yet: the settings above hold.")
            else:
                taken = _taken(request, text, name)
                if taken is None:
                    return None
                request = taken
        shown = _as_yaml(request.recipe)
        st.code(shown, language="yaml")
        file_name = f"{request.name or 'recipe'}.yaml"
        st.download_button("Download", shown, file_name, "application/yaml", key="recipe_save", on_click="ignore")
    return request


def _read() -> tuple[str, str]:
    """The text of the recipe that was given, and what it is called."""
    file = st.file_uploader("Recipe file", type=["yaml", "yml"], key="recipe_file", max_upload_size=_LARGEST_MB)
    pasted = st.text_area("Or paste it", key="recipe_text", placeholder="steps:\n  - step: fine_tune", height=160)
    if file is None:
        return pasted, "the recipe"
    return file.getvalue().decode("utf-8", "replace"), file.name


def _taken(request: Request, text: str, name: str) -> Request | None:
    from tokapp.training import Recipe

    try:
        recipe = Recipe.from_yaml(text, where=name)
    except TrainingError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return None
    st.success("This recipe is used; the settings above do not count, but what it starts from does.")
    return replace(request, recipe={**recipe.model_dump(mode="json"), "parent": request.base})


def _as_yaml(recipe: Mapping[str, Json]) -> str:
    return yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True)
