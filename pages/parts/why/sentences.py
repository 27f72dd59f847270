"""What the explanations say, in plain sentences with the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pages.parts.looks import STAGE_LOOKS, show_score
from pages.parts.safe_text import one_line
from pages.parts.shaded_words import signed
from pages.parts.why.scene import NAMES
from retrieval.explain.alignment import Alignment, negator_places
from retrieval.explain.attribution import Attribution, PairAttribution
from retrieval.explain.explainer import ExplainedStage
from retrieval.explain.gradients import Credits
from retrieval.explain.kinds import names, negators
from retrieval.explain.lexical_shares import LexicalShares
from retrieval.explain.segments import Part
from retrieval.wording import counted

_UNITS: Mapping[ExplainedStage, str] = {
    "bm25": "bm25",
    "dense": "cosine",
    "late": "maxsim",
    "rerank": "logit",
}
_MOST_NAMED = 4
_WORD_CHARACTERS = 40


def unit_of(stage: ExplainedStage) -> str:
    """The unit of a stage's scores."""
    return _UNITS[stage]


def headline(scores: Mapping[ExplainedStage, Sequence[float]]) -> str:
    """Which of two passages each stage scores higher, and by how much."""
    if len(next(iter(scores.values()))) == 1:
        told = [f"{_label(s)} {show_score(v[0], unit_of(s))}" for s, v in scores.items()]
        return f"The passage’s scores: {', '.join(told)}."
    sides: dict[str, list[str]] = {name: [] for name in (*NAMES, "neither")}
    for stage, (first, second) in scores.items():
        winner = "neither" if first == second else NAMES[first < second]
        by = show_score(abs(first - second), unit_of(stage))
        sides[winner].append(f"{_label(stage)} (by {by})" if first != second else _label(stage))
    told = [
        f"{_capital(winner)} is ahead in {_listed(won)}" for winner, won in sides.items() if won
    ]
    return f"{'; '.join([told[0], *(_small(one) for one in told[1:])])}."


def reconciled(attribution: Attribution) -> str:
    """How the contributions and the score meet."""
    unit = attribution.unit
    return (
        f"The contributions of {counted(len(attribution.values), 'word')} add up to "
        f"{signed(attribution.total, unit)}. The score is "
        f"{show_score(attribution.score, unit)}; the other "
        f"{signed(attribution.remainder, unit)} is shared by words together."
    )


def reading(part: Part, what: str) -> str:
    """How much of a text the model reads and how many words are left out; empty for all."""
    told = []
    if part.read < part.total:
        told.append(f"The model reads the first {part.read:,} of the {part.total:,} words.")
    if len(part.words) < part.read:
        told.append(f"Words are left out one at a time up to the {len(part.words)}th.")
    return f"{_capital(what)} is long. {' '.join(told)}" if told else ""


def turning_words(attribution: Attribution, what: str) -> str:
    """What the negators of one text contribute."""
    places = negators(attribution.words)
    if not places:
        return f"No negator in {what}."
    return f"Negators in {what}: {_named(attribution, places)}."


def name_words(attribution: Attribution, other: str, what: str) -> str:
    """What the names of one text contribute; empty where it has none."""
    places = names(other, attribution.part.text, attribution.words)
    return f"Names in {what}: {_named(attribution, places)}." if places else ""


def strongest(attribution: Attribution) -> str:
    """The words that raise and lower the score most."""
    if not attribution.values:
        return ""
    order = sorted(range(len(attribution.values)), key=attribution.values.__getitem__)
    low, high = order[0], order[-1]
    told = []
    if attribution.values[high] > 0:
        told.append(f"{_named(attribution, [high])} raises it most")
    if attribution.values[low] < 0:
        told.append(f"{_named(attribution, [low])} lowers it most")
    return f"Of single words, {', '.join(told)}." if told else ""


def called_out(pair: PairAttribution, query: str, what: str) -> str:
    """The negators and the names of the question and of the passage, in one line."""
    told = [
        turning_words(pair.question, "the question"),
        turning_words(pair.passage, what),
        name_words(pair.question, pair.passage.part.text, "the question"),
        name_words(pair.passage, query, what),
        strongest(pair.passage),
    ]
    return " ".join(line for line in told if line)


def completeness(found: Credits, what: str) -> str:
    """Whether the credits of integrated gradients add up to what they explain."""
    difference = found.logit - found.baseline
    verdict = "complete" if found.is_complete else "not complete"
    return (
        f"With {what} blank the logit is {show_score(found.baseline, 'logit')}, with its words "
        f"{show_score(found.logit, 'logit')}: {signed(difference, 'logit')}. The credits add up "
        f"to {signed(found.total, 'logit')}, {abs(found.error):.3f} off, where "
        f"{found.tolerance:.3f} is allowed: {verdict} after {found.steps} steps."
    )


def agreed(rho: float | None, words: int) -> str:
    """How far two attributions put the words in the same order."""
    if rho is None:
        return "There are too few different words to compare the two."
    if rho >= 0.7:  # noqa: PLR2004  # "strong" by the usual reading of a correlation
        how = "They agree well"
    elif rho >= 0.4:  # noqa: PLR2004  # "moderate"
        how = "They agree in part"
    else:
        how = "They hardly agree, so trust neither on single words"
    return f"{how}: Spearman’s rank correlation over {counted(words, 'word')} is {rho:.2f}."


def matched(alignment: Alignment, place: int) -> str:
    """What one question token found."""
    token = quoted(alignment.query[place].label)
    if not alignment.cosines.size:
        return f"{token} finds nothing: the passage has no token."
    winner = quoted(alignment.passage[alignment.winners[place]].label)
    best = alignment.maxima[place]
    return (
        f"{token} finds {winner} (cosine {best:.3f}), which is worth "
        f"{best / len(alignment.query):.3f} of the score {alignment.score:.3f}."
    )


def negator_found(query: str, text: str, alignment: Alignment, what: str) -> str:
    """What the question's negator matched, or how the passage's was overlooked."""
    asked = negator_places(query, alignment.query)
    if asked and alignment.cosines.size:
        told = [
            f"{quoted(alignment.query[at].label)} finds "
            f"{quoted(alignment.passage[alignment.winners[at]].label)} "
            f"(cosine {alignment.maxima[at]:.3f})"
            for at in asked[:_MOST_NAMED]
        ]
        return f"In {what}, the question’s negator {', '.join(told)}."
    standing = negator_places(text, alignment.passage)
    if not standing:
        return f"Neither the question nor {what} has a negator."
    finders = sum(bool(alignment.found_by(at)) for at in standing)
    overlooked = (
        "no token of the question finds it best, so it never enters the sum"
        if not finders
        else f"{finders} of {len(standing)} of its tokens enter the sum"
    )
    return (
        f"The question has no negator. {_capital(what)} has "
        f"{quoted(alignment.passage[standing[0]].label)}, and {overlooked}."
    )


def shares(lexical: LexicalShares, what: str) -> str:
    """How the shares make up the score."""
    held = [term for term in lexical.terms if term.found]
    if not held:
        return f"{_capital(what)} shares no word with the question, so its score is 0."
    best = max(held, key=lambda term: term.share)
    part = best.share / lexical.score if lexical.score else 0.0
    return (
        f"{_capital(what)} has {len(held)} of the question’s "
        f"{counted(len(lexical.terms), 'word')}; their shares add up to its score, "
        f"{show_score(lexical.score, 'bm25')}. The largest is {quoted(best.text)} with "
        f"{show_score(best.share, 'bm25')} ({part:.0%}), a word of {best.passages:,} of "
        f"{lexical.corpus:,} passages."
    )


def quoted(text: str) -> str:
    """A word in quotation marks, on one line and not too long."""
    return f"“{one_line(text, _WORD_CHARACTERS)}”"


def _named(attribution: Attribution, places: Sequence[int]) -> str:
    """Words with what they are worth, and the score without each; one that recurs is named once."""
    largest: dict[str, int] = {}
    for at in sorted(places, key=lambda place: -abs(attribution.values[place])):
        largest.setdefault(attribution.words[at].text.casefold(), at)
    told = [
        f"{quoted(attribution.words[at].text)} {signed(attribution.values[at], attribution.unit)}"
        f" (without it {show_score(attribution.without(at), attribution.unit)})"
        for at in list(largest.values())[:_MOST_NAMED]
    ]
    more = len(largest) - _MOST_NAMED
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _label(stage: ExplainedStage) -> str:
    return STAGE_LOOKS[stage].label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _listed(parts: Sequence[str]) -> str:
    """The parts with commas, and "and" before the last."""
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
