"""All stages over a set of questions: runs, measures with intervals, and paired comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from retrieval.cascade import Cascade
from retrieval.errors import IngestError
from retrieval.evaluation.measures import Measure, Qrels, per_question
from retrieval.evaluation.runs import Run, Scored, by_document
from retrieval.evaluation.significance import Comparison, Interval, compare, interval
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot
from retrieval.types import Question

DEFAULT_MEASURES: tuple[Measure, ...] = tuple(
    Measure.parse(text) for text in ("nDCG@10", "MRR@10", "recall@100", "success@1", "judged@10")
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        systems: By system, then by measure: the mean over the judged questions with its interval.
        comparisons: Every pair of systems, on the first measure.
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


def run_stages(
    cascade: Cascade,
    snapshot: Snapshot,
    questions: Sequence[Question],
    asked: SearchSettings,
    on_progress: Callable[[int, int], None] | None = None,
) -> Mapping[str, Run]:
    """The run of each stage over the questions, by document.

    Args:
        cascade: What searches.
        snapshot: The collection, pinned to a version.
        questions: The questions.
        asked: Candidates, fusion and stages.
        on_progress: Is told how many questions are done, of how many.
    """
    runs: dict[str, dict[str, Scored]] = {stage: {} for stage in asked.stages}
    for done, question in enumerate(questions, start=1):
        trace = cascade.search(snapshot, question.text, asked)
        for stage in asked.stages:
            runs[stage][question.id] = by_document(trace.rankings[stage], snapshot)
        if on_progress is not None:
            on_progress(done, len(questions))
    return runs


def evaluate(runs: Mapping[str, Run], qrels: Qrels, measures: Sequence[Measure]) -> Evaluation:
    """Measure runs against judgments.

    Args:
        runs: Ranked documents by question, by system.
        qrels: Grades by document, by question.
        measures: What to compute; systems are compared on the first.

    Raises:
        IngestError: If no question of the runs has a judgment.
    """
    asked = {query for run in runs.values() for query in run}
    judged = {query: qrels[query] for query in qrels if query in asked}
    if not judged:
        raise IngestError(
            "None of the questions has a judgment.", hint="Check that the ids of both files agree."
        )
    values = {system: per_question(tuple(measures), judged, run) for system, run in runs.items()}
    systems = {
        system: {measure: interval(list(by_query.values())) for measure, by_query in found.items()}
        for system, found in values.items()
    }
    first = measures[0]
    comparisons = compare(
        {system: list(found[first].values()) for system, found in values.items()},
        list(combinations(runs, 2)),
        str(first),
    )
    return Evaluation(systems, comparisons, values, runs, _notes(asked, qrels))


def _notes(asked: Iterable[str], qrels: Qrels) -> tuple[str, ...]:
    without = sorted(set(asked) - set(qrels))
    unasked = sorted(set(qrels) - set(asked))
    notes = []
    if without:
        notes.append(
            f"{len(without)} questions have no judgment and were left out: {_few(without)}"
        )
    if unasked:
        notes.append(f"{len(unasked)} judged questions were not asked: {_few(unasked)}")
    return tuple(notes)


def _few(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
