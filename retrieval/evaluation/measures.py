"""Measures of a ranking, as values with a grammar: ``nDCG@10``, ``MRR@10``, ``recall@100``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import ir_measures

from retrieval.errors import SettingsError
from retrieval.evaluation.runs import Run

Qrels = Mapping[str, Mapping[str, int]]
"""Grade by document id, by query id; 0 is judged and not relevant."""


@dataclass(frozen=True, slots=True)
class MeasureInfo:
    """One kind of measure.

    Attributes:
        name: Its name before the ``@``.
        help: What it says, in one line.
        provider: The name that ir-measures has for it.
        cutoff: Whether it needs one.
    """

    name: str
    help: str
    provider: str
    cutoff: bool = True


MEASURES: Mapping[str, MeasureInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            MeasureInfo("nDCG", "Gain of the first k, discounted by rank, graded.", "nDCG"),
            MeasureInfo("MRR", "1 / rank of the first relevant document in the first k.", "RR"),
            MeasureInfo("recall", "Share of the relevant documents in the first k.", "R"),
            MeasureInfo("precision", "Share of the first k that is relevant.", "P"),
            MeasureInfo("success", "Whether a relevant document is in the first k.", "Success"),
            MeasureInfo("judged", "Share of the first k that anybody has judged.", "Judged"),
            MeasureInfo("MAP", "Mean precision at each relevant document.", "AP", cutoff=False),
        )
    }
)

_GRAMMAR = re.compile(r"(?P<name>[A-Za-z]+)(@(?P<cutoff>[1-9]\d{0,3}))?")


@dataclass(frozen=True)
class Measure:
    """A measure with its cut-off; ``str`` gives back what ``parse`` reads."""

    info: MeasureInfo
    cutoff: int | None

    @classmethod
    def parse(cls, text: str) -> Measure:
        """Read ``NAME@K``, or ``MAP``.

        Raises:
            SettingsError: If there is no such measure.
        """
        match = _GRAMMAR.fullmatch(text.strip())
        names = {info.name.lower(): info for info in MEASURES.values()}
        names |= {info.provider.lower(): info for info in MEASURES.values()}
        info = names.get(match["name"].lower()) if match else None
        if match is None or info is None or (info.cutoff and not match["cutoff"]):
            raise SettingsError(
                f"There is no measure {text!r}.",
                hint="Choose from " + ", ".join(f"{name}@10" for name in MEASURES) + ", MAP.",
            )
        return cls(info, int(match["cutoff"]) if match["cutoff"] else None)

    def __str__(self) -> str:
        return self.info.name if self.cutoff is None else f"{self.info.name}@{self.cutoff}"

    @cached_property
    def calculator(self) -> Any:
        """The same measure in ir-measures."""
        suffix = "" if self.cutoff is None else f"@{self.cutoff}"
        return ir_measures.parse_measure(self.info.provider + suffix)


def per_question(
    measures: tuple[Measure, ...], qrels: Qrels, run: Run
) -> dict[Measure, dict[str, float]]:
    """The value of each measure for each judged question; a question without hits counts 0.

    The run's order is made explicit before anything is computed: ir-measures breaks ties by rules
    of its own, and not by the same rule in every measure, so it is handed scores without ties.
    """
    judged = [
        ir_measures.Qrel(query, document, grade)
        for query, grades in qrels.items()
        for document, grade in grades.items()
    ]
    scored = [
        ir_measures.ScoredDoc(query, document, float(-rank))
        for query, hits in run.items()
        for rank, (document, _) in enumerate(hits)
    ]
    values: dict[Measure, dict[str, float]] = {
        measure: dict.fromkeys(qrels, 0.0) for measure in measures
    }
    by_calculator = {measure.calculator: measure for measure in measures}
    for metric in ir_measures.iter_calc(list(by_calculator), judged, scored):
        values[by_calculator[metric.measure]][metric.query_id] = float(metric.value)
    return values
