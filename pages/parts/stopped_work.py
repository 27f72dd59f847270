"""Work that was stopped, cut short or failed: why, and the two ways on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.safe_text import html_text

if TYPE_CHECKING:
    from retrieval.jobs import Job


@dataclass(frozen=True, slots=True)
class Way:
    """One way on.

    Attributes:
        help: What it does, in a sentence.
        act: Does it to the job of this id.
    """

    help: str
    act: Callable[[str], object]


def show_stopped(job: Job, part: str, said_html: str, resume: Way, discard: Way) -> None:
    """Draw the box of a job that is over and not done.

    Args:
        job: The job.
        part: Begins the keys of the box and its buttons, so that those of two kinds differ.
        said_html: What became of it.
        resume: Goes on with it.
        discard: Lets go of it.
    """
    error = job.error or {}
    reason = " ".join(filter(None, (error.get("message"), error.get("hint"))))
    with st.container(border=True, gap="small", key=f"{part}_{job.id}"):
        st.html(said_html)
        if reason:
            st.html(f'<p class="sl-about" role="status">{html_text(reason)}</p>')
        with st.container(horizontal=True):
            st.button(
                "Resume",
                type="primary",
                icon=":material/resume:",
                key=f"resume_{part}_{job.id}",
                help=resume.help,
                on_click=_act,
                args=(resume, job.id),
            )
            st.button(
                "Discard",
                icon=":material/close:",
                key=f"discard_{part}_{job.id}",
                help=discard.help,
                on_click=_act,
                args=(discard, job.id),
            )


def _act(way: Way, job_id: str) -> None:
    with clear_errors():
        way.act(job_id)
