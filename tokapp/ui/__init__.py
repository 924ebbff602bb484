"""Streamlit pieces that several pages share: session, escaping, tables, charts, progress, the attribution view."""
