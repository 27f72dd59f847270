"""Public models and what is published about them, each fact with the page that it was read on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from retrieval.models.folder import Kind

Use = Literal["general", "accuracy", "multilingual", "long documents", "maximum"]
USES: Mapping[Use, str] = MappingProxyType(
    {
        "general": "small and quick; where most people start",
        "accuracy": "better lists for more time",
        "multilingual": "questions and passages in many languages",
        "long documents": "reads passages of many pages",
        "maximum": "the best lists, where time and memory do not matter",
    }
)

_FILES = "https://huggingface.co/{id}/tree/main"
_CARD = "https://huggingface.co/{id}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A published result.

    Attributes:
        name: What was measured, and on what.
        value: In the unit of the source.
        source: The page that it was read on.
    """

    name: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One public model.

    Attributes:
        id: Its id at the hub.
        kind: What it does.
        label: What lists call it.
        use: What it is for.
        help: When to pick it, in one line.
        languages: Languages it was trained for.
        dimension: Length of its vectors; None for a reranker.
        max_tokens: Most tokens it reads of one text (of one pair, for a reranker).
        bytes: Size of its weights.
        licence: SPDX id of their licence.
        prompts: Prefixes for a ``query`` and a ``document``.
        figures: Published results.
        sources: For each field that was checked, the page.
    """

    id: str
    kind: Kind
    label: str
    use: Use
    help: str
    languages: str
    dimension: int | None
    max_tokens: int
    bytes: int
    licence: str
    prompts: Mapping[str, str]
    figures: tuple[Figure, ...]
    sources: Mapping[str, str]


@cache
def catalogue() -> tuple[Entry, ...]:
    """All public models, in the order in which lists show them."""
    text = (Path(__file__).parent / "catalogue.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return tuple(_entry(model, read["pages"]) for model in read["models"])


def _entry(model: Mapping[str, Any], pages: Mapping[str, str]) -> Entry:
    pages = {**pages, "files": _FILES.format(**model), "card": _CARD.format(**model)}
    figures = model.get("figures", ())
    return Entry(
        **{
            "dimension": None,
            "prompts": {},
            **model,
            "figures": tuple(Figure(f["name"], f["value"], pages[f["page"]]) for f in figures),
            "sources": {field: pages[page] for field, page in model["sources"].items()},
        }
    )
