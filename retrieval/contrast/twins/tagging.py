"""A part of speech for each word, by closed classes, the dictionary and the words around it.

No parser stands behind this: a word that may be noun or verb counts as a verb only if it is one of
the listed verbs and stands where a verb can stand. Rules that need certainty ask the clause, which
checks number and person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.contrast.twins.closed_words import closed_class, is_closed
from retrieval.contrast.twins.morphology import Reading, readings
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import listed

NOUNS = frozenset({"NN", "NNS", "NNP"})
FINITE = frozenset({"VBZ", "VBP", "VBD"})
AUXILIARIES = frozenset({"BE", "HV", "DO", "MD"})
_FEWEST_SHOUTED = 4
_SHARE_SHOUTED = 0.75
_BY_SHAPE = {"number": "CD", "clock": "CD", "ordinal": "JJ", "code": "NNP", "opaque": "X"}
_PLURAL_BY_SENSE = frozenset({"people", "police", "cattle", "sheep", "deer"})


def tag(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens with ``tag`` and ``lemma`` filled in."""
    first = next((at for at, token in enumerate(tokens) if not token.is_mark), 0)
    done: list[Token] = []
    for at, token in enumerate(tokens):
        name, lemma = _tag(tokens, at, done, at == first)
        done.append(replace(token, tag=name, lemma=lemma or token.form))
    return _second_look(done)


def _tag(tokens: Sequence[Token], at: int, done: list[Token], is_first: bool) -> tuple[str, str]:  # noqa: FBT001
    token = tokens[at]
    if token.shape == "mark":
        return ("$" if token.text in "$€£¥" else token.text), ""
    if token.shape in _BY_SHAPE:
        return _BY_SHAPE[token.shape], ""
    if token.form in _PLURAL_BY_SENSE:
        return "NNS", token.form
    closed = closed_class(tokens, at, done)
    if closed:
        return closed
    return _open(tokens, at, done, is_first)


def _open(tokens: Sequence[Token], at: int, done: list[Token], is_first: bool) -> tuple[str, str]:  # noqa: FBT001
    token = tokens[at]
    if token.text[0].isupper() and not is_first and not _is_shouted(tokens):
        return "NNP", token.text
    known = readings(token.form)
    if not known and "-" in token.form:
        known = frozenset({*readings(token.form.rsplit("-", 1)[1]), Reading(token.form, "JJ")}) - {
            r for r in readings(token.form.rsplit("-", 1)[1]) if r.tag.startswith("VB")
        }
    if not known:
        if token.form in listed("months") | listed("weekdays") or token.text[0].isupper():
            return "NNP", token.text
        return _guess(token.form)
    return _choose(tokens, at, done, known)


def _guess(form: str) -> tuple[str, str]:
    if form.endswith("ly"):
        return "RB", form
    return ("NNS" if form.endswith("s") and not form.endswith(("ss", "us", "is")) else "NN"), form


def _is_shouted(tokens: Sequence[Token]) -> bool:
    words = [t.text for t in tokens if t.shape == "word"]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) >= _FEWEST_SHOUTED and capitals > _SHARE_SHOUTED * len(words)


@dataclass(frozen=True, slots=True)
class _Place:
    """An open word in its place, with what it may be."""

    tokens: Sequence[Token]
    at: int
    done: Sequence[Token]
    by_tag: Mapping[str, str]

    @property
    def after(self) -> Token | None:
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None

    @property
    def is_nominal(self) -> bool:
        return "NN" in self.by_tag or "NNS" in self.by_tag

    def is_verb(self, *names: str) -> bool:
        """Whether it is a verb by one of these tags, beyond doubt or as one of the listed."""
        doubtful = bool({"NN", "NNS", "JJ"} & set(self.by_tag))
        verbs = listed("also_nouns", "verbs")
        return any(
            n in self.by_tag and not (doubtful and self.by_tag[n] not in verbs) for n in names
        )


def _choose(
    tokens: Sequence[Token], at: int, done: list[Token], known: frozenset[Reading]
) -> tuple[str, str]:
    by_tag = {reading.tag: reading.lemma for reading in sorted(known, reverse=True)}
    if by_tag.get("NNS", tokens[at].form) != tokens[at].form:
        by_tag.pop("NN", None)
    before = _before(done)
    for name in _wanted(before, _Place(tokens, at, done, by_tag)):
        if name in by_tag:
            return name, by_tag[name]
    name = min(by_tag)
    return name, by_tag[name]


def _before(done: Sequence[Token]) -> str:
    """The last tag that says what may follow; adverbs and *not* are looked through."""
    for token in reversed(done):
        if token.tag not in {"RB", "NEG"}:
            return token.tag
    return ""


_AS_NOUN = ("JJ", "JJR", "JJS", "NN", "NNS", "VBN", "VBG", "RB", "VB", "VBP", "VBZ", "VBD")
_AS_BARE = ("VB", "JJ", "NN", "NNS", "RB")
_AS_PARTICIPLE = ("VBN", "VBG", "JJ", "JJR", "JJS", "RB", "NN", "NNS")
_AS_FINITE = ("VBZ", "VBP", "VBD")


_BY_TAG_BEFORE: Mapping[str, tuple[str, ...]] = {
    "MD": _AS_BARE,
    "HV": ("VBN", *_AS_NOUN),
    "PRP": (*_AS_FINITE, *_AS_NOUN),
    "EX": (*_AS_FINITE, *_AS_NOUN),
}
_IN_PHRASE = frozenset({"DT", "PRP$", "POS", "JJ", "JJR", "JJS", "CD", "IN", "VB", "VBG", "VBN"})


def _wanted(before: str, place: _Place) -> tuple[str, ...]:
    """The tags in the order in which they are tried."""
    if before in NOUNS | {"PRP", "PRPO"}:
        asked = _in_question(place)
        if asked:
            return asked
    if before in _BY_TAG_BEFORE:
        return _BY_TAG_BEFORE[before]
    if before in {"TO", "DO", "BE", "W"}:
        return _after_closed(before, place)
    if before in _IN_PHRASE | FINITE:
        return _in_phrase(before, place)
    if before in NOUNS or before == "PRPO":
        return _after_noun(place)
    return _AS_NOUN


def _in_question(place: _Place) -> tuple[str, ...]:
    """The verb of *Did the Wolves beat …?*, the adjective of *Is the pump safe?*."""
    if _awaits_verb(place.tokens, place.done) and place.is_verb("VB"):
        return _AS_BARE
    asks = place.tokens[-1].text == "?" and place.done[0].tag == "BE"
    return ("JJ",) if asks and "JJ" in place.by_tag else ()


def _after_closed(before: str, place: _Place) -> tuple[str, ...]:
    if before == "TO":
        noun = "VB" in place.by_tag and not place.is_verb("VB")
        return ("NN", "JJ", *_AS_BARE) if noun else _AS_BARE
    if before == "DO":
        return _AS_BARE if "VB" in place.by_tag else _AS_NOUN
    if before == "BE":
        adjective = "JJ" in place.by_tag and "VBN" not in place.by_tag
        return ("JJ", *_AS_PARTICIPLE) if adjective else _AS_PARTICIPLE
    return (*_AS_FINITE, *_AS_NOUN) if place.is_verb(*_AS_FINITE) else _AS_NOUN


def _in_phrase(before: str, place: _Place) -> tuple[str, ...]:
    """Within a noun phrase: an adjective if a noun can follow, a noun otherwise."""
    by_tag, after = place.by_tag, place.after
    nominal = after is not None and after.shape in {"word", "code"} and _can_be_noun(after.form)
    if before == "IN" and "VBG" in by_tag and not nominal and "NN" not in by_tag:
        return ("VBG",)
    if nominal and "VBN" in by_tag and "NN" not in by_tag and "JJ" not in by_tag:
        return ("VBN", *_AS_NOUN)
    if "RB" in by_tag and not {"NN", "JJ"} & set(by_tag):
        return ("RB",)
    if place.is_nominal and not ("JJ" in by_tag and ("NN" not in by_tag or nominal)):
        return ("NN", "NNS")
    return _AS_NOUN


def _after_noun(place: _Place) -> tuple[str, ...]:
    """After a noun: a verb if it is one of the listed and no other finite verb is near."""
    if place.is_nominal and not place.is_verb(*_AS_FINITE, "VBN"):
        return ("NN", "NNS", "JJ", "RB")
    if "VBD" in place.by_tag or "VBN" in place.by_tag:
        return _past_after_noun(place)
    if "VBZ" not in place.by_tag and "VBP" not in place.by_tag:
        return _AS_NOUN
    if not {"NN", "NNS", "JJ", "RB"} & set(place.by_tag):
        return _AS_FINITE
    plural = bool(place.done) and place.done[-1].tag == "NNS"
    agrees = ("VBP" if plural else "VBZ") in place.by_tag
    taken = _has_verb(place.done) or _has_finite(place.tokens[place.at + 1 :])
    if agrees and not taken:
        return ("VBP", *_AS_NOUN) if plural else ("VBZ", *_AS_NOUN)
    return tuple(name for name in _AS_NOUN if not name.startswith("VB"))


def _past_after_noun(place: _Place) -> tuple[str, ...]:
    """*covered* after a noun: the verb itself, or a participle if another verb is near."""
    rest = place.tokens[place.at + 1 :]
    taken = _has_verb(place.done) or _has_finite(rest, loose=True)
    if place.is_nominal and taken:
        return ("NN", "NNS")
    by_whom = [token.shape == "word" for token in rest[:2]] == [True, True] and rest[0].form == "by"
    return ("VBN", "VBD") if taken or by_whom else ("VBD", "VBN")


def _can_be_noun(form: str) -> bool:
    if is_closed(form):
        return form == "one"
    known = readings(form)
    return not known or any(r.tag in {"NN", "NNS", "JJ", "JJS"} for r in known)


def _awaits_verb(tokens: Sequence[Token], done: Sequence[Token]) -> bool:
    """Whether a question such as *Did the Wolves …* still lacks the verb of its auxiliary."""
    if tokens[-1].text != "?":
        return False
    for token in reversed(done):
        if token.tag in {"VB", "VBN", "VBG"} | FINITE:
            return False
        if token.tag in {"DO", "MD"}:
            return True
    return False


def _has_finite(tokens: Sequence[Token], *, loose: bool = False) -> bool:
    """Whether a finite verb comes before the next mark or conjunction.

    Args:
        tokens: What follows.
        loose: Whether a listed verb that may be a noun counts, too.
    """
    ends = listed("conjunctions") | listed("subordinators") | listed("relatives")
    auxiliaries = listed("be") | listed("have") | listed("do") | listed("modals")
    for at, token in enumerate(tokens):
        if token.is_mark or token.form in ends:
            return False
        if token.form in auxiliaries:
            return token.form not in {"be", "been", "being", "having"}
        if _is_finite(tokens, at, loose=loose):
            return True
    return False


def _is_finite(tokens: Sequence[Token], at: int, *, loose: bool) -> bool:
    known = readings(tokens[at].form)
    tags = {reading.tag for reading in known}
    before = tokens[at - 1].form if at else ""
    determined = before in listed("determiners") | listed("possessives")
    if tags and tags <= {"VBZ", "VBD", "VBN"} and before != "to":
        return "VBZ" in tags or not determined
    lemmas = {reading.lemma for reading in known}
    verb = bool({"VBZ", "VBP"} & tags and lemmas & listed("also_nouns", "verbs"))
    return loose and verb and not determined


def _has_verb(done: Sequence[Token]) -> bool:
    """Whether the stretch before already has its finite verb."""
    for token in reversed(done):
        if token.tag in {",", ";", ":", "(", "SUB", "CC", "W"}:
            return False
        if token.tag in FINITE | AUXILIARIES:
            return True
    return False


def _second_look(done: list[Token]) -> tuple[Token, ...]:
    """Mends what only the words behind can tell: a leading verb form, an auxiliary as main verb."""
    mended = list(done)
    words = [at for at, token in enumerate(mended) if not token.is_mark]
    if not words:
        return tuple(mended)
    first = words[0]
    token = mended[first]
    if token.tag in {"JJ", "NN", "VB", "VBP", "RB", "DO"}:
        if _starts_order(mended, first):
            mended[first] = replace(token, tag="VB", lemma=token.form)
        elif _may_start_order(mended, first):
            mended[first] = replace(token, tag="X")
    if token.tag in {"SUB", "IN", "TO", "RB"}:
        for at in range(first + 2, len(mended)):
            nominal = mended[at].tag in {"JJ", "NN", "VB", "VBP", "DO"}
            if mended[at - 1].text == "," and nominal and _starts_order(mended, at):
                mended[at] = replace(mended[at], tag="VB", lemma=mended[at].form)
    return tuple(mended)


def _may_start_order(tokens: Sequence[Token], first: int) -> bool:
    """Whether both *Report cracks* (an order) and *Report cracks* (news) can be read."""
    if tokens[first].form not in listed("imperative", "verbs") or first + 1 >= len(tokens):
        return False
    following = tokens[first + 1]
    known = {reading.tag for reading in readings(following.form)}
    return following.tag in NOUNS | FINITE and bool({"NN", "NNS"} & known)


def _starts_order(tokens: Sequence[Token], first: int) -> bool:
    """Whether the sentence is an order: a listed verb first, and no finite verb to its right.

    The verb may be followed by what no subject is followed by: a determiner, a pronoun, a
    preposition or the end.
    """
    if tokens[first].form not in listed("imperative", "verbs"):
        return False
    following = tokens[first + 1] if first + 1 < len(tokens) else None
    if following is None or following.is_mark:
        return True
    if following.tag in {"DT", "PRP$", "PRPO", "PRP", "CD", "SUB", "W"}:
        return True
    if following.tag in NOUNS and tokens[-1].text not in {".", "!", ";"}:
        return False
    return not _has_finite(tokens[first + 1 :]) and following.tag not in FINITE | AUXILIARIES
