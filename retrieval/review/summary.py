"""A review for people who read no scores: three sentences and two pictures in one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.errors import ReviewError
from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.report_figures import (
    OTHER_COLOUR,
    QUIET_COLOUR,
    STAGE_COLOURS,
    bars,
    escaped,
    forest,
    stacked,
)
from retrieval.evaluation.report_page import page
from retrieval.evaluation.statements import shown_p
from retrieval.review.consensus import passage_grades
from retrieval.review.lead import MEASURES, Lead
from retrieval.review.preferences import WinRate
from retrieval.review.standing import Standing
from retrieval.review.types import Review
from retrieval.wording import counted

GRADE_COLOURS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {2: ("#C9CCD6", "#00695C"), 4: ("#C9CCD6", "#A6D5CC", "#4DA393", "#00695C")}
)
"""From grey for not relevant to deep teal, by the number of grades; lightness alone tells them."""
UNJUDGED_COLOUR = "#EEEFF3"
_TIE_COLOUR = "#C9CCD6"
_SAME_COLOURS = ("#0072B2", "#D55E00")


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture with the sentence that says what it shows."""

    picture: str
    caption: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What goes into the file.

    Attributes:
        review: The review.
        sentences: Three: what was done, what came out, how far people agree.
        figures: Two.
    """

    review: Review
    sentences: tuple[str, str, str]
    figures: tuple[Figure, Figure]

    @property
    def html(self) -> str:
        """The whole file."""
        title = f"Review: {self.review.name}"
        told = "".join(f"<p>{escaped(one)}</p>" for one in self.sentences)
        shown = "".join(f"<h2>{escaped(one.caption)}</h2>{one.picture}" for one in self.figures)
        made = f"{self.review.collection or 'no collection'} · made {self.review.created[:10]}"
        return page(
            title, f'<h1>{escaped(title)}</h1><p class="quiet">{escaped(made)}</p>{told}{shown}'
        )


def summarise(lead: Lead, how: str = "median") -> Summary:
    """Sum a review up.

    Args:
        lead: The review.
        how: How the grades of several reviewers are taken together.

    Raises:
        RoleError: If the person may not look behind it.
        ReviewError: If nothing has been judged yet, or it has no systems.
    """
    review, results, standing = lead.review, lead.results(how), lead.standing()
    agreement, done = lead.agreement(), _done(lead, standing)
    if review.draft.mode == "lists":
        rates = [one for one in results.win_rates if one.votes]
        if not rates:
            raise ReviewError("No lists have been compared yet.", hint="Judge first.")
        # Of several pairs the clearest is told; the picture has them all.
        clearest = min(rates, key=lambda one: one.p)
        sentences = (done, clearest.sentence, agreement.sentence)
        return Summary(review, sentences, (_votes(rates), _by_question(clearest, lead, standing)))
    if results.evaluation is None:
        raise ReviewError("There is nothing to sum up yet.", hint="Judge first.")
    figures = (_means(results.evaluation), _grades(lead, passage_grades(standing, how)))
    return Summary(review, (done, _outcome(results.evaluation), agreement.sentence), figures)


def _done(lead: Lead, standing: Standing) -> str:
    review, progress = lead.review, lead.progress()
    people = sum(bool(one.judged) for one in progress.reviewers)
    what = "passages" if review.draft.mode == "passages" else "pairs of lists"
    judged = sum(one > 0 for one in standing.counts.values())
    who, asked = counted(people, "person", "people"), len(review.questions)
    return (
        f"{who} judged {judged:,} of {progress.tasks:,} {what} for "
        f"{counted(asked, 'question')}, without knowing which system had found them."
    )


def _outcome(evaluation: Evaluation) -> str:
    """Which system is ahead, and whether that is shown; the margin to the next one decides."""
    first = MEASURES[0]
    means = {name: found[first].mean for name, found in evaluation.systems.items()}
    ordered = sorted(means, key=lambda name: -means[name])
    if len(ordered) == 1:
        return f"{ordered[0]} has {first} {means[ordered[0]]:.2f}, where 1 is the best order."
    best, second = ordered[:2]
    compared = next(one for one in evaluation.comparisons if {one.a, one.b} == {best, second})
    said = (
        f"{best} puts the best passages first ({first} {means[best]:.2f}, where 1 is the best "
        f"order) and {second} comes next ({means[second]:.2f})"
    )
    if not compared.is_shown and f"{means[best]:.2f}" == f"{means[second]:.2f}":
        return (
            f"{best} and {second} put the passages in equally good order ({first} "
            f"{means[best]:.2f}, where 1 is the best order)."
        )
    if compared.is_shown:
        return f"{said}, a difference that is shown (p = {shown_p(compared.p_corrected)})."
    if compared.too_few:
        return f"{said}, and the questions are too few to say whether that is chance."
    return f"{said}, which may be chance (p = {shown_p(compared.p_corrected)})."


def _means(evaluation: Evaluation) -> Figure:
    first = MEASURES[0]
    means = {name: found[first] for name, found in evaluation.systems.items()}
    best = max(means, key=lambda name: means[name].mean)
    said = f"How good each system's order is ({first}): {best} has {means[best].mean:.2f}"
    colours = {name: STAGE_COLOURS.get(name, OTHER_COLOUR) for name in means}
    return Figure(forest(means, colours, said), said)


def _grades(lead: Lead, grades: Mapping[str, int]) -> Figure:
    """What share of each system's passages has which grade."""
    scale = lead.review.scale
    shares: dict[str, list[float]] = {}
    for system in lead.review.systems:
        brought = [one.id for one in lead.pool.passages if system.name in one.found]
        given = [grades.get(one, len(scale.words)) for one in brought]
        total = max(len(given), 1)
        shares[system.name] = [given.count(one) / total for one in range(len(scale.words) + 1)]
    best = max(shares, key=lambda name: shares[name][-2])
    said = (
        f"What each system's first {lead.review.draft.depth} hold: {shares[best][-2]:.0%} of what "
        f"{best} brought is “{scale.words[-1]}”"
    )
    words = (*scale.words, "Not judged yet")
    colours = (*GRADE_COLOURS[len(scale.words)], UNJUDGED_COLOUR)
    return Figure(stacked(shares, words, colours, said), said)


def _votes(rates: Sequence[WinRate]) -> Figure:
    shares = {
        f"{one.a} | {one.b}": [
            count / one.votes for count in (one.votes_a, one.ties, one.bad, one.votes_b)
        ]
        for one in rates
    }
    first = rates[0]
    said = f"What people preferred: {first.a} {first.rate_a:.0%}, {first.b} {first.rate_b:.0%}"
    words = ("left name better", "both alike", "both bad", "right name better")
    colours = (_SAME_COLOURS[0], _TIE_COLOUR, QUIET_COLOUR, _SAME_COLOURS[1])
    return Figure(stacked(shares, words, colours, said), said)


def _by_question(rate: WinRate, lead: Lead, standing: Standing) -> Figure:
    """Of one pair of systems: each question's votes for the first less those for the second."""
    ids = {one.id for one in lead.pool.pairs(lead.review.systems) if (one.a, one.b) == _ab(rate)}
    margins: dict[str, list[int]] = {}
    for one in standing.given("prefer"):
        if one.task_id in ids:
            vote = {"a": 1, "b": -1}.get(one.choice, 0)
            margins.setdefault(one.query_id, []).append(vote)
    differences = [sum(votes) / len(votes) for votes in margins.values()]
    said = (
        f"Question by question: {rate.a} ahead on {rate.questions_a}, {rate.b} on "
        f"{rate.questions_b}, even on {rate.questions_even}"
    )
    return Figure(bars(differences, _SAME_COLOURS, said), said)


def _ab(rate: WinRate) -> tuple[str, str]:
    return rate.a, rate.b
