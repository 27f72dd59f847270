"""Twins: minimally edited copies of a text, made by rules that a reader can check."""

from retrieval.contrast.twins.by_hand import edited, swap_spans
from retrieval.contrast.twins.diff import apply_changes, changes_between
from retrieval.contrast.twins.offering import MAX_WORDS, offer
from retrieval.contrast.twins.rules import RULES, Rule
from retrieval.contrast.twins.types import (
    LABELS,
    OFFERED,
    Change,
    Kind,
    Offers,
    Refusal,
    Sentence,
    Twin,
)

__all__ = [
    "LABELS",
    "MAX_WORDS",
    "OFFERED",
    "RULES",
    "Change",
    "Kind",
    "Offers",
    "Refusal",
    "Rule",
    "Sentence",
    "Twin",
    "apply_changes",
    "changes_between",
    "edited",
    "offer",
    "swap_spans",
]
