"""The entry script: navigation, project picker, worker and device status."""

import streamlit as st

# The menu is drawn in the sidebar by ourselves: with an icon of its own, a page makes the browser fetch that icon
# from an outside host to show it in the tab.
page = st.navigation(
    [
        st.Page("pages/home.py", title="Home", default=True),
        st.Page("pages/documents.py", title="Documents"),
        st.Page("pages/queue.py", title="Queue"),
        st.Page("pages/label.py", title="Label"),
        st.Page("pages/review.py", title="Review"),
        st.Page("pages/agreement.py", title="Agreement"),
        st.Page("pages/suggestions.py", title="Suggestions"),
        st.Page("pages/explain.py", title="Explain"),
        st.Page("pages/judge.py", title="Check reasons"),
        st.Page("pages/train.py", title="Train"),
        st.Page("pages/models.py", title="Models"),
        st.Page("pages/evaluate.py", title="Evaluate"),
        st.Page("pages/export.py", title="Export"),
        st.Page("pages/settings.py", title="Settings"),
        st.Page("pages/people.py", title="People"),
    ],
    position="hidden",
)

# After the navigation: a failing import cannot bring Streamlit's own page menu back.
import tokapp.ui.ready  # noqa: E402, F401
from tokapp.ui import layout, sidebar, sign_in  # noqa: E402

layout.configure(page.title)
if sign_in.admit():
    sidebar.draw()
    page.run()
