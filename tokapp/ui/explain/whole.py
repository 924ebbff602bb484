"""All documents: the words that count most for each label, and strong words that should not count, with examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.corpus import Corpus, Example, WordUse, WrongReason, summarise
from tokapp.ui import layout, reasons, session
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, excerpt, number, plain, plural, shorten
from tokapp.ui.whole_project import draw_whole_project

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.store.values import Project

_SIDES = ("Strongest words", "Wrong reasons")
_ROWS = 300


def draw_whole(project: Project, model: str) -> None:
    """Draw what the stored reasons of a model say together."""
    draw_whole_project(project, model)
    corpus = _read(project.id, model, session.place(), session.store().attributions_state(project.id, model))
    if not corpus.decisions:
        layout.empty_state("Nothing is explained yet", "Explain the whole project, or open one document after another.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        side = st.segmented_control("Show", _SIDES, default=_SIDES[0], required=True, key="corpus_side")
        label = _choose_label(corpus)
        least = 1 if side == _SIDES[1] else _choose_least(corpus)
    if side == _SIDES[1]:
        _draw_wrong(project, [one for one in corpus.wrong if label in (None, one.label)][:_ROWS])
    else:
        used = [one for one in corpus.words if label in (None, one.label) and one.count >= least]
        _draw_words(project, used[:_ROWS], corpus)


@st.cache_data(max_entries=4, show_spinner="Reading all reasons …")
def _read(project_id: int, model: str, place: str, state: tuple[int, str]) -> Corpus:
    """The summary, made anew once reasons were added."""
    return summarise(session.store().iterate_attributions(project_id, model))


def _choose_label(corpus: Corpus) -> str | None:
    labels = sorted({one.label for one in corpus.words})
    if len(labels) < 2:
        return None
    return st.selectbox(
        "Label", labels, index=None, placeholder="every label", format_func=plain, key="corpus_label", width=220
    )


def _choose_least(corpus: Corpus) -> int:
    """A word that was seen once is strong by chance; in a handful of explanations every word was."""
    usual = 3 if corpus.decisions >= 50 else 2 if corpus.decisions >= 10 else 1
    return int(st.number_input("Seen at least", 1, 1000, usual, key="corpus_least", width=140))


def _draw_words(project: Project, used: Sequence[WordUse], corpus: Corpus) -> None:
    st.caption(
        f"Mean strength in log-odds over {number(corpus.decisions)} explained decisions. Select a word to see examples."
    )
    state = st.dataframe(
        word_frame(used),
        hide_index=True,
        key="corpus_words",
        on_select="rerun",
        selection_mode="single-row",
        height=430,
        column_config={
            "Strength": st.column_config.ProgressColumn(
                help="Mean of the absolute values",
                format="%.2f",
                min_value=0.0,
                max_value=max((one.weight for one in used), default=1.0),
            ),
            "Mean": st.column_config.NumberColumn(format="%+.2f", help="Above zero it speaks for the label"),
            "Documents": st.column_config.NumberColumn(plural(project.task.noun).capitalize()),
        },
    )
    row = selected_row(state)
    if row is not None and row < len(used):
        _draw_examples(project, used[row].word, used[row].examples)


def word_frame(used: Sequence[WordUse]) -> pd.DataFrame:
    """Words with what they do, the strongest first."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Word": [plain(shorten(one.word, 40)) for one in used],
            "Label": [plain(one.label) for one in used],
            "Strength": [one.weight for one in used],
            "Mean": [one.mean for one in used],
            "Seen": [one.count for one in used],
            "Documents": [one.documents for one in used],
        }
    )


def _draw_wrong(project: Project, wrong: Sequence[WrongReason]) -> None:
    st.caption(
        "Strong words that should not decide, guessed from how they look and where they stand. Words of the marked "
        "piece itself are left out. Select one to see it."
    )
    if not wrong:
        layout.empty_state("No wrong reasons found", "No strong word is a number, a name, a header or a mere place.")
        return
    state = st.dataframe(
        wrong_frame(wrong),
        hide_index=True,
        key="corpus_wrong",
        on_select="rerun",
        selection_mode="single-row",
        height=430,
        column_config={
            "Share": st.column_config.ProgressColumn(
                help="How much of the decision rests on it", format="percent", min_value=0.0, max_value=1.0
            )
        },
    )
    row = selected_row(state)
    if row is not None and row < len(wrong):
        _draw_examples(project, wrong[row].word, [wrong[row].example])


def wrong_frame(wrong: Sequence[WrongReason]) -> pd.DataFrame:
    """Suspects with what speaks against them, the strongest first."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Word": [plain(shorten(one.word, 40)) for one in wrong],
            "Why not": [one.why for one in wrong],
            "Label": [plain(one.label) for one in wrong],
            "Share": [one.share for one in wrong],
        }
    )


def _draw_examples(project: Project, word: str, examples: Sequence[Example]) -> None:
    """Links to the explanations in which a word is strongest."""
    texts = dict(session.store().load_documents([one.document for one in examples]))
    with st.container(border=True, gap="xsmall", key="corpus_examples"):
        st.caption(f"{escape(count(len(examples), 'example'))} of “{escape(shorten(word, 40))}”")
        for one in examples:
            document = texts.get(one.document)
            if document is not None:
                st.page_link(
                    "pages/explain.py",
                    label=f"{one.value:+.2f} · {escape(excerpt(document.text, word, 90))}",
                    icon=":material/troubleshoot:",
                    query_params=_link(project, one),
                )


def _link(project: Project, example: Example) -> dict[str, str]:
    written = reasons.write_target(example.target)
    return {"project": str(project.id), "doc": str(example.document), "span": written}
