"""Cards of models: all of them in a table, and one with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pages.parts.library.cells import bytes_text
from pages.parts.library.facts import facts_html
from pages.parts.safe_text import html_text, one_line

if TYPE_CHECKING:
    from retrieval.models.cards import Card
    from retrieval.models.folder import Kind

KINDS: Mapping[Kind, str] = {
    "encoder": "encoder",
    "late": "late interaction",
    "reranker": "reranker",
}
_SIGNS = {"built in": "●", "here": "●", "cached": "●", "to fetch": "○"}


def option_text(card: Card) -> str:
    """A card in one line of a picker."""
    parts = (card.label, KINDS[card.kind], card.use, size_text(card), card.state)
    return " · ".join(part for part in parts if part)


def size_text(card: Card) -> str:
    """Size of the weights, as people read it."""
    return bytes_text(card.bytes) if card.bytes else "size unknown"


def cards_table_html(cards: Sequence[Card]) -> str:
    """All cards, a line each; what is here has a full dot."""
    heads = ("model", "kind", "use", "languages", "tokens", "size", "where")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    rows = "".join(_row(card) for card in cards)
    return (
        '<div class="sl-table-wrap sl-cards"><table class="sl-table sl-words">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(card: Card) -> str:
    cells = (
        card.label,
        KINDS[card.kind],
        card.use,
        card.languages,
        f"{card.max_tokens:,}",
        size_text(card),
        f"{_SIGNS[card.state]} {card.state}",
    )
    return f"<tr>{''.join(f'<td>{html_text(one_line(cell, 80))}</td>' for cell in cells)}</tr>"


def card_html(card: Card) -> str:
    """Everything that is known of a model, with the page that each fact was read on."""
    facts = {
        "use": " · ".join(part for part in (card.use, card.help) if part),
        "languages": card.languages,
        "vectors": f"{card.dimension:,} numbers" if card.dimension else "none: it scores pairs",
        "reads": f"{card.max_tokens:,} tokens",
        "size": size_text(card),
        "licence": card.licence,
        "prompts": "; ".join(f"{role}: “{text}”" for role, text in card.prompts.items()) or "none",
        "where": card.state,
        "source": card.source,
    }
    for figure in card.figures:
        facts[figure.name] = f"{figure.value:g}, as published on {figure.source}"
    if card.published_bytes:
        facts["checked"] = _checked(card)
    return facts_html(facts)


def _checked(card: Card) -> str:
    """Which facts were read on a page, and which are only what is commonly said."""
    names = {"max_tokens": "length", "dimension": "vectors", "bytes": "size"}
    fields = ("languages", "dimension", "max_tokens", "bytes", "licence", "prompts")
    asked = [field for field in fields if getattr(card, field, None) or field == "bytes"]
    read = [names.get(field, field) for field in asked if field in card.sources]
    rest = [names.get(field, field) for field in asked if field not in card.sources]
    pages = ", ".join(sorted(set(card.sources.values())))
    unread = f"; not checked: {', '.join(rest)}" if rest else ""
    return f"{', '.join(read)} on {pages}{unread}"
