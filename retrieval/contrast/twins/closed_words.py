"""Words of the closed classes: the few hundred that hold sentences together."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.contrast.twins.morphology import readings
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import listed, table

_AUXILIARY_LISTS = (("BE", "be"), ("HV", "have"), ("DO", "do"))
_LEMMAS = {"BE": "be", "HV": "have", "DO": "do"}
_SINGLE = {"not": "NEG", "there": "EX", "to": "TO"}
_TWO_WAYS = frozenset(
    {"that", "her", "as", "like", "past", "round", "off", "except", "until", "till"}
)
_LISTS = (
    ("SUB", "subordinators"),
    ("W", "relatives"),
    ("BE", "be"),
    ("HV", "have"),
    ("DO", "do"),
    ("MD", "modals"),
    ("PRP$", "possessives"),
    ("DT", "determiners"),
    ("CD", "cardinals"),
    ("PRP", "subject_pronouns"),
    ("PRPO", "object_pronouns"),
    ("CC", "conjunctions"),
    ("RB", "adverbs"),
    ("IN", "prepositions"),
)


def is_closed(form: str) -> bool:
    """Whether the word is on one of the lists."""
    return any(form in listed(source) for _, source in _LISTS)


def closed_class(tokens: Sequence[Token], at: int, done: Sequence[Token]) -> tuple[str, str] | None:
    """Tag and lemma of a word of a closed class, or None; ``done`` is tagged already."""
    form = tokens[at].form
    before = done[-1] if done else None
    after = tokens[at + 1].form if at + 1 < len(tokens) else ""
    special = _contracted(form, before) or _single(tokens[at], before, after)
    if special:
        return special
    if form in _TWO_WAYS:
        return _of_two(form, before, after)
    if form in {"after", "before", "since"} and not _opens_clause(tokens, at):
        return "IN", form
    for name, source in _LISTS:
        if form in listed(source):
            return name, _LEMMAS.get(name, form)
    return None


def _contracted(form: str, before: Token | None) -> tuple[str, str] | None:
    """What stands behind an apostrophe, and what ends in *n't*."""
    if form == "'s":
        return ("BE", "be") if before and before.tag in {"PRP", "EX", "W"} else ("POS", "")
    if form.startswith("'"):
        return ("HV", "have") if form == "'ve" else ("MD", form)
    if form == "cannot" or form in table("closed")["contractions"]:
        head = table("closed")["contractions"].get(form, "can not").split()[0]
        return _auxiliary(head), head
    return None


def _single(token: Token, before: Token | None, after: str) -> tuple[str, str] | None:
    form = token.form
    if form == "need" and after == "not":
        return "MD", "need"
    is_month = form in {"may", "march"} and token.text[0].isupper()
    if is_month and before is not None and before.tag in {"IN", "CD"}:
        return "NNP", form
    return (_SINGLE[form], form) if form in _SINGLE else None


def _auxiliary(form: str) -> str:
    return next((name for name, source in _AUXILIARY_LISTS if form in listed(source)), "MD")


def _of_two(form: str, before: Token | None, after: str) -> tuple[str, str]:
    """Words whose class hangs on their neighbours."""
    name = before.tag if before else ""
    if form == "that":
        return _that(before, after), form
    if form == "her":
        known = readings(after)
        return ("PRP$" if any(r.tag in {"NN", "NNS", "JJ"} for r in known) else "PRPO"), form
    if form == "like" and name in {"TO", "MD", "PRP", "NEG", "DO"}:
        return "VB", form
    if form in {"until", "till"}:
        clause = after in listed("subject_pronouns") | listed("subordinators") | {"the", "a"}
        return ("SUB" if clause else "IN"), form
    return "IN", form


def _that(before: Token | None, after: str) -> str:
    if before is not None and before.form == "so":
        return "SUB"
    if before is None or before.tag in {"IN", "CC", ","}:
        return "PRP" if after in listed("be") | listed("modals") else "DT"
    return "W"


def _opens_clause(tokens: Sequence[Token], at: int) -> bool:
    """Whether a verb follows before the next mark, so that *after* opens a clause, no phrase."""
    for token in tokens[at + 1 :]:
        if token.is_mark:
            return False
        if token.form in listed("be") | listed("have") | listed("do") | listed("modals"):
            return token.form not in {"being", "been", "be", "having"}
        known = readings(token.form)
        if known and all(r.tag.startswith("VB") for r in known):
            return any(r.tag in {"VBZ", "VBD"} for r in known)
    following = tokens[at + 1].form if at + 1 < len(tokens) else ""
    return following in listed("subject_pronouns") - {"this", "these", "that", "those"}
