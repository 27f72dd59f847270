"""Rerankers elsewhere: which services there are, whether each may be asked, and today's calls."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text, one_line
from retrieval.settings import settings
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.models.remote.services import Service

_COLUMNS = ("service", "what is asked", "can be asked")


def show_services(made: Engine) -> None:
    """A table of the services, and how to add one; no key is shown."""
    from retrieval.models.remote.services import services, services_file

    st.html('<h3 class="sl-chart-title">Rerankers elsewhere</h3>')
    with clear_errors():
        heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
        rows = "".join(_row_html(service) for service in services())
        st.html(
            '<div class="sl-table-wrap"><table class="sl-table sl-words"><thead><tr>'
            f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        made_today = counted(made.models.spending.made, "call")
        st.html(
            f'<p class="sl-caption">{made_today} of {settings().max_calls:,} made today (UTC). '
            "Text is sent only after you said so on the search page. Services of your own are "
            f"named in {html_text(str(services_file()))}.</p>"
        )


def _row_html(service: Service) -> str:
    kind = {"rerank": "a score for each passage", "chat": "an order of passages"}[service.kind]
    asked = f"{one_line(service.model, 60)} at {service.host}: {kind}"
    return (
        f'<tr><td style="white-space:nowrap">{html_text(service.id)}</td>'
        f"<td>{html_text(asked)}</td><td>{html_text(_state(service))}</td></tr>"
    )


def _state(service: Service) -> str:
    if settings().offline:
        return "no: SECOND_LOOK_OFFLINE is set"
    return "yes" if service.is_ready else f"no: {service.key} is not set"
