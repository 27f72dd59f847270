"""Second Look in a browser: set-up, the gate, navigation; each page is a script below ``pages/``.

No script lies directly in ``pages/``: a deep link to one would run it without this file.
"""

from __future__ import annotations

import streamlit as st

from pages.parts.deep_links import clear_false_alarms
from pages.parts.garbage import set_aside
from pages.parts.models_line import show_models_line
from pages.parts.sign_in import pass_gate
from pages.parts.theme import apply_theme
from pages.parts.wings import navigation

st.set_page_config(
    page_title="Second Look",
    page_icon="🔎",
    layout="wide",
    initial_sidebar_state=270,
    menu_items={"About": "Second Look shows why retrieval is two-stage. It measures."},
)
apply_theme()
person = pass_gate()
page, paths = navigation(person)
clear_false_alarms(*paths)
page.run()
if person.may("editor"):
    show_models_line()
set_aside()
