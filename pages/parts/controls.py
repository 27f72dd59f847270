"""The controls of a search, drawn from the engine's own table of parameters and bound to the URL.

Options are shown as they stand in the address (``rrf``, ``bm25``), because Streamlit writes what it
shows: an address must stay readable and must not change with a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.looks import STAGE_LOOKS
from pages.parts.model_choice import encoder_remark, may_type, serving
from pages.parts.safe_text import markdown_text, one_line
from retrieval.settings import (
    FUSIONS,
    PARAMETERS,
    STAGE_ORDER,
    Filter,
    Fusion,
    SearchSettings,
    StageName,
)

if TYPE_CHECKING:
    from retrieval.models.folder import Kind

_MOST_FACET_VALUES = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be picked for a collection.

    Attributes:
        encoders: Id and use of each encoder.
        rerankers: Id and use of each reranker; the first is the default.
        facets: For each field, its values and how many chunks have each.
        own_encoder: The encoder that the collection was made with.
        has_vector_index: Whether its vectors are searched by an index, which may miss some.
        has_tokens: Whether token vectors of all its chunks are stored.
        others: Collections made with other encoders, and by which.
        lates: Id and use of each late-interaction model; the first is the default.
        dimension: Length of the collection's vectors.
    """

    encoders: Mapping[str, str]
    rerankers: Mapping[str, str]
    facets: Mapping[str, Mapping[str, int]]
    own_encoder: str
    has_vector_index: bool = False
    has_tokens: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    lates: Mapping[str, str] = field(default_factory=dict)
    dimension: int = 0


def search_settings(choices: Choices) -> SearchSettings:
    """Draw the controls and read them.

    Raises:
        SettingsError: If an address asks for what is not allowed.
    """
    candidates = slider("candidates")
    top = slider("top")
    fusion = _pick_fusion()
    rrf_k = slider("rrf_k", disabled=fusion != "rrf")
    alpha = slider("alpha", disabled=fusion != "weighted")
    stages = _pick_stages()
    reranker = _pick_model("reranker", "Reranker", choices.rerankers, next(iter(choices.rerankers)))
    reranker_2 = _pick_second(choices.rerankers)
    blend = slider("blend")
    encoder = _pick_model("encoder", "Encoder", choices.encoders, choices.own_encoder)
    if encoder != choices.own_encoder:
        remark = encoder_remark(encoder, choices.own_encoder, choices.dimension)
        st.caption(markdown_text(remark))
    collection_2 = _pick_collection(choices.others) if choices.others else ""
    chosen = _pick_filter(choices.facets)
    return SearchSettings(
        candidates=int(candidates),
        top=int(top),
        fusion=fusion,
        rrf_k=int(rrf_k),
        alpha=alpha,
        stages=stages,
        filter=chosen,
        reranker=reranker,
        late=_pick_late(choices.lates),
        blend=blend,
        reranker_2=reranker_2,
        collection_2=collection_2,
        exact=choices.has_vector_index and _pick_exact(),
        late_scope="collection" if choices.has_tokens and _pick_whole_collection() else "pool",
    )


def _pick_exact() -> bool:
    return st.toggle(
        "Exact search",
        key="exact",
        help="Compare the question with every vector instead of asking the index.",
        bind="query-params",
    )


def _pick_whole_collection() -> bool:
    return st.toggle(
        "Late ranks the whole collection",
        key="late_whole",
        help="By the stored token vectors, and not only the candidates.",
        bind="query-params",
    )


def pool_settings(choices: Choices) -> SearchSettings:
    """Draw only what bears on the candidates and their order after reranking, and read it.

    Raises:
        SettingsError: If an address asks for what is not allowed.
    """
    candidates = slider("candidates")
    fusion = _pick_fusion()
    rrf_k = slider("rrf_k", disabled=fusion != "rrf")
    alpha = slider("alpha", disabled=fusion != "weighted")
    reranker = _pick_model("reranker", "Reranker", choices.rerankers, next(iter(choices.rerankers)))
    blend = slider("blend")
    return SearchSettings(
        candidates=int(candidates),
        fusion=fusion,
        rrf_k=int(rrf_k),
        alpha=alpha,
        filter=_pick_filter(choices.facets),
        reranker=reranker,
        blend=blend,
    )


def pick_reranker(options: Mapping[str, str]) -> str:
    """Draw the choice of the reranker alone; ``options`` are ids with their uses."""
    return _pick_model("reranker", "Reranker", options, next(iter(options)))


def slider(name: str, *, disabled: bool = False) -> float:
    """The slider of a parameter, with the engine's bounds, label and help."""
    parameter = PARAMETERS[name]
    kind = float if parameter.step < 1 else int
    return st.slider(
        parameter.label,
        kind(parameter.minimum),
        kind(parameter.maximum),
        kind(parameter.default),
        kind(parameter.step),
        key=name,
        help=markdown_text(parameter.help),
        disabled=disabled,
        bind="query-params",
    )


def _pick_fusion() -> Fusion:
    helps = " ".join(f"**{name}**: {markdown_text(text)}" for name, text in FUSIONS.items())
    picked = st.segmented_control(
        "Fusion",
        list(FUSIONS),
        default=next(iter(FUSIONS)),
        key="fusion",
        help=helps,
        bind="query-params",
        required=True,
        width="stretch",
    )
    return picked or next(iter(FUSIONS))


def _pick_stages() -> tuple[StageName, ...]:
    named = ", ".join(f"**{name}** {STAGE_LOOKS[name].reads}" for name in STAGE_ORDER)
    picked = st.pills(
        "Stages shown",
        list(STAGE_ORDER),
        default=list(STAGE_ORDER),
        selection_mode="multi",
        key="stages",
        help=named,
        bind="query-params",
    )
    return tuple(stage for stage in STAGE_ORDER if stage in picked)


def _pick_model(key: Kind, label: str, options: Mapping[str, str], default: str) -> str:
    """The choice of a model; another id or a folder can be typed in.

    A reranker or late-interaction model that cannot serve is told of, and the built-in one does.
    """
    ids = list(dict.fromkeys((*options, default)))
    uses = "  \n".join(f"**{markdown_text(i)}**: {markdown_text(u)}" for i, u in options.items())
    picked = st.selectbox(
        label,
        ids,
        index=ids.index(default),
        key=key,
        help=f"{uses}  \nOr type the id of another model, or its folder.",
        bind="query-params",
        accept_new_options=may_type(key, ids),
    )
    chosen = str(picked or default)
    # A collection is searched with the encoder that made it, whatever is picked.
    return chosen if key == "encoder" else serving(key, chosen, ids)


def _pick_late(options: Mapping[str, str]) -> str:
    """The late-interaction model; empty for the built-in one, so that addresses stay short."""
    if not options:
        return ""
    default = next(iter(options))
    picked = _pick_model("late", "Late interaction", options, default)
    return "" if picked == default else picked


def _pick_second(options: Mapping[str, str]) -> str:
    """The reranker to compare with; empty where none is chosen."""
    picked = st.selectbox(
        "Compare with",
        list(options),
        index=None,
        key="reranker_2",
        placeholder="a second reranker",
        help="It reads the same candidates, in a list of its own.",
        bind="query-params",
        accept_new_options=may_type("reranker_2", options),
    )
    return str(picked) if picked else ""


def _pick_collection(others: Mapping[str, str]) -> str:
    """The collection whose encoder is compared with this one's; empty where none is chosen."""
    uses = "  \n".join(
        f"**{markdown_text(name)}**: {markdown_text(encoder)}" for name, encoder in others.items()
    )
    picked = st.selectbox(
        "Compare encoders with",
        list(others),
        index=None,
        key="collection_2",
        placeholder="another collection",
        help=f"The same documents, indexed with another encoder; both are searched. {uses}",
        bind="query-params",
    )
    return str(picked) if picked else ""


def _pick_filter(facets: Mapping[str, Mapping[str, int]]) -> Filter:
    pairs = {
        f"{field}: {one_line(value, 80)}": (field, value)
        for field, values in facets.items()
        for value in list(values)[:_MOST_FACET_VALUES]
    }
    chosen = st.multiselect(
        "Filter",
        list(pairs),
        key="filter",
        placeholder="Source or field …",
        help="Values of one field are alternatives; different fields must all hold.",
        bind="query-params",
    )
    return tuple(pairs[label] for label in chosen if label in pairs)
