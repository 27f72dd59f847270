"""Negation by other words than *not*: *no*, *never*, *without*, *except*, *neither*, *nobody*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.phrases import noun_phrase
from retrieval.contrast.twins.tagging import NOUNS
from retrieval.contrast.twins.words import listed

_WHOLE: Mapping[str, str] = {
    "nobody": "everybody",
    "no-one": "everyone",
    "nothing": "everything",
    "nowhere": "everywhere",
    "everybody": "nobody",
    "everyone": "nobody",
    "everything": "nothing",
    "everywhere": "nowhere",
}


def without_no(parsed: Parsed) -> Iterator[Proposal | str]:
    """*no effect* becomes *some effect*, *no longer* *still*, *no one* *everyone*."""
    for at, token in enumerate(parsed.tokens[:-1]):
        if token.form != "no":
            continue
        following = parsed.tokens[at + 1]
        if following.form == "longer" and at and parsed.tokens[at - 1].tag in {"BE", "MD"}:
            yield Proposal((parsed.replace(at, at + 2, "still"),), "“no longer” became “still”.")
            continue
        if following.form == "one":
            yield Proposal((parsed.replace(at, at + 2, "everyone"),), "“no one” became “everyone”.")
            continue
        phrase = noun_phrase(parsed.tokens, at)
        plain = (
            phrase is not None
            and phrase.end > at + 1
            and following.form not in listed("fixed_no", "negators")
        )
        if not plain or following.tag not in NOUNS | {"JJ", "VBN"} or _is_paired(parsed, at):
            yield "“no” here belongs to a fixed phrase, so it cannot simply be taken away."
            continue
        yield Proposal((parsed.replace(at, at + 1, "some"),), "“no” became “some”.")


def without_never(parsed: Parsed) -> Iterator[Proposal | str]:
    """*never* becomes *always*, and *always* becomes *never*."""
    for at, token in enumerate(parsed.tokens):
        if token.form not in {"never", "always"}:
            continue
        other = {"never": "always", "always": "never"}[token.form]
        near = {
            parsed.tokens[place].form for place in (at - 1, at + 1) if 0 <= place < _size(parsed)
        }
        if near & {"not", "almost", "nearly", "again", "before", "yet", "ever", "any", "or", "and"}:
            yield f"“{token.form}” is bound up with its neighbours here."
            continue
        if any(word.form in {"any", "ever", "either", "until"} for word in parsed.tokens):
            yield f"“{token.form}” carries other words with it here."
            continue
        yield Proposal((parsed.replace(at, at + 1, other),), f"“{token.form}” became “{other}”.")


def without_without(parsed: Parsed) -> Iterator[Proposal | str]:
    """*without food* becomes *with food*, and the other way round where *with* adds something."""
    for at, token in enumerate(parsed.tokens[:-1]):
        if token.form not in {"with", "without"}:
            continue
        following = parsed.tokens[at + 1]
        phrase = noun_phrase(parsed.tokens, at + 1)
        if phrase is None or phrase.is_pronoun:
            if token.form == "without":
                yield "What follows “without” is no plain noun phrase."
            continue
        if token.form == "without":
            edits = [parsed.replace(at, at + 1, "with")]
            if following.form == "any":
                edits.append(parsed.replace(at + 1, at + 2, "some"))
            yield Proposal(tuple(edits), "“without” became “with”.")
            continue
        before = parsed.tokens[at - 1] if at else None
        if before is not None and (
            before.tag in NOUNS or before.form in listed("adds_with", "negators")
        ):
            if following.tag == "CD" or not _adds_something(parsed, at):
                continue
            yield Proposal((parsed.replace(at, at + 1, "without"),), "“with” became “without”.")


def _adds_something(parsed: Parsed, at: int) -> bool:
    """Whether *with* adds what could be left out, and belongs to no verb such as *combine*."""
    if parsed.tokens[at - 1].form in listed("nouns_with", "negators"):
        return False
    verbs = listed("verbs_with", "negators")
    return not any({token.lemma, token.form} & verbs for token in parsed.tokens[:at])


def without_except(parsed: Parsed) -> Iterator[Proposal | str]:
    """*all except the first* becomes *all including the first*, *except in May* *even in May*."""
    for at, token in enumerate(parsed.tokens[:-1]):
        if token.form not in {"except", "excepting"} or not at:
            continue
        following = parsed.tokens[at + 1]
        if following.form in {"for", "from"}:
            end, put = at + 2, "including"
        elif following.tag == "IN":
            end, put = at + 1, "even"
        elif following.tag in {"SUB", "W", "PRP", "TO"} or following.form in {"if", "when", "that"}:
            continue
        else:
            end, put = at + 1, "including"
        phrase = noun_phrase(parsed.tokens, end + (put == "even"))
        if phrase is None:
            yield "What is excepted is no plain noun phrase."
            continue
        yield Proposal((parsed.replace(at, end, put),), f"“except” became “{put}”.")


def without_neither(parsed: Parsed) -> Iterator[Proposal | str]:
    """*neither bite nor suck* becomes *both bite and suck*."""
    forms = [token.form for token in parsed.tokens]
    if forms.count("neither") != 1 or forms.count("nor") != 1:
        return
    first, second = forms.index("neither"), forms.index("nor")
    if first == 0 or first > second:
        yield "“neither … nor” stands in the subject, where the verb would have to change as well."
        return
    edits = (parsed.replace(first, first + 1, "both"), parsed.replace(second, second + 1, "and"))
    yield Proposal(edits, "“neither … nor” became “both … and”.")


def whole_or_none(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Everyone* becomes *nobody*, *nothing* becomes *everything*, *All* becomes *Not all*."""
    tokens = parsed.tokens
    negated = any(token.tag == "NEG" or token.form.endswith("n't") for token in tokens)
    for at, token in enumerate(tokens):
        put = _WHOLE.get(token.form)
        follows = tokens[at + 1].form if at + 1 < len(tokens) else ""
        if put and negated:
            yield f"“{token.form}” stands in a sentence that is negated elsewhere."
        elif put and follows not in {"but", "else", "more", "other", "about"}:
            yield Proposal((parsed.replace(at, at + 1, put),), f"“{token.form}” became “{put}”.")
    first = tokens[0]
    clause = parsed.clause
    plain = not isinstance(clause, str) and clause.start == 0 and clause.mood == "statement"
    if plain and not negated and first.form in {"all", "every"}:
        edit = Edit(first.start, first.end, f"Not {first.form}")
        yield Proposal((edit,), f"“{first.text}” became “Not {first.form}”.")


def _is_paired(parsed: Parsed, at: int) -> bool:
    """Whether another negator in the sentence hangs together with this *no*."""
    others = {
        "nor",
        "or",
        "not",
        "but",
        "except",
        "unless",
        "until",
        "any",
        "yet",
        "anything",
        "anyone",
    }
    rest = [token.form for place, token in enumerate(parsed.tokens) if place != at]
    return any(form in others or form.endswith("n't") or form == "no" for form in rest)


def _size(parsed: Parsed) -> int:
    return len(parsed.tokens)
