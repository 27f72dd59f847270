"""Models: what can be picked, what of it is here, and how the rest gets here."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.library.background import Background
from pages.parts.library.fetch_work import mine, show_fetches, unfinished
from pages.parts.library.model_cards import (
    KINDS,
    card_html,
    cards_table_html,
    option_text,
)
from pages.parts.safe_text import html_text
from retrieval.errors import ModelError
from retrieval.settings import settings

if TYPE_CHECKING:
    from retrieval.models.cards import Card
    from retrieval.models.folder import Kind

_TYPED = "another model, by its id or folder"


def show_catalogue(work: Background) -> None:
    """The drawer of models; fetches stand above it, whether it is open or not."""
    show_fetches(work)
    drawer = st.expander(
        "Models", icon=":material/deployed_code:", key="catalogue", on_change="rerun"
    )
    if drawer.open:
        with drawer, clear_errors():
            _show_all(work)


def _show_all(work: Background) -> None:
    from retrieval.models.cards import cards

    every = cards()
    st.html(f'<p class="sl-about">{html_text(_standing(every))}</p>')
    labels = {card.id: option_text(card) for card in every}
    picked = st.selectbox(
        "Model",
        [*labels, _TYPED],
        format_func=lambda one: labels.get(one, one),
        key="model",
    )
    card = _typed() if picked == _TYPED else next(one for one in every if one.id == picked)
    if card is not None:
        _show_card(work, card)
    with st.expander("All of them in a table", icon=":material/table_rows:", key="all_models"):
        st.html(cards_table_html(every))


def _standing(every: tuple[Card, ...]) -> str:
    """What serves, and what could."""
    states = [card.state for card in every]
    absent = states.count("to fetch")
    others = states.count("here") + states.count("cached")
    more = f" {others} more are here." if others else ""
    if settings().offline:
        return (
            f"Everything works on the built-in models.{more} Networks are forbidden here "
            f"(SECOND_LOOK_OFFLINE), so the other {absent} cannot be fetched."
        )
    return (
        f"Everything works on the built-in models, without a network.{more} "
        f"{absent} can be fetched once, and work offline ever after."
    )


def _typed() -> Card | None:
    """The card of an id or a folder that a person types."""
    from retrieval.models.cards import find_card

    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        kind = st.selectbox(
            "Wanted as", list(KINDS), format_func=lambda one: KINDS[one], key="model_kind"
        )
    with right:
        text = st.text_input(
            "Id or folder", key="model_id", placeholder="owner/name, or a folder of this machine"
        ).strip()
    return find_card(text, kind) if text else None


def _show_card(work: Background, card: Card) -> None:
    with st.container(border=True, gap="small", key="model_card"):
        st.html(f'<p class="sl-file">{html_text(card.id)}</p>')
        if card.is_here:
            _show_misfit(card)
        st.html(card_html(card))
        if card.state == "to fetch":
            _offer(work, card)
        elif card.state == "here" and card.repository:
            st.button(
                "Remove",
                icon=":material/delete:",
                key="remove_model",
                help="Deletes what was fetched. It can be fetched again.",
                on_click=_remove,
                args=(work, card.repository),
            )


def _show_misfit(card: Card) -> None:
    """Say why a model that is here cannot serve, before anyone waits for it."""
    from retrieval.models.fitness import check_fit

    try:
        check_fit(card.open(), card.kind, card.id)
    except ModelError as error:
        show_note(error.message, error.hint)


def _offer(work: Background, card: Card) -> None:
    is_coming = card.repository in unfinished(work)
    st.button(
        "On its way" if is_coming else "Fetch",
        type="primary",
        icon=":material/download:",
        key="fetch_model",
        disabled=is_coming or settings().offline,
        help="Networks are forbidden here." if settings().offline else None,
        on_click=_fetch,
        args=(work, card.id, card.kind),
    )


def _fetch(work: Background, model_id: str, kind: Kind) -> None:
    with clear_errors():
        mine().append(work.fetches.submit(model_id, kind).id)


def _remove(work: Background, model_id: str) -> None:
    with clear_errors():
        work.fetches.remove(model_id)
