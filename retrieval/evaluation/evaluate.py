"""All stages over a set of questions: runs, measures with intervals, and paired comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from retrieval.errors import IngestError
from retrieval.evaluation.measures import Measure, Qrels, per_question
from retrieval.evaluation.runs import Run
from retrieval.evaluation.significance import Comparison, Interval, compare, interval
from retrieval.wording import counted

DEFAULT_MEASURES: tuple[Measure, ...] = tuple(
    Measure.parse(text) for text in ("nDCG@10", "MRR@10", "recall@100", "success@1", "judged@10")
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        systems: By system, then by measure: the mean over the judged questions with its interval.
        comparisons: Every pair of systems, or each with the baseline, on the first measure.
        values: By system, then by measure: the value of each question.
        runs: By system: the ranked documents of each question.
        notes: What was left out, and why.
    """

    systems: Mapping[str, Mapping[Measure, Interval]]
    comparisons: tuple[Comparison, ...]
    values: Mapping[str, Mapping[Measure, Mapping[str, float]]]
    runs: Mapping[str, Run]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON, unrounded."""
        return {
            "systems": {
                system: {str(measure): found._asdict() for measure, found in measured.items()}
                for system, measured in self.systems.items()
            },
            "comparisons": [
                asdict(one) | {"difference": one.difference._asdict(), "verdict": one.verdict}
                for one in self.comparisons
            ],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """One system, measured.

    Attributes:
        run: Its ranked documents.
        values: By measure: the value of each judged question.
        means: By measure: the mean with its interval.
    """

    run: Run
    values: Mapping[Measure, Mapping[str, float]]
    means: Mapping[Measure, Interval]


def measure_run(run: Run, qrels: Qrels, measures: Sequence[Measure]) -> Figures:
    """Measure one run on every question of the qrels; a question without hits counts 0."""
    values = per_question(tuple(measures), qrels, run)
    means = {measure: interval(list(found.values())) for measure, found in values.items()}
    return Figures(run, values, means)


def compare_systems(
    figures: Mapping[str, Figures], measure: Measure, baseline: str | None = None
) -> tuple[Comparison, ...]:
    """Every system against one, or every pair of them, corrected together.

    Args:
        figures: By system, over the same questions.
        measure: What to compare them on.
        baseline: The one that all others are compared with; None compares every pair.
    """
    pairs = (
        list(combinations(figures, 2))
        if baseline is None
        else [(baseline, other) for other in figures if other != baseline]
    )
    values = {system: list(one.values[measure].values()) for system, one in figures.items()}
    return compare(values, pairs, str(measure))


def evaluate(
    runs: Mapping[str, Run],
    qrels: Qrels,
    measures: Sequence[Measure],
    baseline: str | None = None,
) -> Evaluation:
    """Measure runs against judgments.

    Args:
        runs: Ranked documents by question, by system.
        qrels: Grades by document, by question.
        measures: What to compute; systems are compared on the first.
        baseline: The system that all others are compared with; None compares every pair.

    Raises:
        IngestError: If no question of the runs has a judgment.
    """
    asked = {query for run in runs.values() for query in run}
    judged = {query: qrels[query] for query in qrels if query in asked}
    if not judged:
        raise IngestError(
            "None of the questions has a judgment.", hint="Check that the ids of both files agree."
        )
    figures = {system: measure_run(run, judged, measures) for system, run in runs.items()}
    return assemble(figures, measures[0], _notes(asked, qrels), baseline)


def assemble(
    figures: Mapping[str, Figures],
    measure: Measure,
    notes: Sequence[str] = (),
    baseline: str | None = None,
) -> Evaluation:
    """Systems that were measured one by one, compared on one measure."""
    return Evaluation(
        {system: one.means for system, one in figures.items()},
        compare_systems(figures, measure, baseline),
        {system: one.values for system, one in figures.items()},
        {system: one.run for system, one in figures.items()},
        tuple(notes),
    )


def _notes(asked: Iterable[str], qrels: Qrels) -> tuple[str, ...]:
    without = sorted(set(asked) - set(qrels))
    unasked = sorted(set(qrels) - set(asked))
    notes = []
    if without:
        lack = counted(len(without), "question has", "questions have")
        left = "was" if len(without) == 1 else "were"
        notes.append(f"{lack} no judgment and {left} left out: {_few(without)}")
    if unasked:
        missed = counted(len(unasked), "judged question was", "judged questions were")
        notes.append(f"{missed} not asked: {_few(unasked)}")
    return tuple(notes)


def _few(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
