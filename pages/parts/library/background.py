"""The work that goes on while pages come and go: one set of jobs for all sessions."""

# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.library.token_work import TokenWork
from pages.parts.review.desk import reviews
from retrieval.settings import settings

if TYPE_CHECKING:
    from pages.parts.resources import Engine
    from retrieval.evaluation.work import Evaluations
    from retrieval.fetches import Fetches
    from retrieval.ingest.orders import Ingestions
    from retrieval.jobs import Jobs
    from retrieval.review.work import Makings


@dataclass(frozen=True, slots=True)
class Background:
    """What runs in the background of this process."""

    jobs: Jobs
    ingestions: Ingestions
    tokens: TokenWork
    evaluations: Evaluations
    fetches: Fetches
    makings: Makings


@st.cache_resource(show_spinner=False)
def background(_made: Engine) -> Background:
    """The jobs of this process, and those that an earlier one left unfinished."""
    from retrieval.evaluation.work import Evaluations
    from retrieval.fetches import Fetches
    from retrieval.ingest.orders import Ingestions
    from retrieval.jobs import Jobs
    from retrieval.review.work import Makings

    home = settings().home
    jobs = Jobs(home / "jobs")
    ingestions = Ingestions(jobs, _made.store, _made.models.encoder, home / "spool")
    evaluations = Evaluations(jobs, _made.store, _made.models, _made.cache, home)
    fetches = Fetches(jobs, home)
    makings = Makings(jobs, _made.store, reviews(), _made.cascade, evaluations.systems)
    return Background(jobs, ingestions, TokenWork(jobs, _made), evaluations, fetches, makings)
