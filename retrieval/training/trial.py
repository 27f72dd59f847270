"""The comparison: a model before and after, on the same questions and the same passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.evaluation.evaluate import evaluate
from retrieval.evaluation.measures import Measure, Qrels
from retrieval.evaluation.recipes import reordered
from retrieval.evaluation.runs import Run
from retrieval.evaluation.significance import Comparison, Interval
from retrieval.evaluation.statements import comparison_sentence
from retrieval.models.protocols import Encoder, Reranker
from retrieval.types import Question

BEFORE, AFTER = "the old model", "the new model"
MEASURES = tuple(Measure.parse(text) for text in ("nDCG@10", "MRR@10", "success@1"))
_DEPTH = 200

Tell = Callable[[int, int], None]
"""Is told how many questions are done, of how many; may raise to stop."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What both models are asked.

    Attributes:
        questions: The questions.
        qrels: Grade by document id, by question id.
        texts: Passages by id: all that an encoder ranks.
        documents: The document of each.
        pools: By question, the passages that a reranker reads.
        measure: What is compared.
        notes: What a reader should know of it.
    """

    questions: tuple[Question, ...]
    qrels: Qrels
    texts: Mapping[str, str]
    documents: Mapping[str, str]
    pools: Mapping[str, tuple[str, ...]]
    measure: Measure = MEASURES[0]
    notes: tuple[str, ...] = ()

    @property
    def pairs(self) -> int:
        """Pairs that a reranker reads."""
        return sum(map(len, self.pools.values()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        before: By measure, the mean of the model it started from.
        after: By measure, that of the new one.
        comparison: The paired test on the trial's measure.
        differences: After minus before of each question, the greatest gain first, with its text.
        notes: Those of the trial.
    """

    before: Mapping[str, Interval]
    after: Mapping[str, Interval]
    comparison: Comparison
    differences: tuple[tuple[str, float], ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The comparison in one plain sentence that also says when it became worse."""
        one = self.comparison
        said = comparison_sentence(one)
        said = said[0].upper() + said[1:]
        if one.is_shown and one.difference.mean < 0:
            return f"It has become worse: {said}"
        if not one.is_shown and one.difference.mean < 0:
            return f"It did not become better: {said}"
        return said

    @property
    def short(self) -> str:
        """The figures and the verdict in a few words."""
        one = self.comparison
        before, after = self.before[one.measure], self.after[one.measure]
        if one.too_few:
            said = "too few differ to say"
        elif not one.is_shown:
            said = "no difference shown"
        else:
            said = "better" if one.difference.mean > 0 else "worse"
        return f"held-out {one.measure} {before.mean:.3f} → {after.mean:.3f}, {said}"

    def as_dict(self) -> dict[str, Any]:
        """The outcome as plain values for JSON, unrounded."""
        one = self.comparison
        fields = ("measure", "p", "p_corrected", "effect_size", "wins", "ties", "losses")
        return {
            "before": {name: found._asdict() for name, found in self.before.items()},
            "after": {name: found._asdict() for name, found in self.after.items()},
            "difference": one.difference._asdict(),
            **{name: getattr(one, name) for name in (*fields, "family", "spread")},
            "verdict": self.verdict,
            "differences": [list(pair) for pair in self.differences],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outcome:
        """The outcome that ``as_dict`` wrote."""
        fields = ("measure", "p", "p_corrected", "effect_size", "wins", "ties", "losses")
        return cls(
            {name: Interval(**found) for name, found in values["before"].items()},
            {name: Interval(**found) for name, found in values["after"].items()},
            Comparison(
                a=BEFORE,
                b=AFTER,
                difference=Interval(**values["difference"]),
                **{name: values[name] for name in (*fields, "family", "spread")},
            ),
            tuple((str(text), float(value)) for text, value in values["differences"]),
            tuple(values["notes"]),
        )


def compared(trial: Trial, before: Run, after: Run) -> Outcome:
    """Measure both runs and compare them question by question."""
    measures = tuple(dict.fromkeys((trial.measure, *MEASURES)))
    found = evaluate({BEFORE: before, AFTER: after}, trial.qrels, measures, BEFORE)
    values = {system: found.values[system][trial.measure] for system in (BEFORE, AFTER)}
    texts = {one.id: one.text for one in trial.questions}
    changes = {one: values[AFTER][one] - values[BEFORE][one] for one in values[AFTER]}
    ordered = sorted(changes, key=lambda one: (-changes[one], one))
    return Outcome(
        {str(measure): one for measure, one in found.systems[BEFORE].items()},
        {str(measure): one for measure, one in found.systems[AFTER].items()},
        found.comparisons[0],
        tuple((texts[one], changes[one]) for one in ordered),
        trial.notes,
    )


def reranked(reranker: Reranker, trial: Trial, tell: Tell) -> Run:
    """Each question's pool in the order of a reranker's logits, by document."""
    run = {}
    for done, question in enumerate(trial.questions):
        tell(done, len(trial.questions))
        pool = trial.pools[question.id]
        scores: dict[str, float] = {}
        for batch in reranker.score(question.text, [trial.texts[one] for one in pool]):
            found = zip(batch.indices, batch.values, strict=True)
            scores.update((pool[place], float(value)) for place, value in found)
        run[question.id] = reordered(scores, trial.documents)
    return run


def encoded(encoder: Encoder, trial: Trial, tell: Tell) -> Run:
    """All passages in the order of their cosines with each question, by document."""
    ids = sorted(trial.texts)
    vectors = encoder.encode_documents([trial.texts[one] for one in ids])
    run = {}
    for done, question in enumerate(trial.questions):
        tell(done, len(trial.questions))
        cosines = vectors @ encoder.encode_query(question.text)
        nearest = np.argsort(-cosines, kind="stable")[:_DEPTH]
        scores = {ids[row]: float(cosines[row]) for row in nearest}
        run[question.id] = reordered(scores, trial.documents)
    return run
