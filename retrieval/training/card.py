"""The tables of a model card, written from the figures that the command line printed.

``figures.json`` beside a model holds what ``contrast --json`` and ``evaluate --json`` gave for each
set; the card's tables are made from it and from nothing else, so card and measurement cannot part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from retrieval.settings import STAGE_ORDER

FIGURES = "figures.json"
Shares = Mapping[str, float]

_ABOUT_PAIRS = """\
**Minimal pairs**, share passed in %. Four cells: both questions put their own passage first (chance
25 %). One question: the right passage is first (chance 50 %)."""
_ABOUT_RANKINGS = """\
**Rankings**, nDCG@10 by document with its 95 % bootstrap interval; 100 candidates of the hybrid
list are reranked."""


def read_figures(folder: Path) -> Mapping[str, Any]:
    """The figures kept beside a model: ``contrast`` and ``ranking``, by set."""
    figures: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    return figures


def card_tables(figures: Mapping[str, Any]) -> str:
    """The card's tables in Markdown: minimal pairs first, then rankings.

    Args:
        figures: ``contrast``: by set, what ``contrast --json`` printed; ``ranking``: by collection,
            the ``systems`` that ``evaluate --json`` printed.
    """
    return "\n\n".join(
        (
            _ABOUT_PAIRS,
            _table(("set", "rule", "items", *STAGE_ORDER), _contrast_rows(figures["contrast"])),
            _ABOUT_RANKINGS,
            _table(("collection", "questions", *STAGE_ORDER), _ranking_rows(figures["ranking"])),
        )
    )


def _contrast_rows(sets: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for name, found in sets.items():
        for rule, key in (("four cells", "accuracy"), ("one question", "preference")):
            if found[key]:
                yield name, rule, str(found["items"]), *_percent(found[key])


def _percent(shares: Shares) -> Iterable[str]:
    return (f"{shares[stage] * 100:.1f}" if stage in shares else "–" for stage in STAGE_ORDER)


def _ranking_rows(collections: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for name, systems in collections.items():
        found = [systems[stage]["nDCG@10"] for stage in STAGE_ORDER]
        cells = (f"{one['mean']:.3f} ({one['low']:.3f}–{one['high']:.3f})" for one in found)
        yield name, str(found[0]["n"]), *cells


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
