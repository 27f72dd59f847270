"""Words for words: antonyms for the opposite, synonyms as a control, inflected as the word was."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.contrast.twins.edits import Parsed, Proposal
from retrieval.contrast.twins.morphology import inflect
from retrieval.contrast.twins.negating import has_second_verb
from retrieval.contrast.twins.tagging import FINITE
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import Pair, listed, pairs

_TAGS = {
    "adjective": frozenset({"JJ", "JJR", "JJS", "VBN"}),
    "adverb": frozenset({"RB", "IN"}),
    "noun": frozenset({"NN", "NNS"}),
    "verb": FINITE | {"VB", "VBN", "VBG"},
    "preposition": frozenset({"IN"}),
    "conjunction": frozenset({"SUB", "IN", "CC"}),
}
_BEFORE_NOUNS = frozenset({"maximum", "minimum", "summer", "winter"})
_COMPARED = frozenset({"more", "less", "most", "least", "as", "so", "how"})


def antonym(parsed: Parsed) -> Iterator[Proposal | str]:
    """A word gives way to its antonym: *safe* to *dangerous*, *increases* to *decreases*."""
    fits = [fit for fit in _fits(parsed, "antonyms") if _is_said(parsed, fit[0])]
    ranked = sorted(fits, key=lambda fit: _weight(parsed, fit[0]))
    for at, end, put in ranked:
        said = f"“{parsed.piece(at, end)}” became its opposite, “{put}”."
        yield Proposal((parsed.replace(at, end, put),), said)


def synonym(parsed: Parsed) -> Iterator[Proposal | str]:
    """A word gives way to one that means the same: *approximately* to *about*."""
    for at, end, put in _fits(parsed, "synonyms"):
        said = f"“{parsed.piece(at, end)}” became “{put}”, which means the same."
        yield Proposal((parsed.replace(at, end, put),), said)


def _weight(parsed: Parsed, at: int) -> int:
    """What is said of the subject comes first, what merely describes a noun last."""
    clause = parsed.clause
    if isinstance(clause, str):
        return 2
    if at == clause.main or (at > clause.main and parsed.tokens[at - 1].tag in {"BE", "RB"}):
        return 0
    return 1 if at > clause.main else 2


def _fits(parsed: Parsed, name: str) -> Iterator[tuple[int, int, str]]:
    for at, token in enumerate(parsed.tokens):
        if token.shape != "word" or (at and token.text[0].isupper()) or parsed.is_name(at):
            continue
        for pair in pairs(name).get(_key(token), ()) or pairs(name).get(token.form, ()):
            end = _end(parsed, at, pair)
            if end and _fits_context(parsed, at, end, pair):
                yield at, end, _inflected(token, pair)
                break


def _key(token: Token) -> str:
    return token.lemma if token.tag in FINITE | {"VB", "VBN", "VBG", "NNS"} else token.form


def _end(parsed: Parsed, at: int, pair: Pair) -> int | None:
    """Behind the word, or behind the last word of a pair such as *turn off*."""
    words = pair.word.split()
    end = at + len(words)
    found = [token.form for token in parsed.tokens[at + 1 : end]]
    return end if found == words[1:] and end <= len(parsed.tokens) else None


def _is_said(parsed: Parsed, at: int) -> bool:
    """Whether the word belongs to what the clause says, and not to how it names its subject."""
    clause, tokens = parsed.clause, parsed.tokens
    if isinstance(clause, str) or at < clause.subject_end:
        return False
    if any(token.tag in {"W", "SUB"} for token in tokens[clause.subject_end : at]):
        return False
    if at == clause.main and has_second_verb(parsed, clause):
        return False
    if at == clause.main or tokens[at].tag in {"RB", "IN"}:
        return True
    inside = clause.object is not None and clause.object.start <= at < clause.object.end
    return inside or all(token.tag in {"RB", "NEG"} for token in tokens[clause.main + 1 : at])


def _fits_context(parsed: Parsed, at: int, end: int, pair: Pair) -> bool:
    token = parsed.tokens[at]
    if token.tag not in _TAGS[pair.part]:
        return False
    before = parsed.tokens[at - 1].form if at else ""
    following = parsed.tokens[end] if end < len(parsed.tokens) else None
    after = following.form if following else ""
    if "#" in pair.not_before and not (following and following.tag == "CD"):
        return False
    if after in pair.not_before | {"'s"} or before in pair.not_after | {"-"}:
        return False
    if pair.part == "adjective":
        return _fits_adjective(token, pair, before)
    if pair.part == "noun":
        return not (following and following.tag in {"NN", "NNP"}) or pair.word in _BEFORE_NOUNS
    return pair.part != "verb" or _fits_verb(parsed, at, token)


def _fits_adjective(token: Token, pair: Pair, before: str) -> bool:
    if token.form != pair.word:
        return False
    if token.tag == "VBN" and not (before in listed("be") or before in listed("determiners")):
        return False
    if before in _COMPARED and (" " in pair.other or pair.other.startswith(("un", "in", "non"))):
        return False
    return not (" " in pair.other and before in listed("determiners"))


def _fits_verb(parsed: Parsed, at: int, token: Token) -> bool:
    if isinstance(parsed.clause, str) and token.tag in FINITE | {"VB"}:
        return token.tag == "VB" and at > 0 and parsed.tokens[at - 1].tag in {"TO", "MD"}
    return True


def _inflected(token: Token, pair: Pair) -> str:
    if pair.part == "verb":
        return pair.other if token.tag in {"VB", "VBP"} else inflect(pair.other, token.tag)
    if pair.part == "noun" and token.tag == "NNS" and token.form != pair.word:
        return inflect(pair.other, "NNS")
    return pair.other
