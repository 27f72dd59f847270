"""The main clause of a sentence: its subject, its verb and what follows; or why it is not certain.

The grammar is small on purpose. It reads statements, orders and simple questions whose subject is a
noun phrase with a few prepositional phrases. Whatever else it meets it gives up on, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.contrast.twins.morphology import readings
from retrieval.contrast.twins.phrases import NounPhrase, noun_phrase
from retrieval.contrast.twins.tagging import AUXILIARIES, FINITE
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import listed

Mood = Literal["statement", "order", "lone"]

NO_VERB = "It holds no verb that the rules know, so it states nothing that could be turned."
UNSURE = "Its main verb could not be told for certain."
_QUOTES = frozenset('"“”„«»')
_NOT_FINITE = frozenset({"be", "been", "being", "have", "having"})
_THIRD_PERSON = 3
_LONGEST_SUBJECT = 22
_FAR = 30


@dataclass(frozen=True, slots=True)
class Clause:
    """The main clause by places in the token list.

    Attributes:
        mood: A statement, an order, or a ``lone`` auxiliary: the only finite verb of a sentence
            whose subject is not plain. The last two have no subject here.
        start: Its first token, behind an introduction ("On Tuesday, ").
        subject: The subject, or None.
        subject_end: Behind the subject with everything that belongs to it.
        finite: The token that carries the tense: an auxiliary or the verb itself.
        main: The verb, or the form of *be* or *have* if there is no other.
        negator: The token of *not*, or the contraction; None without one.
        object: The noun phrase right behind the verb, or None.
        end: The closing mark, or the number of tokens.
    """

    mood: Mood
    start: int
    subject: NounPhrase | None
    subject_end: int
    finite: int
    main: int
    negator: int | None
    object: NounPhrase | None
    end: int

    @property
    def has_auxiliary(self) -> bool:
        """Whether the tense sits on a verb other than the main one."""
        return self.finite != self.main


def main_clause(tokens: Sequence[Token]) -> Clause | str:
    """The main clause, or a sentence saying why there is none that is certain."""
    why_not = next(_why_no_clause(tokens), "")
    if why_not:
        return why_not
    found = list(_candidates(tokens))
    if found:
        return found[0] if len(found) == 1 else UNSURE
    return _lone_auxiliary(tokens) or UNSURE


def _why_no_clause(tokens: Sequence[Token]) -> Iterator[str]:
    if not any(_could_be_verb(token) for token in tokens):
        yield NO_VERB
    if any(token.text in _QUOTES for token in tokens):
        yield "It holds quoted speech, which the rules leave alone."
    if any(token.text in {":", "|"} for token in tokens[:-1]):
        yield "It has a colon or a bar in it, so it is more than one plain clause."
    if any(token.shape == "opaque" for token in tokens):
        yield "It holds markup, an address or code, which the rules leave alone."
    if tokens[-1].text == "?":
        yield UNSURE


def _could_be_verb(token: Token) -> bool:
    if token.tag in FINITE | AUXILIARIES | {"VB"}:
        return True
    found = {r.lemma for r in readings(token.form) if r.tag in {"VBZ", "VBP", "VBD", "VB"}}
    return token.shape == "word" and bool(found & listed("also_nouns", "verbs"))


def _lone_auxiliary(tokens: Sequence[Token]) -> Clause | None:
    """The clause round the only finite verb there is, if that is an auxiliary with a verb."""
    finite = [at for at, t in enumerate(tokens) if t.tag in FINITE or _is_certain(t)]
    if len(finite) != 1 or finite[0] == 0 or not _is_certain(tokens[finite[0]]):
        return None
    if any(t.tag in {"W", "SUB"} or t.text in _QUOTES for t in tokens[: finite[0]]):
        return None
    group = verb_group(tokens, finite[0])
    if group is None or (tokens[finite[0]].tag == "DO" and group[2] is None):
        return None
    return Clause("lone", 0, None, finite[0], *group, None, _closing(tokens))


def _candidates(tokens: Sequence[Token]) -> Iterator[Clause]:
    """The clause at the start; or else each one behind an introduction and a comma."""
    start = 1 if tokens[0].tag == "CC" and tokens[0].form in {"and", "but", "so", "or"} else 0
    at_start = clause_at(tokens, start)
    if at_start:
        yield at_start
        return
    if tokens[start].tag not in {"IN", "SUB", "RB", "TO", "NNP", "NN", "NNS", "DT", "VBN", "VBG"}:
        return
    if tokens[start].tag in {"NNP", "NN", "NNS", "DT"} and not _is_time_start(tokens, start):
        return
    for at, token in enumerate(tokens[:_FAR]):
        if token.text == ",":
            clause = clause_at(tokens, at + 1)
            if clause:
                yield clause


def _is_time_start(tokens: Sequence[Token], start: int) -> bool:
    until = next((at for at, t in enumerate(tokens) if t.text == ","), 0)
    return any(t.form.removesuffix("s") in listed("time_nouns") for t in tokens[start:until])


def clause_at(tokens: Sequence[Token], start: int) -> Clause | None:
    """A clause that starts right here: an order, or a subject with its verb."""
    if start >= len(tokens):
        return None
    end = _closing(tokens)
    order = _order(tokens, start, end)
    if order:
        return order
    at = start
    while at < end and tokens[at].tag == "RB" and tokens[at].form not in {"not", "only", "even"}:
        at += 1
    subject, behind = _subject(tokens, at)
    if behind is None:
        return None
    group = verb_group(tokens, behind)
    if group is None or not _agrees(tokens, subject, group[0]):
        return None
    finite, main, negator = group
    thing = _object(tokens, main)
    return Clause("statement", start, subject, behind, finite, main, negator, thing, end)


def _closing(tokens: Sequence[Token]) -> int:
    return len(tokens) - 1 if tokens[-1].text in {".", "!", "?", "…", ";"} else len(tokens)


def _order(tokens: Sequence[Token], start: int, end: int) -> Clause | None:
    at = start
    if tokens[at].form in {"please", "always", "never"} and at + 1 < end:
        at += 1
    negator = None
    finite = at
    if tokens[at].form in {"do", "don't"}:
        negated = tokens[at].form == "don't"
        if not negated and (at + 1 >= end or tokens[at + 1].tag != "NEG"):
            return None
        negator = at if negated else at + 1
        at = negator + 1
    known = at < end and tokens[at].form in listed("imperative", "verbs")
    if not known or not (tokens[at].tag == "VB" or negator is not None or at > start):
        return None
    if at == start and start and tokens[start - 1].text == "," and tokens[at].tag != "VB":
        return None
    return Clause("order", start, None, start, finite, at, negator, _object(tokens, at), end)


def _subject(tokens: Sequence[Token], at: int) -> tuple[NounPhrase | None, int | None]:
    """The subject, and the place behind it, its phrases and a relative clause included."""
    if at < len(tokens) and tokens[at].tag == "EX":
        return None, at + 1
    subject = noun_phrase(tokens, at)
    if subject is None:
        return None, None
    behind = subject.end
    joined = _joined(tokens, behind)
    if joined is not None:
        subject = NounPhrase(subject.start, joined, subject.head, plural=True)
        behind = joined
    while behind < len(tokens) and behind - at < _LONGEST_SUBJECT:
        nearer = _postmodifier(tokens, behind)
        if nearer is None:
            break
        behind = nearer
    return subject, behind


def _joined(tokens: Sequence[Token], at: int) -> int | None:
    """Behind *and* with a further noun phrase ("dust and hives"), or None."""
    if at < len(tokens) and tokens[at].form == "and":
        second = noun_phrase(tokens, at + 1)
        return second.end if second and not second.is_pronoun else None
    return None


def _postmodifier(tokens: Sequence[Token], at: int) -> int | None:
    """Behind a prepositional phrase, a participle phrase or a relative clause at this place."""
    token = tokens[at]
    if token.tag == "IN":
        inner = noun_phrase(tokens, at + 1)
        if inner is None:
            return None
        return _joined(tokens, inner.end) or inner.end
    if token.tag == "VBN":
        at += 1
        while at < len(tokens) and tokens[at].tag == "RB":
            at += 1
        following = _postmodifier(tokens, at) if at < len(tokens) else None
        nearer = following or at
        return nearer if nearer < len(tokens) and _is_certain(tokens[nearer]) else following
    if token.form in {"who", "which", "that"} and at + 1 < len(tokens):
        return _relative_end(tokens, at + 1)
    return None


def _relative_end(tokens: Sequence[Token], at: int) -> int | None:
    """The second verb beyond doubt: where a relative clause ("who walks home") is over."""
    group = verb_group(tokens, at)
    if group is None:
        return None
    for place in range(group[1] + 1, min(len(tokens), at + _LONGEST_SUBJECT)):
        token = tokens[place]
        if token.is_mark or token.tag in {"CC", "SUB", "W", "TO"}:
            return None
        if _is_certain(token):
            return place
        if token.tag in FINITE:
            only_verb = all(reading.tag.startswith("VB") for reading in readings(token.form))
            return place if only_verb else None
    return None


def _is_certain(token: Token) -> bool:
    return token.tag in AUXILIARIES and token.form not in {"be", "been", "being", "having"}


def verb_group(tokens: Sequence[Token], at: int) -> tuple[int, int, int | None] | None:
    """Places of the finite verb, the main verb and *not*, of a verb group that starts here."""
    while at < len(tokens) and tokens[at].tag == "RB":
        at += 1
    if at < len(tokens) and tokens[at].tag in FINITE:
        return at, at, None
    if at >= len(tokens) or not _is_certain(tokens[at]):
        return None
    form = tokens[at].form
    negator = at if form == "cannot" or form.endswith("n't") else None
    main, negator = _main_verb(tokens, at, negator)
    if main == at and (tokens[at].tag == "MD" or (tokens[at].tag == "DO" and negator is not None)):
        return None
    return at, main, negator


def _main_verb(tokens: Sequence[Token], finite: int, negator: int | None) -> tuple[int, int | None]:
    """Places of the main verb behind an auxiliary, and of *not* between the two."""
    main = finite
    for at in range(finite + 1, len(tokens)):
        token = tokens[at]
        if token.tag == "NEG" and negator is None:
            negator = at
        elif token.tag in {"VB", "VBN", "VBG"}:
            return at, negator
        elif token.tag in {"BE", "HV"} and token.form in _NOT_FINITE:
            main = at
        elif token.tag != "RB":
            break
    return main, negator


def _agrees(tokens: Sequence[Token], subject: NounPhrase | None, finite: int) -> bool:
    """Whether subject and verb agree in number and person, as far as either shows."""
    form, tag = tokens[finite].form, tokens[finite].tag
    if subject is None:
        return tag in {"BE", "MD"}
    singular = {"is", "was", "has", "does", "isn't", "wasn't", "hasn't", "doesn't"}
    plural = {"are", "were", "have", "do", "am", "aren't", "weren't", "haven't", "don't"}
    if subject.person == 1 and form == "was":
        return True
    if form in singular or tag == "VBZ":
        return subject.plural is not True and subject.person == _THIRD_PERSON
    if form in plural or tag == "VBP":
        return subject.plural is not False or subject.person != _THIRD_PERSON
    return True


def _object(tokens: Sequence[Token], main: int) -> NounPhrase | None:
    return noun_phrase(tokens, main + 1)
