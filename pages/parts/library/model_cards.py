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
    parts = (card.label, KINDS[card.kind], card.use, *size_and_state(card))
    return " · ".join(part for part in parts if part)


def size_and_state(card: Card) -> tuple[str, str]:
    """Size of the weights, as people read it, and where they are."""
    size, state = card.bytes_and_state()
    return bytes_text(size) if size else "size unknown", state


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
    size, state = size_and_state(card)
    cells = (
        card.label,
        KINDS[card.kind],
        card.use,
        card.languages,
        f"{card.max_tokens:,}",
        size,
        f"{_SIGNS[state]} {state}",
    )
    return f"<tr>{''.join(f'<td>{html_text(one_line(cell, 80))}</td>' for cell in cells)}</tr>"


def card_html(card: Card) -> str:
    """Everything that is known of a model; numbers in brackets name the page a fact was read on."""
    pages = list(dict.fromkeys((*card.sources.values(), *(f.source for f in card.figures))))

    def cited(field: str, text: str) -> str:
        source = card.sources.get(field)
        return f"{text} [{pages.index(source) + 1}]" if source else text

    size, state = size_and_state(card)
    prompts = "; ".join(f"{role}: “{text}”" for role, text in card.prompts.items())
    facts = {
        "use": " · ".join(part for part in (card.use, card.help) if part),
        "languages": cited("languages", card.languages),
        "vectors": cited("dimension", f"{card.dimension:,} numbers" if card.dimension else "none"),
        "reads": cited("max_tokens", f"{card.max_tokens:,} tokens"),
        "size": cited("bytes", size),
        "licence": cited("licence", card.licence),
        "prompts": cited("prompts", prompts or "none"),
        "where": state,
    }
    for figure in card.figures:
        facts[figure.name] = f"{figure.value:g} [{pages.index(figure.source) + 1}]"
    if card.published_bytes:
        facts["not checked"] = _unchecked(card)
    numbered = [f"[{place}] {page}" for place, page in enumerate(pages, 1)]
    facts["sources"] = " ".join((*numbered, *([] if card.source in pages else [card.source])))
    return facts_html(facts)


def _unchecked(card: Card) -> str:
    """Facts that were read on no page and are only what is commonly said."""
    names = {"max_tokens": "reads", "dimension": "vectors", "bytes": "size"}
    fields = ("languages", "dimension", "max_tokens", "bytes", "licence", "prompts")
    said = [field for field in fields if getattr(card, field) and field not in card.sources]
    return ", ".join(names.get(field, field) for field in said) or "nothing"
