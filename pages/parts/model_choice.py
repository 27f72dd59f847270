"""What a picker offers of each kind of model, and what serves where the choice cannot."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.library.model_cards import size_and_state
from retrieval.errors import ModelError

if TYPE_CHECKING:
    from retrieval.models.folder import Kind


def model_uses(kind: Kind) -> dict[str, str]:
    """Ids of the models of one kind, the built-in one first, each with what to know of it."""
    from retrieval.models.cards import cards

    return {
        card.id: f"{card.help} {', '.join(filter(None, (card.use, *size_and_state(card))))}."
        for card in cards(kind)
    }


def serving(kind: Kind, picked: str, offered: Collection[str]) -> str:
    """The model that was picked, or the built-in one where it cannot serve; a line says why.

    Args:
        kind: What it is wanted for.
        picked: What a person chose, typed, or had in an address.
        offered: Everything in the picker; what is no card in it is told of elsewhere.
    """
    from retrieval.models.cards import DEFAULTS, cards, find_card
    from retrieval.models.fitness import check_fit
    from retrieval.models.remote.services import is_remote

    if picked == DEFAULTS[kind] or (is_remote(picked) and picked in offered):
        return picked
    if is_remote(picked):
        show_note(f"{picked} cannot be used here. {DEFAULTS[kind]} is used instead.")
        return DEFAULTS[kind]
    if picked in offered and all(picked != card.id for card in cards(kind)):
        return picked
    try:
        check_fit(find_card(picked, kind).open(), kind, picked)
    except ModelError as error:
        show_note(f"{error.message} {DEFAULTS[kind]} is used instead.", error.hint)
        return DEFAULTS[kind]
    return picked


def encoder_remark(picked: str, own: str, dimension: int) -> str:
    """Why a collection is not searched with the encoder that was picked."""
    from retrieval.models.cards import find_card

    try:
        found = find_card(picked, "encoder").dimension
    except ModelError as error:
        return f"{error.message} This collection is searched with {own}, which made it."
    why = "vectors of two encoders cannot be compared"
    if found and found != dimension:
        why = f"{picked} makes vectors of {found} numbers, and these have {dimension}"
    return (
        f"This collection is indexed with {own}, and is searched with it: {why}. "
        "Add the documents to a new collection to compare."
    )


def may_type(key: str, offered: Collection[str]) -> bool:
    """Whether a picker takes what it does not offer: models of this machine and of the hub, yes.

    A service may not: where it is not offered, an address that names it must come to nothing.
    """
    from retrieval.models.remote.services import is_remote

    asked = (st.query_params.get(key), st.session_state.get(key))
    return not any(is_remote(str(one)) and one not in offered for one in asked if one)
