"""What is to be checked, and the button that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.wording import known_language
from tokapp.ui import access, session
from tokapp.ui.text import escape, plural

if TYPE_CHECKING:
    from tokapp.documents import Json
    from tokapp.store.values import Project

_REASONS = {
    None: "do not check",
    "template": "from a template",
    "note": "from people's comments",
    "llm": "from the language model",
}
_QUICK = 64
_EFFORTS = {None: "Usual", _QUICK: "Quick"}


def draw_form(project: Project, model: str) -> None:
    """Draw the choices; what is chosen is checked by a job."""
    noun = project.task.noun
    with st.form("judge", border=True):
        columns = st.columns([2, 3, 2, 2], vertical_alignment="bottom")
        limit = columns[0].number_input(
            plural(noun).capitalize(), 1, 500, 5, key="judge_limit", help="Taken from all over the project"
        )
        reasons = columns[1].selectbox(
            "Reasons in words", _sources(), format_func=_REASONS.__getitem__, key="judge_reasons", help=_help()
        )
        effort = columns[2].selectbox(
            "Effort",
            list(_EFFORTS),
            format_func=_EFFORTS.__getitem__,
            key="judge_effort",
            help=f"Quick lets every method look {_QUICK} times at a {escape(noun)} with words hidden: sooner done, "
            "with larger errors.",
        )
        pressed = columns[3].form_submit_button(
            "Check", key="judge_start", type="primary", icon=":material/rule:", disabled=not access.may("train"),
            help=None if access.may("train") else access.refusal("train"), width="stretch",
        )  # fmt: skip
        st.caption("Texts of a few words take seconds, long ones some minutes each. It runs without this page.")
    if pressed:
        access.require("train")
        payload: dict[str, Json] = {"model": model, "limit": int(limit), "budget": effort, "reasons": reasons}
        payload["language"] = known_language(st.context.locale)
        session.store().enqueue("judge", project_id=project.id, payload=payload)
        st.rerun()


def _sources() -> list[str | None]:
    """A language model can be chosen where one is set up."""
    return [one for one in _REASONS if one != "llm" or session.settings().llm_url]


def _help() -> str:
    says = "Whether a reason given in words rests on the same words as the decision."
    if session.settings().llm_url:
        return f"{says} The language model gets each text, several times with small changes."
    return f"{says} With TOKAPP_LLM_URL a language model can give reasons, too."
