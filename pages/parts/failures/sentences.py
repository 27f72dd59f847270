"""What happened, in plain sentences made of the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pages.parts.looks import STAGE_LOOKS, show_score
from retrieval.contrast.four_cells import UNITS, FourCells, result_of
from retrieval.contrast.ghosts import Encounter
from retrieval.contrast.pairwise import Outcome
from retrieval.contrast.twins import Kind
from retrieval.settings import StageName
from retrieval.wording import counted

NAMES: Mapping[StageName, str] = {
    "bm25": "BM25",
    "dense": "the bi-encoder",
    "hybrid": "the fusion",
    "late": "late interaction",
    "rerank": "the reranker",
}
_UNIT_WORDS: Mapping[str, str] = {"bm25": " points", "logit": " logits"}
"""Said with the number; the other units have no plural, and stand in the tables."""
OTHERS: Mapping[Kind, str] = {
    "negated": "the opposite claim",
    "roles": "the swapped roles",
    "number": "the changed number",
    "condition": "the turned condition",
}
"""What the text that does not answer is called, by the kind of the twin."""
_QUESTIONS = ("the question", "the twin question")


def happened(cells: FourCells, answer: str, other: str) -> str:
    """What every stage made of the item, those that fail first.

    Args:
        cells: The scores.
        answer: What the text is called that answers the first question.
        other: What the one is called that does not.
    """
    failed = [_failed(one, answer, other) for one in cells.outcomes if not one.passed]
    passed = [
        f"{NAMES[one.stage]} by {amount(min(one.margins), UNITS[one.stage])}"
        for one in cells.outcomes
        if one.passed
    ]
    if passed:
        passed[0] = passed[0].replace(" by ", " separates them by ", 1)
    told = "; ".join(", ".join(part) for part in (failed, passed) if part)
    return f"{told[:1].upper()}{told[1:]}."


def rule_line(cells: FourCells) -> str:
    """How many stages pass, and by which rule."""
    passed = sum(outcome.passed for outcome in cells.outcomes)
    rule = (
        "Both questions must put their own passage first; a tie fails, and chance is 25 %."
        if cells.probe.is_four_cell
        else "One question must put its passage first; a tie fails, and chance is 50 %."
    )
    return f"{passed} of {counted(len(cells.outcomes), 'stage')} pass. {rule}"


def control_line(cells: FourCells) -> str:
    """What the control says of the margins."""
    kept = [o for o in cells.outcomes if o.control_margin is not None]
    if not kept:
        return "There is no control, so nothing shows how much of a margin comes from wording."
    above = [STAGE_LOOKS[o.stage].label for o in kept if (o.control_margin or 0.0) > 0]
    names = f" ({', '.join(above)})" if 0 < len(above) < len(kept) else ""
    return (
        f"The control says what the passage says in other words. It stays above the text that "
        f"does not answer in {len(above)} of {counted(len(kept), 'stage')}{names}; a margin that "
        "the control does not share comes from wording."
    )


def corpus_line(cells: FourCells, collection: str) -> str:
    """Where keyword weights and ranks come from."""
    if not cells.passages:
        return "Words are weighed by these texts alone: the collection is too large to count."
    return (
        f"Words are weighed and ranks are counted among the {cells.passages:,} passages of "
        f"“{collection}” and these texts."
    )


def outranked_line(met: Encounter, truth: str, other: str) -> str:
    """In which stages the text that does not answer stands first, once it is in the collection."""
    ahead = [STAGE_LOOKS[stage].label for stage in met.outranked]
    tied = [STAGE_LOOKS[stage].label for stage in met.tied]
    line = (
        f"{other} outranks {truth} in: {', '.join(ahead)}."
        if ahead
        else f"{other} outranks {truth} in none of the {len(met.stages)} stages."
    )
    ties = f" Both have one score in: {', '.join(tied)}." if tied else ""
    return line[:1].upper() + line[1:] + ties


def flow_caption(met: Encounter, truth: str, other: str, dashed: str) -> str:
    """Where both stand in every stage, with what the lines are."""
    told = []
    for stage in met.stages:
        ranks = [str(hit.rank) if hit else "not retrieved" for hit in met.hits(stage)]
        told.append(f"{STAGE_LOOKS[stage].label} {ranks[0]} and {ranks[1]}")
    return (
        f"Ranks of {truth} and of {other}: {'; '.join(told)}. "
        f"Dashed is {dashed}; the thick line is {truth}."
    )


def amount(value: float, unit: str) -> str:
    """A difference without its sign, with its unit; one too small to show says so."""
    shown = show_score(abs(value), unit)
    if value and not float(shown):
        digits = len(shown.partition(".")[2])
        shown = f"less than {10**-digits:.{digits}f}"
    return f"{shown}{_UNIT_WORDS.get(unit, '')}"


def _failed(outcome: Outcome, answer: str, other: str) -> str:
    name, unit = NAMES[outcome.stage], UNITS[outcome.stage]
    result = result_of(outcome)
    if result == "tied":
        return f"{name} gives both the same score"
    if result == "split":
        return f"{name} ties them for {_QUESTIONS[_worst(outcome.margins)]}"
    worst = min(outcome.margins)
    if len(outcome.margins) == 1:
        return f"{name} scores {other} {amount(worst, unit)} higher"
    if result == "reversed":
        return f"{name} has them the wrong way round by up to {amount(worst, unit)}"
    asked = _QUESTIONS[_worst(outcome.margins)]
    wrong = other if asked == _QUESTIONS[0] else answer
    return f"{name} scores {wrong} {amount(worst, unit)} higher for {asked}"


def _worst(margins: Sequence[float]) -> int:
    return min(range(len(margins)), key=margins.__getitem__)
