"""Offers twins of a text: one sentence is edited, the rest stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from retrieval.contrast.twins.diff import changes_between
from retrieval.contrast.twins.edits import Names, Parsed, Proposal, apply, parse
from retrieval.contrast.twins.fitness import (
    MAX_CHARACTERS,
    MAX_SENTENCE_WORDS,
    MAX_WORDS,
    is_endless,
    why_unfit,
)
from retrieval.contrast.twins.rules import NOTHING_FITS, RULES, Rule
from retrieval.contrast.twins.sentences import sentences
from retrieval.contrast.twins.types import OFFERED, Change, Kind, Offers, Refusal, Sentence, Twin

__all__ = ["MAX_WORDS", "offer"]

MOST_PER_KIND = 4
"""So many twins of one kind are offered at most."""


def offer(text: str, *, sentence: int | None = None) -> Offers:
    """Twins of one sentence of the text, and a reason for each kind that has none.

    Args:
        text: A chunk, or a typed sentence or question; plain text, whatever it holds.
        sentence: Number of the sentence to edit, as listed in ``Offers.sentences``; the one with
            most kinds of twins if None, and of several the first.

    Raises:
        ValueError: If the text has no sentence of that number.
    """
    short = len(text) <= MAX_CHARACTERS and len(text.split()) <= MAX_WORDS
    found = sentences(text) if short else ()
    if sentence is not None and found and not 0 <= sentence < len(found):
        raise ValueError(f"there is no sentence {sentence}; the text has {len(found)}")
    notice = why_unfit(text) or ("" if found else "The text holds no sentence.")
    if notice:
        refusals = tuple(Refusal(kind, notice) for kind in OFFERED)
        return Offers((), refusals, found, sentence, notice)
    names = Names.of(text)
    if sentence is not None:
        return _offers(text, found, found[sentence], names)
    offers = [_offers(text, found, each, names) for each in found]
    return max(offers, key=lambda each: -len(each.refusals))


def _offers(text: str, found: tuple[Sentence, ...], chosen: Sentence, names: Names) -> Offers:
    if is_endless(chosen.text):
        reason = f"The sentence is longer than {MAX_SENTENCE_WORDS} words; pick a shorter one."
        refusals = tuple(Refusal(kind, reason) for kind in OFFERED)
        return Offers((), refusals, found, chosen.number)
    parsed = parse(chosen.text, names)
    twins: list[Twin] = []
    refused: list[Refusal] = []
    for kind in OFFERED:
        reasons: list[str] = []
        made = tuple(_twins(text, chosen, parsed, kind, reasons))
        twins += made[:MOST_PER_KIND]
        if not made:
            refused.append(Refusal(kind, _reason(parsed, kind, reasons)))
    return Offers(tuple(twins), tuple(refused), found, chosen.number)


def _twins(
    text: str, chosen: Sentence, parsed: Parsed, kind: Kind, reasons: list[str]
) -> Iterator[Twin]:
    seen = {text}
    for rule in (rule for rule in RULES if rule.kind == kind):
        for made in rule.apply(parsed):
            if isinstance(made, str):
                reasons.append(made)
                continue
            twin = _twin(text, chosen, rule, made)
            if twin.text not in seen:
                seen.add(twin.text)
                yield twin


def _twin(text: str, chosen: Sentence, rule: Rule, made: Proposal) -> Twin:
    edited = apply(chosen.text, made.edits)
    whole = text[: chosen.start] + edited + text[chosen.end :]
    at = chosen.start
    changes = tuple(
        Change(at + c.start, at + c.end, at + c.twin_start, at + c.twin_end)
        for c in changes_between(chosen.text, edited)
    )
    return Twin(rule.kind, rule.id, made.reason, text, whole, changes, chosen.number)


def _reason(parsed: Parsed, kind: Kind, reasons: Iterable[str]) -> str:
    """What a rule said that nearly fitted; or why no clause was found; or what is missing."""
    said = next(iter(reasons), "")
    if said:
        return said
    by_clause = kind in {"negated", "roles"} and isinstance(parsed.clause, str)
    if by_clause and isinstance(parsed.clause, str) and not parsed.text.endswith("?"):
        return parsed.clause
    return NOTHING_FITS[kind]
