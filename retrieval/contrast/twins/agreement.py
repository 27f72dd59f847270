"""Verbs brought into number with a new subject, and pronouns into the case of a new place."""

from __future__ import annotations

from collections.abc import Mapping

from retrieval.contrast.twins.clauses import Clause
from retrieval.contrast.twins.edits import Edit, Parsed
from retrieval.contrast.twins.morphology import inflect
from retrieval.contrast.twins.phrases import NounPhrase, words_of
from retrieval.contrast.twins.words import table

_PLURAL: Mapping[str, str] = {
    "is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't",
    "wasn't": "weren't", "hasn't": "haven't", "doesn't": "don't",
}  # fmt: skip
_SINGULAR: Mapping[str, str] = {many: one for one, many in _PLURAL.items()} | {"am": "is"}
_OWN = frozenset({"its", "their", "his", "her"})


def in_number(parsed: Parsed, clause: Clause, subject: NounPhrase) -> tuple[Edit, ...]:
    """The edit, if any, that brings the finite verb into number with a new subject."""
    verb = parsed.tokens[clause.finite]
    plural = subject.takes_base_form or _is_you_or_i(parsed, subject)
    if verb.tag == "VBZ" and plural:
        return (Edit(verb.start, verb.end, verb.lemma),)
    if verb.tag == "VBP" and not plural:
        return (Edit(verb.start, verb.end, inflect(verb.lemma, "VBZ")),)
    others = _PLURAL if plural else _SINGULAR
    if verb.form in others:
        return (Edit(verb.start, verb.end, others[verb.form]),)
    return ()


def as_subject(parsed: Parsed, start: int, end: int, *, at_start: bool) -> str:
    """A stretch as it reads as a subject: *him* becomes *he*; large at the start of a sentence."""
    words = _in_case(parsed, start, end, "subject") or parsed.inner(start, end)
    return words[:1].upper() + words[1:] if at_start else words


def as_object(parsed: Parsed, start: int, end: int) -> str:
    """A stretch as it reads behind a verb: *He* becomes *him*, *The dog* becomes *the dog*."""
    return _in_case(parsed, start, end, "object") or parsed.inner(start, end)


def _in_case(parsed: Parsed, start: int, end: int, case: str) -> str:
    if end - start != 1:
        return ""
    forms = table("roles")["pronouns"]
    word = parsed.tokens[start].form
    if case == "object":
        return forms.get(word, "")
    found = next((subject for subject, other in forms.items() if other == word), "")
    return "I" if found == "i" else found


def points_back(parsed: Parsed, start: int, end: int) -> bool:
    """Whether a stretch has a word such as *its* or *themselves* that leans on the other side."""
    return end - start > 1 and bool(_OWN & set(words_of(parsed.tokens, start, end)))


def _is_you_or_i(parsed: Parsed, phrase: NounPhrase) -> bool:
    return parsed.tokens[phrase.head].form in {"i", "me", "you", "we", "us"}
