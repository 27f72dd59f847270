"""Pairwise accuracy: a stage passes an item only if every question puts its own passage first.

The rule is that of NevIR (Weller et al. 2023): with two questions, both must be right, so chance is
25 %; a tie fails. With one question the share that is right is called preference, and chance is
50 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.contrast.probes import Probe
from retrieval.contrast.scoring import ScoreTable
from retrieval.settings import STAGE_ORDER, StageName

CHANCE: Mapping[str, float] = {"accuracy": 0.25, "preference": 0.5}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one stage made of one item.

    Attributes:
        probe: The item.
        stage: The stage.
        scores: One row a question; columns are its passage, the twin and, if given, the control.
        margins: For each question, how far its own passage is above the other one.
        control_margin: How far the control is above the twin for the first question, or None.
    """

    probe: Probe
    stage: StageName
    scores: tuple[tuple[float, ...], ...]
    margins: tuple[float, ...]
    control_margin: float | None

    @property
    def passed(self) -> bool:
        """Whether every question puts its own passage first; a tie fails."""
        return all(margin > 0 for margin in self.margins)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All outcomes, and the shares that they add up to."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()

    def share(self, kind: str, phenomenon: str | None = None) -> dict[StageName, float]:
        """Share of items passed, by stage: ``accuracy`` of four cells, or ``preference``."""
        return _shares(
            outcome
            for outcome in self.outcomes
            if not outcome.probe.is_control
            and outcome.probe.is_four_cell == (kind == "accuracy")
            and phenomenon in (None, outcome.probe.phenomenon)
        )

    @property
    def controls(self) -> dict[StageName, float]:
        """Share of meaning-keeping copies that stay above the twin, by stage."""
        kept: dict[StageName, list[bool]] = defaultdict(list)
        for outcome in self.outcomes:
            if outcome.control_margin is not None:
                kept[outcome.stage].append(outcome.control_margin > 0)
        return _means(kept)

    def as_dict(self) -> dict[str, Any]:
        """The shares as plain values for JSON, unrounded."""
        phenomena = sorted({o.probe.phenomenon for o in self.outcomes if not o.probe.is_control})
        return {
            "items": len({id(o.probe) for o in self.outcomes if not o.probe.is_control}),
            "accuracy": self.share("accuracy"),
            "preference": self.share("preference"),
            "by_phenomenon": {
                name: self.share("accuracy", name) or self.share("preference", name)
                for name in phenomena
            },
            "controls": self.controls,
            "notes": list(self.notes),
        }


def judge(probes: Sequence[Probe], table: ScoreTable, notes: tuple[str, ...] = ()) -> ProbeReport:
    """Apply the rule to every item in every stage."""
    outcomes = tuple(_outcome(probe, stage, table) for probe in probes for stage in STAGE_ORDER)
    return ProbeReport(outcomes, notes)


def _outcome(probe: Probe, stage: StageName, table: ScoreTable) -> Outcome:
    scores = tuple(table.scores(stage, query, probe.texts) for query in probe.queries)
    margins = tuple(row[place] - row[1 - place] for place, row in enumerate(scores))
    control = scores[0][2] - scores[0][1] if probe.control else None
    return Outcome(probe, stage, scores, margins, control)


def _shares(outcomes: Iterable[Outcome]) -> dict[StageName, float]:
    passed: dict[StageName, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        passed[outcome.stage].append(outcome.passed)
    return _means(passed)


def _means(flags: Mapping[StageName, Sequence[bool]]) -> dict[StageName, float]:
    return {stage: float(np.mean(flags[stage])) for stage in STAGE_ORDER if flags.get(stage)}
