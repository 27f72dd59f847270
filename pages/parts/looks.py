"""How each stage looks and is called: one table for every list, chart and legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.settings import StageName


@dataclass(frozen=True, slots=True)
class StageLook:
    """A stage as a person sees it.

    Attributes:
        label: Its name in column heads and legends.
        icon: A shape, the same as ``symbol``.
        symbol: Plotly's name of that shape.
        colour: Of Okabe and Ito's set, safe for the colour-blind.
        reads: What it looks at, in a few words.
        dash: How its lines are drawn.
        pattern: What its bars are filled with; empty for the plain colour.
    """

    label: str
    icon: str
    symbol: str
    colour: str
    reads: str
    dash: str = "solid"
    pattern: str = ""


STAGE_LOOKS: Mapping[StageName, StageLook] = MappingProxyType(
    {
        "bm25": StageLook("BM25", "■", "square", "#E69F00", "shared words"),
        "dense": StageLook("Bi-encoder", "●", "circle", "#0072B2", "one vector a passage"),
        "hybrid": StageLook("Hybrid", "◆", "diamond", "#009E73", "both lists, fused"),
        "late": StageLook("Late", "▲", "triangle-up", "#CC79A7", "one vector a token"),
        "rerank": StageLook("Reranked", "★", "star", "#D55E00", "question and passage together"),
        # The same stage once more: the colour stays, and shape, line and filling tell them apart.
        "dense_2": StageLook(
            "Bi-encoder 2", "⬢", "hexagon", "#0072B2", "the second encoder", "dot", "/"
        ),
        "rerank_2": StageLook(
            "Reranked 2", "✦", "star-diamond", "#D55E00", "the second reranker", "dot", "/"
        ),
    }
)

UNIT_HELP: Mapping[str, str] = MappingProxyType(
    {
        "bm25": "BM25: rare shared words count most. No upper bound.",
        "cosine": "Cosine of the two vectors, from -1 to 1.",
        "rrf": "Sum of 1 / (k + rank) over both lists.",
        "weighted": "alpha x dense + (1 - alpha) x bm25, each scaled to 0..1.",
        "maxsim": "Mean over the question's tokens of their best cosine.",
        "logit": "Raw output of the cross-encoder; above 0 means it says yes.",
        "blend": "(1 - blend) x the cross-encoder's logit + blend x MaxSim on its scale.",
        "relevance": "The service’s own scale, mostly 0 to 1; nothing in it means yes or no.",
        "beaten": "How many of the candidates it was placed before; an order, no amount.",
    }
)

ANSWER_COLOUR = "#8672E0"
"""Marks the answer in charts; legible on white and on near-black."""

QUIET_COLOUR = "#8A8F9C"
"""Lines and points that are context, in both themes."""

_DECIMALS = {"bm25": 2, "cosine": 3, "rrf": 4, "weighted": 3, "maxsim": 3, "logit": 2, "blend": 2}
_DECIMALS |= {"relevance": 3, "beaten": 0}


def short_name(model: str) -> str:
    """The last part of a model's id or folder: it tells two apart, and it is what has room."""
    return model.rstrip("/").rpartition("/")[2]


def show_score(score: float, unit: str) -> str:
    """A score with as many decimals as its unit deserves, and a true minus sign."""
    return f"{score:.{_DECIMALS.get(unit, 3)}f}".replace("-", "−")
