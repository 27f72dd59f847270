"""What a flag is worth: how often it is right, and how many wrong passages it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from retrieval.contrast.pairwise import Outcome
from retrieval.contrast.probes import Probe
from retrieval.explain.flag_figures import EVERY, FlagFigures
from retrieval.explain.flags import WORD_RULES, FlagRule, is_doubted, word_flags

Fires = Callable[[str, str], bool]
"""Whether a flag fires for a question and a passage."""


def measure_flag(probes: Iterable[Probe], fires: Fires) -> FlagFigures:
    """A flag should fire on the wrong passage of each question, and not on its own one.

    There are as many wrong passages as right ones, so a flag that fires by chance has a precision
    of one half. Items whose twin keeps the meaning have no wrong passage and are left out.
    """
    right = wrong = pairs = 0
    for probe in probes:
        if probe.is_control:
            continue
        for place, query in enumerate(probe.queries):
            pairs += 1
            right += fires(query, probe.passages[place])
            wrong += fires(query, probe.passages[1 - place])
    return FlagFigures(wrong, right, pairs)


def measure_word_flags(probes: Sequence[Probe]) -> dict[FlagRule, dict[str, FlagFigures]]:
    """The figures of the rules that read words alone, over all items and by phenomenon."""
    return {rule: _by_phenomenon(probes, _word_rule(rule)) for rule in WORD_RULES}


def measure_doubt(outcomes: Iterable[Outcome]) -> dict[str, FlagFigures]:
    """The figures of the rule that reads two scores, from what the stages made of each item."""
    found = list(outcomes)
    cosines = _scores(found, "dense")
    logits = _scores(found, "rerank")

    def fires(query: str, passage: str) -> bool:
        return is_doubted(cosines[query, passage], logits[query, passage])

    return _by_phenomenon([one.probe for one in found if one.stage == "dense"], fires)


def _by_phenomenon(probes: Sequence[Probe], fires: Fires) -> dict[str, FlagFigures]:
    names = sorted({probe.phenomenon for probe in probes if not probe.is_control})
    return {
        EVERY: measure_flag(probes, fires),
        **{
            name: measure_flag((one for one in probes if one.phenomenon == name), fires)
            for name in names
        },
    }


def _word_rule(rule: FlagRule) -> Fires:
    return lambda query, passage: rule in word_flags(query, passage)


def _scores(outcomes: Iterable[Outcome], stage: str) -> Mapping[tuple[str, str], float]:
    return {
        (query, passage): score
        for outcome in outcomes
        if outcome.stage == stage
        for query, row in zip(outcome.probe.queries, outcome.scores, strict=True)
        for passage, score in zip(outcome.probe.texts, row, strict=True)
    }
