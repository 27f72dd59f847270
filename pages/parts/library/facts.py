"""A collection in a few facts: what it holds, how it was cut, what it takes, how it is searched."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pages.parts.library.cells import bytes_text
from pages.parts.safe_text import html_text
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection


def fact_chips_html(collection: Collection) -> str:
    """The facts as a row of chips."""
    info = collection.info
    disk = collection.disk_use()
    kinds = [one.kind for one in collection.indexes.infos()]
    facts = (
        counted(info.documents, "document"),
        counted(info.chunks, "passage"),
        f"{info.chunk_tokens} tokens, overlap {info.overlap}",
        info.encoder,
        bytes_text(disk.current if disk.total is None else disk.total),
        " + ".join(kinds) if kinds else "exact search",
    )
    chips = "".join(f'<span class="sl-chip">{html_text(fact)}</span>' for fact in facts)
    return f'<div class="sl-chips">{chips}</div>'


def facts_html(facts: dict[str, str]) -> str:
    """Names and values, one line each."""
    lines = "".join(
        f"<dt>{html_text(name)}</dt><dd>{html_text(value)}</dd>" for name, value in facts.items()
    )
    return f'<dl class="sl-facts">{lines}</dl>'


def day_text(moment: str) -> str:
    """The day of a moment in ISO form."""
    return datetime.fromisoformat(moment).strftime("%-d %B %Y")


def moment_text(moment: str) -> str:
    """The minute of a moment in ISO form."""
    return datetime.fromisoformat(moment).strftime("%-d %b %Y, %H:%M UTC")
