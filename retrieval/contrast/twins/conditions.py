"""Conditions and bounds turned round: *only if* to *unless*, *at least* to *at most*, *must* ..."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from retrieval.contrast.twins.edits import Parsed, Proposal
from retrieval.contrast.twins.words import table

_FIXED_IF = frozenset(
    {"even", "as", "only", "what", "ask", "asks", "asked", "wonder", "see", "check", "know", "tell"}
    | {"sure", "and", "or", "but", "except"}
)
_AFTER_IF = frozenset({"so", "not", "any", "necessary", "possible", "needed", "only", "ever"})


def turn_phrase(parsed: Parsed) -> Iterator[Proposal | str]:
    """A phrase of the lexicon gives way to its counterpart (``lexicon/conditions.toml``)."""
    taken: set[int] = set()
    for row in table("conditions")["turn"]:
        words = row["find"].split()
        for at in range(len(parsed.tokens) - len(words)):
            places = range(at, at + len(words))
            if [parsed.tokens[p].form for p in places] != words or taken & set(places):
                continue
            if not _is_near(parsed, at + len(words), row):
                continue
            taken |= set(places)
            why_not = _why_not(parsed, at, at + len(words), row)
            if why_not:
                yield why_not
                continue
            said = f"“{row['find']}” became “{row['put']}”."
            yield Proposal((parsed.replace(at, at + len(words), row["put"]),), said)


def turn_if(parsed: Parsed) -> Iterator[Proposal | str]:
    """*if* becomes *unless*: the rule holds in just the other cases."""
    tokens = parsed.tokens
    for at, token in enumerate(tokens[:-1]):
        if token.form != "if":
            continue
        before = tokens[at - 1].form if at else ""
        following = tokens[at + 1].form
        if before in _FIXED_IF or following in _AFTER_IF:
            if before not in {"only", "even", "except"}:
                yield f"“if” belongs to a fixed phrase here (“{before} if {following}”)."
            continue
        if any(t.form in {"otherwise", "else", "then", "unless", "either"} for t in tokens):
            yield "“if” has a counterpart (“then”, “otherwise”), so it cannot be turned alone."
            continue
        if _is_negated(parsed, at):
            yield "The condition is negated, and “unless” would deny it twice."
            continue
        if sum(t.form == "if" for t in tokens) > 1:
            yield "Several conditions hang together here."
            continue
        yield Proposal((parsed.replace(at, at + 1, "unless"),), "“if” became “unless”.")


def _is_negated(parsed: Parsed, at: int) -> bool:
    for token in parsed.tokens[at + 1 :]:
        if token.text in {",", ";"}:
            return False
        if token.tag == "NEG" or token.form.endswith("n't") or token.form in {"no", "any", "ever"}:
            return True
    return False


def _is_near(parsed: Parsed, end: int, row: Mapping[str, Any]) -> bool:
    near = {token.form for token in parsed.tokens[end : end + 3]}
    wanted, unwanted = row.get("near", "").split(), row.get("not_near", "").split()
    return not near & set(unwanted) and (not wanted or bool(near & set(wanted)))


def _why_not(parsed: Parsed, start: int, end: int, row: Mapping[str, Any]) -> str:
    tokens = parsed.tokens
    before = tokens[start - 1].form if start else ""
    following = tokens[end] if end < len(tokens) else None
    fixed = f"“{row['find']}” belongs to a fixed phrase here."
    if before in row.get("not_after", "").split():
        return fixed
    if "after" in row and before not in row["after"].split():
        return fixed
    wanted = row.get("before", "").split()
    if not wanted:
        return "" if following is not None and not following.is_mark else fixed
    if following is None:
        return fixed
    kinds = {"#": {"CD", "$"}, "PRONOUN": {"PRP"}, "DET": {"DT", "PRP$"}}
    tags = set().union(*(kinds[name] for name in wanted))
    return "" if following.tag in tags else fixed
