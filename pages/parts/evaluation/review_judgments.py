"""The app's own judgments as something to measure on: those of a review, as they stand now."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.review.desk import reviews
from pages.parts.safe_text import one_line
from retrieval.access import acting
from retrieval.evaluation.work import Evaluations
from retrieval.store import Collection

_LONGEST_NAME = 60


def take_review(work: Evaluations, collection: Collection) -> None:
    """Offer the reviews of a collection, and keep the judgments of the one that is taken as a set.

    What is judged later is not in the set; taking the review again brings it in.
    """
    person, here = acting(), (collection.id, collection.name)
    names = {
        one.id: one_line(one.name, _LONGEST_NAME)
        for one in reviews().list(person)
        if one.draft.mode == "passages" and {one.collection_id, one.collection} & set(here)
    }
    if not names:
        return
    st.markdown("Or the judgments of a **review**, as they stand now.")
    picked = st.selectbox("Review", list(names), format_func=names.__getitem__, key="set_review")
    if st.button("Use its judgments", key="use_review"):
        with clear_errors():
            documents = set(collection.snapshot().document_ids)
            found = reviews().lead(person, picked).question_set(documents).sampled()
            st.session_state["pick_set"] = work.sets.add(collection.id, found).id
            st.rerun()
