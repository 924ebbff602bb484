"""The entry script: navigation, project picker, worker and device status."""

import streamlit as st

st.set_page_config(page_title="tokapp", layout="wide")
page = st.navigation(
    {
        "Data": [
            st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
            st.Page("pages/documents.py", title="Documents", icon=":material/description:"),
            st.Page("pages/label.py", title="Label", icon=":material/ink_highlighter:"),
            st.Page("pages/explain.py", title="Explain", icon=":material/troubleshoot:"),
        ],
        "Models": [
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/models.py", title="Models", icon=":material/deployed_code:"),
        ],
        "Results": [st.Page("pages/export.py", title="Export", icon=":material/download:")],
    }
)

# after the navigation, so that a failing import cannot bring the old page menu back
from tokapp.ui import session, sidebar  # noqa: E402

with session.guard():
    sidebar.draw()
page.run()
