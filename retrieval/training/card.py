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
from retrieval.training.held_out import TWO_PASSAGES

FIGURES = "figures.json"
Shares = Mapping[str, float]

_ABOUT_PAIRS = """\
**Minimal pairs**, share passed in %. Four cells: both questions put their own passage first (chance
25 %). One question: the right passage is first (chance 50 %)."""
_ABOUT_HELD_OUT = """\
**Generated pairs with unseen words, frames and templates** (`train pairs`, then `contrast`), share
passed in %. Two passages: one question meets the true passage and its opposite (chance 50 %)."""
_ABOUT_TOPICAL = """\
**Answered or only on the topic**: area under the curve between a question that a paragraph answers
and one that another paragraph of the same article answers, over articles that no training had, with
its 95 % bootstrap interval; and the share of paragraphs whose answered question scores higher."""
_ABOUT_BLEND = """\
**Blend**, nDCG@10 by the share of MaxSim in the reranked list (100 candidates)."""
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
        figures: ``contrast``: by set, what ``contrast --json`` printed; ``held_out``: by source,
            rule and phenomenon, the number of items and the shares passed; ``topical``: by stage,
            area and interval; ``ranking``: by collection, the ``systems`` that ``evaluate --json``
            printed; ``blend``: by collection, questions, stages and shares.
    """
    stages = STAGE_ORDER
    return "\n\n".join(
        (
            _ABOUT_PAIRS,
            _table(("set", "rule", "items", *stages), _contrast_rows(figures["contrast"])),
            _ABOUT_HELD_OUT,
            _table(
                ("made from", "phenomenon", "rule", "items", *stages),
                _held_out_rows(figures["held_out"]),
            ),
            _ABOUT_TOPICAL,
            _table(("stage", "paragraphs", "area", "pairs"), _topical_rows(figures["topical"])),
            _ABOUT_RANKINGS,
            _table(("collection", "questions", *stages), _ranking_rows(figures["ranking"])),
            _ABOUT_BLEND,
            _table(
                ("collection", "questions", "best first stage", "late", *_shares(figures["blend"])),
                _blend_rows(figures["blend"]),
            ),
        )
    )


def held_out_figures(report: Mapping[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """What the card keeps of ``contrast --json`` on held-out pairs: by rule and phenomenon."""
    found: dict[str, dict[str, dict[str, float]]] = {"four cells": {}, TWO_PASSAGES: {}}
    counts = report["intervals"]["by_phenomenon"]
    for name, shares in report["by_phenomenon"].items():
        phenomenon, _, two = name.partition(", ")
        items = next(iter(counts[name].values()))["n"]
        found[two or "four cells"][phenomenon] = {"items": items, **shares}
    return found


def _held_out_rows(sources: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for source, rules in sources.items():
        for rule, phenomena in rules.items():
            for name, found in phenomena.items():
                yield source, name, rule, str(found["items"]), *_percent(found)


def _topical_rows(stages: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for stage, found in stages.items():
        area = f"{found['auc']:.3f} ({found['low']:.3f}–{found['high']:.3f})"
        yield stage, str(found["n"]), area, f"{found['pairs'] * 100:.1f} %"


def _shares(collections: Mapping[str, Any]) -> list[str]:
    return list(next(iter(collections.values()))["shares"])


def _blend_rows(collections: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for name, found in collections.items():
        first = max(found["stages"][stage] for stage in ("bm25", "dense", "hybrid"))
        values = (first, found["stages"]["late"], *found["shares"].values())
        yield name, str(found["questions"]), *(f"{value:.3f}" for value in values)


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
