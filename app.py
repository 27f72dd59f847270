"""Second Look in a browser: page set-up and navigation; each page is a script below ``pages/``.

No script lies directly in ``pages/``: a deep link to one would run it without this file.
"""

from __future__ import annotations

import streamlit as st

from pages.parts.deep_links import clear_false_alarms
from pages.parts.theme import apply_theme

st.set_page_config(
    page_title="Second Look",
    page_icon="🔎",
    layout="wide",
    initial_sidebar_state=270,
    menu_items={"About": "Second Look shows why retrieval is two-stage. It measures."},
)
apply_theme()

SEARCH = st.Page(
    "pages/explore/search.py", title="Search", icon=":material/search:", url_path="search"
)
LIBRARY = st.Page(
    "pages/explore/library.py",
    title="Library",
    icon=":material/library_books:",
    url_path="library",
)
CANDIDATES = st.Page(
    "pages/measure/candidates.py",
    title="Candidates",
    icon=":material/tune:",
    url_path="candidates",
)
EVALUATE = st.Page(
    "pages/measure/evaluate.py", title="Evaluate", icon=":material/balance:", url_path="evaluate"
)
COST = st.Page("pages/measure/cost.py", title="Cost", icon=":material/payments:", url_path="cost")
FAILURES = st.Page(
    "pages/understand/failures.py",
    title="Failures",
    icon=":material/compare:",
    url_path="failures",
)
WHY = st.Page(
    "pages/understand/why.py", title="Why", icon=":material/psychology_alt:", url_path="why"
)


def open_search() -> None:
    """Streamlit serves a default page at ``/`` alone, so ``/`` leads on to ``/search``."""
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(SEARCH, query_params=asked)


START = st.Page(
    open_search, title="Second Look", url_path="start", default=True, visibility="hidden"
)

page = st.navigation(
    [START, SEARCH, LIBRARY, CANDIDATES, EVALUATE, COST, FAILURES, WHY], position="top"
)
clear_false_alarms(
    *(one.url_path for one in (SEARCH, LIBRARY, CANDIDATES, EVALUATE, COST, FAILURES, WHY)),
)
page.run()
